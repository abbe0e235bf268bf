import assert from 'node:assert/strict';
import path from 'node:path';
import { hideRefs, mirrorRemotes, refsOnOffer } from '../../src/doctor/remotes';
import { inRepo, type TestRepo } from '../support/repo';

/** Settings of the remote `origin`, and whether a push to it, or a fetch from it, would take or harm Belay's references. */
const settings: readonly (readonly [string, readonly (readonly [string, string])[], boolean])[] = [
  ['a usual clone', [['fetch', '+refs/heads/*:refs/remotes/origin/*']], false],
  ['a mirror', [['mirror', 'true']], true],
  [
    'a mirror, as clone --mirror makes it',
    [
      ['mirror', 'true'],
      ['fetch', '+refs/*:refs/*'],
    ],
    true,
  ],
  [
    'no mirror any more',
    [
      ['mirror', 'true'],
      ['mirror', 'false'],
    ],
    false,
  ],
  ['a push of everything', [['push', '+refs/*:refs/*']], true],
  [
    'a push of everything but these',
    [
      ['push', '+refs/*:refs/*'],
      ['push', '^refs/belay/*'],
    ],
    false,
  ],
  ['a push of these by name', [['push', 'refs/belay/shadow/*:refs/belay/shadow/*']], true],
  ['a push of branches', [['push', 'refs/heads/*:refs/heads/*']], false],
  ['a fetch onto everything', [['fetch', '+refs/*:refs/*']], true],
  ['a fetch into a place of its own', [['fetch', '+refs/*:refs/mirrors/origin/*']], false],
];

function configure(repo: TestRepo, remote: string, entries: readonly (readonly [string, string])[]): void {
  repo.git('config', `remote.${remote}.url`, path.join(repo.base, 'other.git'));
  for (const [key, value] of entries) {
    repo.git('config', '--add', `remote.${remote}.${key}`, value);
  }
}

/** The references of Belay's that another repository gets, or has. */
function belayRefs(text: string): string[] {
  return text.split('\n').filter((line) => line.includes('refs/belay/'));
}

describe('the doctor and remotes that take checkpoints along', () => {
  it(
    'warns of each that does, and of no other',
    inRepo(async (repo) => {
      for (const [what, entries, harmful] of settings) {
        configure(repo, 'origin', entries);
        const found = await mirrorRemotes(await repo.worktree());
        assert.equal(found.length > 0, harmful, what);
        assert.ok(found.every(({ level, fix: mend }) => level === 'problem' && mend !== undefined));
        repo.git('config', '--remove-section', 'remote.origin');
      }
    }),
  );

  it(
    'its command keeps them out of a push, and takes everything else along as before',
    inRepo(async (repo) => {
      await repo.checkpoint();
      const other = path.join(repo.base, 'other.git');
      repo.git('init', '--quiet', '--bare', other);
      configure(repo, 'origin', [['mirror', 'true']]);
      const [found] = await mirrorRemotes(await repo.worktree());
      for (const command of (found?.fix ?? '').split(' && ')) {
        repo.git(...(command.match(/'[^']*'|\S+/g) ?? []).slice(3).map((word) => word.replaceAll("'", '')));
      }
      repo.git('tag', 'first');
      repo.git('push', '--quiet', 'origin');
      const there = repo.git('ls-remote', other);
      assert.deepEqual(belayRefs(there), []);
      assert.match(there, /refs\/heads\/main/);
      assert.match(there, /refs\/tags\/first/);
    }),
  );

  it(
    'hides them from whoever clones, where a person says so; Belay’s own use of them goes on',
    inRepo(async (repo) => {
      const { checkpoint } = await repo.checkpoint();
      const worktree = await repo.worktree();
      const mirror = (name: string): string[] => {
        const folder = path.join(repo.base, name);
        repo.git('clone', '--quiet', '--mirror', `file://${repo.commonDir}`, folder);
        return belayRefs(repo.git('--git-dir', folder, 'for-each-ref'));
      };
      const offered = async (): Promise<string | undefined> =>
        (await refsOnOffer(await repo.open()))[0]?.level;
      assert.notDeepEqual(mirror('before.git'), []);
      assert.equal(await offered(), 'note');
      assert.match((await hideRefs(worktree)).join(), /transfer\.hideRefs=refs\/belay/);
      assert.deepEqual(mirror('after.git'), []);
      assert.equal(await offered(), 'ok');
      assert.deepEqual(await hideRefs(worktree), []);
      repo.write('a.txt', 'later\n');
      const later = await repo.checkpoint();
      assert.equal(repo.git('rev-parse', `${later.checkpoint.oid}^`), checkpoint.oid);
    }),
  );
});
