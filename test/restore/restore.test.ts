import assert from 'node:assert/strict';
import fs from 'node:fs';
import type { Checkpoint } from '../../src/checkpoint/checkpoint';
import { BelayError } from '../../src/errors';
import { Git } from '../../src/git/git';
import { pathFromText, pathText, type GitPath } from '../../src/git/path';
import { createBranch } from '../../src/restore/branch';
import type { RestoreResult } from '../../src/restore/restoreRequest';
import { planRestore } from '../../src/restore/planRestore';
import { restore, undoRestore } from '../../src/restore/restore';
import { inRepo, type TestRepo } from '../support/repo';

const person = { session: 'person', agent: 'editor' } as const;

async function take(repo: TestRepo, session: string): Promise<Checkpoint> {
  return (await repo.checkpoint({ session, agent: 'test' })).checkpoint;
}

async function bring(repo: TestRepo, target: Checkpoint, paths?: readonly string[]): Promise<RestoreResult> {
  const chosen = paths === undefined ? {} : { paths: paths.map(pathFromText) };
  return restore(await repo.worktree(), target, { ...person, ...chosen });
}

function names(paths: readonly GitPath[]): string[] {
  return paths.map(pathText).sort();
}

/** What must not change whatever is restored: the index, HEAD and every ref that is not Belay's. */
function untouched(repo: TestRepo): string {
  return repo
    .fingerprint()
    .split('\n')
    .filter((line) => !line.startsWith('file '))
    .join('\n');
}

async function reasonOf(work: Promise<unknown>): Promise<string> {
  const thrown: unknown = await work.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  assert.ok(thrown instanceof BelayError, 'refused with a reason');
  return thrown.reason;
}

