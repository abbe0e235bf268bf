import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { pickCommits } from '../../src/sync/pick';
import { syncWorktree } from '../../src/sync/sync';
import { whyNotUnattended } from '../../src/sync/unattended';
import { inRepo, type TestRepo } from '../support/repo';
import { gist, Watch } from './support';
import { asking, plainFetch, resetting, Upstream } from './upstream';

/** A hook that tells that it ran. */
function writeHook(repo: TestRepo, folder: string, mode: number): string {
  const file = path.join(folder, 'pre-rebase');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(file, `#!/bin/sh\ntouch '${repo.base}/ran'\nexit 1\n`, { mode });
  return file;
}

describe('sync: what is not made anew without a person', () => {
  it(
    'signed commits, commit.gpgSign, and a pre-rebase hook wherever git would find it',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const plain = repo.git('rev-parse', 'HEAD');
      const why = (...oids: string[]): Promise<string | undefined> => whyNotUnattended(worktree, oids);
      assert.equal(await why(plain), undefined);
      for (const field of ['gpgsig', 'gpgsig-sha256']) {
        const text = repo
          .gitBytes(['cat-file', 'commit', plain])
          .toString('latin1')
          .replace(/\n\n/, `\n${field} -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----\n\n`);
        const signed = repo
          .gitBytes(['hash-object', '-t', 'commit', '-w', '--stdin'], text)
          .toString()
          .trim();
        assert.match((await why(plain, signed)) ?? '', new RegExp(`^${signed.slice(0, 10)} is signed`));
      }
      const quoting = repo.git('commit-tree', '-m', 'Words\n\ngpgsig is only quoted', `${plain}^{tree}`);
      assert.equal(await why(quoting), undefined);
      for (const [value, asked] of [
        ['true', true],
        ['on', true],
        ['false', false],
      ] as const) {
        repo.git('config', 'commit.gpgSign', value);
        assert.equal((await why(plain))?.startsWith('commit.gpgSign'), asked || undefined, value);
      }
      assert.equal(await why(), undefined, 'nothing is made anew');
      repo.git('config', '--unset', 'commit.gpgSign');

      const own = path.join(repo.commonDir, 'hooks');
      fs.rmSync(writeHook(repo, own, 0o644));
      const hook = writeHook(repo, own, 0o755);
      assert.match((await why()) ?? '', new RegExp(`^The hook ${hook} `));
      repo.git('config', 'core.hooksPath', 'no/where');
      assert.equal(await why(plain), undefined, 'git looks elsewhere');
      for (const [value, folder] of [
        ['tools/hooks', path.join(repo.folder, 'tools/hooks')],
        [path.join(repo.base, 'all'), path.join(repo.base, 'all')],
      ] as const) {
        repo.git('config', 'core.hooksPath', value);
        const file = writeHook(repo, folder, 0o644);
        assert.equal(await why(plain), undefined, 'not executable');
        fs.chmodSync(file, 0o755);
        assert.match((await why(plain)) ?? '', new RegExp(`^The hook ${file} `));
      }
      assert.ok(!fs.existsSync(path.join(repo.base, 'ran')));
    }),
  );

  it(
    'is asked, also where the setting is to reset, and nothing is changed; nor are unsigned commits picked',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      const worktree = await repo.worktree();
      const mine = upstream.commit({ 'mine.txt': 'mine' });
      upstream.push({ 'theirs.txt': 'theirs' });
      writeHook(repo, path.join(repo.commonDir, 'hooks'), 0o755);
      const watch = new Watch(repo);
      const outcome = await syncWorktree(worktree, plainFetch, resetting);
      assert.equal(gist(outcome), 'diverged_held asks pinned');
      assert.match(outcome.message ?? '', /^The hook .* may forbid a rebase, and Belay runs no hooks\.$/);
      watch.untouched();
      assert.ok(!fs.existsSync(path.join(repo.base, 'ran')));

      repo.forgetQuestions();
      repo.git('config', 'commit.gpgSign', 'true');
      repo.git('reset', '--quiet', '--hard', 'HEAD~1');
      await assert.rejects(pickCommits(worktree, [mine], asking), (thrown: unknown) => {
        assert.ok(thrown instanceof Error && 'reason' in thrown);
        assert.equal(thrown.reason, 'cannot_pick');
        assert.match(thrown.message, new RegExp(`Belay signs nothing: git cherry-pick ${mine} does`));
        return true;
      });
    }),
  );

  it(
    'notes come along where the settings say so',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      const worktree = await repo.worktree();
      upstream.commit({ 'mine.txt': 'mine' });
      repo.git('notes', 'add', '-m', 'reviewed');
      repo.git('notes', '--ref=other', 'add', '-m', 'not to be copied');
      repo.git('config', 'notes.rewriteRef', 'refs/notes/commits');
      upstream.push({ 'theirs.txt': 'theirs' });
      assert.equal(gist(await syncWorktree(worktree, plainFetch, asking)), 'diverged_rebased pinned');
      assert.equal(repo.git('notes', 'show', 'HEAD'), 'reviewed');
      assert.notEqual(repo.tryGit('notes', '--ref=other', 'show', 'HEAD').code, 0);
    }),
  );
});