describe('invariant 9: restore touches only the chosen paths', () => {
  it(
    'brings a whole checkpoint back: writes, deletes, modes, links, and nothing else',
    inRepo(async (repo) => {
      repo.write('a.txt', 'agent one\n');
      repo.write('run.sh', '#!/bin/sh\n', 0o755);
      repo.write(Buffer.from([0x6e, 0xff, 0x20, 0x22]), 'odd name');
      fs.symlinkSync('a.txt', repo.at('link'));
      const target = await take(repo, 's1');
      const then = repo.diskEntries();

      repo.write('a.txt', 'agent two\n');
      repo.remove('run.sh');
      repo.remove('link');
      repo.write('link', 'a file now');
      repo.remove(Buffer.from([0x6e, 0xff, 0x20, 0x22]));
      repo.write('made/later/x.txt', 'x');
      repo.git('add', 'a.txt');
      await take(repo, 's1');
      const before = untouched(repo);
      const result = await bring(repo, target);

      assert.deepEqual(repo.diskEntries(), then);
      assert.equal(untouched(repo), before);
      assert.deepEqual(names(result.deleted), ['made/later/x.txt']);
      assert.equal(fs.existsSync(repo.at('made')), false, 'folders that it emptied are gone');
      assert.deepEqual(result.blocked, []);
    }),
  );

  it(
    'restores chosen files and folders only',
    inRepo(async (repo) => {
      const target = await take(repo, 's1');
      repo.write('a.txt', 'changed');
      repo.write('folder/b.txt', 'changed');
      repo.write('folder/new.txt', 'new');
      await take(repo, 's1');
      const result = await bring(repo, target, ['folder']);
      assert.deepEqual(names(result.written), ['folder/b.txt']);
      assert.deepEqual(names(result.deleted), ['folder/new.txt']);
      assert.equal(repo.read('a.txt').toString(), 'changed');
    }),
  );

  it(
    'exchanges a file and a folder both ways',
    inRepo(async (repo) => {
      repo.write('x', 'a file');
      const asFile = await take(repo, 's1');
      repo.remove('x');
      repo.write('x/inner.txt', 'in a folder');
      const asFolder = await take(repo, 's1');
      await bring(repo, asFile);
      assert.equal(repo.read('x').toString(), 'a file');
      await bring(repo, asFolder);
      assert.equal(repo.read('x/inner.txt').toString(), 'in a folder');
    }),
  );

  it(
    'skips and names what drifted, and what another live session wrote last, unless included',
    inRepo(async (repo) => {
      repo.write('mine.txt', 'one');
      repo.write('theirs.txt', 'one');
      repo.write('person.txt', 'one');
      const target = await take(repo, 's1');
      repo.write('mine.txt', 'two');
      await take(repo, 's1');
      repo.write('theirs.txt', 'by s2');
      await take(repo, 's2');
      repo.write('person.txt', 'not in any checkpoint');

      const preview = await planRestore(await repo.worktree(), target, undefined, target.session);
      assert.deepEqual(
        preview.paths.map(({ path, caution, writtenBy }) => [path, caution, writtenBy]),
        [
          ['mine.txt', undefined, undefined],
          ['person.txt', 'drifted', undefined],
          ['theirs.txt', 'other_session', 's2'],
        ],
      );
      const result = await bring(repo, target);
      assert.deepEqual(names(result.written), ['mine.txt']);
      assert.deepEqual(names(result.skipped.map(({ path }) => path)), ['person.txt', 'theirs.txt']);
      assert.equal(repo.read('theirs.txt').toString(), 'by s2');
      assert.equal(repo.read('person.txt').toString(), 'not in any checkpoint');

      const named = await restore(await repo.worktree(), target, { ...person, include: ['theirs.txt'] });
      assert.deepEqual(names(named.written), ['theirs.txt']);
    }),
  );

  it(
    'brings paths back from any commit, such as a dropped one, under the same rules, and that can be undone',
    inRepo(async (repo) => {
      repo.write('a.txt', 'dropped');
      repo.write('b.txt', 'dropped');
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message', 'Dropped');
      const oid = repo.git('rev-parse', 'HEAD');
      repo.git('reset', '--quiet', '--hard', 'HEAD~1');
      await take(repo, 's1');
      repo.write('b.txt', 'not in any checkpoint');
      const worktree = await repo.worktree();
      const target = { oid, tree: repo.git('rev-parse', `${oid}^{tree}`) };
      const result = await restore(worktree, target, {
        ...person,
        paths: ['a.txt', 'b.txt'].map(pathFromText),
      });
      assert.deepEqual(names(result.written), ['a.txt']);
      assert.deepEqual(
        result.skipped.map(({ path, caution }) => [path, caution]),
        [['b.txt', 'drifted']],
      );
      assert.equal(repo.read('a.txt').toString(), 'dropped');
      await undoRestore(worktree, person);
      assert.notEqual(repo.read('a.txt').toString(), 'dropped');
      assert.equal(repo.read('b.txt').toString(), 'not in any checkpoint');
    }),
  );

  it(
    'never deletes or overwrites ignored and uncaptured files',
    inRepo(async (repo) => {
      repo.write('secret.env', 'captured once');
      const target = await take(repo, 's1');
      repo.remove('secret.env');
      await take(repo, 's1');
      repo.write('.gitignore', 'secret.env\nbuild/\n');
      repo.write('secret.env', 'nobody has a copy of this');
      repo.write('build/out.bin', 'generated');
      await take(repo, 's1');
      const result = await bring(repo, target);
      assert.equal(repo.read('secret.env').toString(), 'nobody has a copy of this');
      assert.equal(repo.read('build/out.bin').toString(), 'generated');
      assert.deepEqual(
        result.blocked.map(({ path, reason }) => [path, reason]),
        [['secret.env', 'uncaptured_in_the_way']],
      );
    }),
  );

  it(
    'does not write through a link that took the place of a folder',
    inRepo(async (repo) => {
      const outside = fs.mkdtempSync(`${repo.base}/outside-`);
      repo.write('dir/x.txt', 'inside');
      const target = await take(repo, 's1');
      repo.remove('dir');
      fs.writeFileSync(`${outside}/x.txt`, 'outside');
      fs.symlinkSync(outside, repo.at('dir'));
      await take(repo, 's1');
      await bring(repo, target, ['dir/x.txt']);
      assert.equal(fs.readFileSync(`${outside}/x.txt`, 'utf8'), 'outside');
    }),
  );

  it(
    'leaves alone what changes while it runs, and has a copy of what it replaced',
    inRepo(async (repo) => {
      repo.write('hot.txt', 'v1');
      const target = await take(repo, 's1');
      repo.write('hot.txt', 'v2');
      repo.write('cold.txt', 'cold');
      await take(repo, 's1');
      // A git that edits the file just before the restored files are rendered: after the checkpoint, before the write.
      const wrapper = repo.script(
        'git-edits',
        `#!/bin/sh\ncase " $* " in *" checkout-index "*) printf v3 > '${repo.folder}/hot.txt';; esac\nexec git "$@"\n`,
      );
      const worktree = await repo.open(new Git({ binary: wrapper }));
      const result = await restore(worktree, target, person);
      assert.equal(repo.read('hot.txt').toString(), 'v3', 'the late edit stands');
      assert.deepEqual(
        result.blocked.map(({ path, reason }) => [path, reason]),
        [['hot.txt', 'changed_meanwhile']],
      );
      assert.deepEqual(names(result.deleted), ['cold.txt']);
      assert.equal(repo.git('show', `${result.before}:cold.txt`), 'cold');
    }),
  );

  it(
    'does not start when the checkpoint before it cannot be written',
    inRepo(async (repo) => {
      const target = await take(repo, 's1');
      repo.write('a.txt', 'work to lose');
      repo.write('new.txt', 'more of it');
      await take(repo, 's1');
      const before = repo.fingerprint();
      const binary = repo.script(
        'git-stuck',
        '#!/bin/sh\ncase "$*" in *update-ref*) exit 128;; esac\nexec git "$@"\n',
      );
      await assert.rejects(restore(await repo.open(new Git({ binary })), target, person));
      assert.equal(repo.fingerprint(), before);
    }),
  );

  it(
    'renders through filters and line ends, and leaves a path whose filter fails',
    inRepo(async (repo) => {
      repo.git('config', 'filter.swap.clean', 'tr a-z A-Z');
      repo.git('config', 'filter.swap.smudge', 'tr A-Z a-z');
      repo.write('.gitattributes', '*.swap filter=swap\n*.crlf text eol=crlf\n');
      repo.write('x.swap', 'lower');
      repo.write('y.crlf', 'one\r\ntwo\r\n');
      const target = await take(repo, 's1');
      repo.write('x.swap', 'other');
      repo.write('y.crlf', 'three\r\n');
      await take(repo, 's1');
      await bring(repo, target);
      assert.equal(repo.read('x.swap').toString(), 'lower');
      assert.equal(repo.read('y.crlf').toString(), 'one\r\ntwo\r\n');

      repo.write('x.swap', 'again');
      repo.write('plain.txt', 'p');
      await take(repo, 's1');
      repo.git('config', 'filter.swap.smudge', 'false');
      repo.git('config', 'filter.swap.required', 'true');
      const result = await bring(repo, target);
      assert.equal(repo.read('x.swap').toString(), 'again');
      assert.deepEqual(names(result.deleted), ['plain.txt']);
      assert.deepEqual(
        result.blocked.map(({ reason }) => reason),
        ['write_failed'],
      );
    }),
  );

  it(
    'can be undone, and the undo too; an undo spares what changed since',
    inRepo(async (repo) => {
      repo.write('a.txt', 'A');
      repo.write('b.txt', 'B');
      const target = await take(repo, 's1');
      repo.write('a.txt', 'AA');
      repo.write('b.txt', 'BB');
      repo.write('c.txt', 'C');
      await take(repo, 's1');
      const worktree = await repo.worktree();
      await bring(repo, target);
      // Somebody else works on: neither undo may touch it.
      repo.write('other.txt', 'somebody else');
      repo.write('b.txt', 'edited after the restore');
      await take(repo, 's2');

      const undone = await undoRestore(worktree, person);
      assert.equal(repo.read('a.txt').toString(), 'AA');
      assert.equal(repo.read('c.txt').toString(), 'C');
      assert.equal(repo.read('b.txt').toString(), 'edited after the restore');
      assert.equal(repo.read('other.txt').toString(), 'somebody else');
      assert.deepEqual(names(undone.skipped.map(({ path }) => path)), ['b.txt']);

      await undoRestore(worktree, person);
      assert.equal(repo.read('a.txt').toString(), 'A');
      assert.equal(fs.existsSync(repo.at('c.txt')), false);
      assert.equal(repo.read('other.txt').toString(), 'somebody else');
    }),
  );

  it(
    'an undo without a restore, and a restore of what is there already, are refused in words',
    inRepo(async (repo) => {
      const target = await take(repo, 's1');
      const worktree = await repo.worktree();
      assert.equal(await reasonOf(undoRestore(worktree, person)), 'nothing_to_undo');
      assert.equal(await reasonOf(restore(worktree, target, person)), 'nothing_to_restore');
      assert.equal(repo.refs('belay').has('refs/belay/session/person'), false, 'no checkpoint was taken');
    }),
  );

  it(
    'a restore that was killed in the middle can be undone',
    inRepo(async (repo) => {
      repo.write('a.txt', 'A');
      const target = await take(repo, 's1');
      repo.write('a.txt', 'AA');
      await take(repo, 's1');
      const worktree = await repo.worktree();
      await repo.checkpoint({ session: 'person', agent: 'editor', always: true, restoring: target.oid });
      repo.write('a.txt', 'A');
      await undoRestore(worktree, { ...person, include: 'all' });
      assert.equal(repo.read('a.txt').toString(), 'AA');
    }),
  );

  for (const objectFormat of ['sha1', 'sha256'] as const) {
    it(
      `makes a branch of one commit on the base (${objectFormat})`,
      inRepo(
        async (repo) => {
          repo.write('a.txt', 'work');
          const checkpoint = await take(repo, 's1');
          const worktree = await repo.worktree();
          const head = repo.git('rev-parse', 'HEAD');
          const { branch, commit } = await createBranch(worktree, checkpoint, 'try/one');
          assert.equal(branch, 'refs/heads/try/one');
          assert.equal(repo.git('rev-parse', 'refs/heads/try/one'), commit);
          assert.equal(repo.git('rev-parse', `${commit}^`), head);
          assert.equal(repo.git('rev-parse', `${commit}^{tree}`), checkpoint.tree);
          assert.equal(repo.git('rev-parse', 'HEAD'), head);
          assert.equal(await reasonOf(createBranch(worktree, checkpoint, 'try/one')), 'branch_exists');
          assert.equal(await reasonOf(createBranch(worktree, checkpoint, 'try')), 'branch_exists');
          assert.equal(await reasonOf(createBranch(worktree, checkpoint, 'no..good')), 'invalid_branch');
          assert.equal(await reasonOf(createBranch(worktree, checkpoint, '-x')), 'invalid_branch');
        },
        { objectFormat },
      ),
    );
  }
});
