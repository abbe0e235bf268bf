import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import type { Checkpoint, Uncovered } from '../../src/checkpoint/checkpoint';
import { pathText, type GitPath } from '../../src/git/path';
import { entryText, gitPath, inRepo, testHome, type TestRepo } from '../support/repo';
import { allStates, expectedTree, type Expected } from './states';

/** Sorted, and with each name made readable, so that a difference can be read. */
function listing(entries: ReadonlyMap<GitPath, string>): string[] {
  return [...entries].map(([name, entry]) => `${pathText(name)} ${entry}`).sort();
}

function gaps(uncovered: readonly Uncovered[]): string[] {
  return uncovered.map(({ path, reason }) => `${pathText(path)} ${reason}`).sort();
}

function expectedGaps(expected: Expected): string[] {
  return (expected.uncovered ?? []).map(([name, reason]) => `${pathText(gitPath(name))} ${reason}`).sort();
}

/** The fingerprint without the files that the state itself makes come and go. */
function fingerprint(repo: TestRepo, expected: Expected): string {
  const excluded = (expected.sideEffects ?? []).map((name) => `file ${gitPath(name)} `);
  return repo
    .fingerprint()
    .split('\n')
    .filter((line) => !excluded.some((start) => line.startsWith(start)))
    .join('\n');
}

function indexTree(repo: TestRepo): string | undefined {
  const { code, output } = repo.tryGit('write-tree');
  return code === 0 ? output.trim() : undefined;
}

function assertHeadAndStaged(repo: TestRepo, checkpoint: Checkpoint, expected: Expected): void {
  const head = repo.tryGit('rev-parse', '--quiet', '--verify', 'HEAD');
  assert.equal(checkpoint.base, head.code === 0 ? head.output.trim() : undefined, 'Belay-Base is HEAD');
  const branch = repo.tryGit('symbolic-ref', '--quiet', 'HEAD');
  assert.equal(
    checkpoint.branch,
    branch.code === 0 ? branch.output.trim() : undefined,
    'Belay-Branch is the branch',
  );
  assert.equal(checkpoint.branch === undefined, expected.detached === true);
  assert.equal(checkpoint.operation, expected.operation, 'Belay-Operation');
  const staged = indexTree(repo);
  const headTree =
    head.code === 0
      ? repo.git('rev-parse', 'HEAD^{tree}')
      : repo.git('hash-object', '-t', 'tree', '/dev/null');
  if (staged === undefined) {
    assert.ok(checkpoint.staged !== undefined, 'an index in conflict is recorded');
    return;
  }
  const recorded =
    checkpoint.staged === undefined ? headTree : repo.git('rev-parse', `${checkpoint.staged}^{tree}`);
  assert.equal(recorded, staged, 'Belay-Index holds the staged state');
}

describe('invariants 2, 3, 13: a checkpoint changes nothing and holds what is on disk', () => {
  for (const state of allStates()) {
    it(
      state.name,
      inRepo(async (repo) => {
        const expected = state.prepare(repo);
        const before = fingerprint(repo, expected);
        const first = await repo.checkpoint();
        assert.equal(fingerprint(repo, expected), before, 'the first checkpoint touched something');
        assert.deepEqual(
          listing(repo.treeEntries(first.checkpoint.oid)),
          listing(expectedTree(repo, expected)),
        );
        assert.deepEqual(gaps(first.uncovered), expectedGaps(expected));
        assert.deepEqual(
          gaps(first.checkpoint.uncovered),
          expectedGaps(expected),
          'the trailers name the gaps',
        );
        assertHeadAndStaged(repo, first.checkpoint, expected);

        // Once more with everything warm: nothing changed, so the same checkpoint is named.
        const again = await repo.checkpoint({ session: 'session-2' });
        assert.equal(again.created, false);
        assert.equal(again.checkpoint.oid, first.checkpoint.oid);

        // And as another process sees it, after one more change.
        repo.write('added-after.txt', 'added\n');
        const changed = fingerprint(repo, expected);
        const second = await repo.checkpoint({ session: 'session-2' }, await repo.open());
        assert.equal(second.created, true);
        assert.deepEqual(
          listing(repo.treeEntries(second.checkpoint.oid)),
          listing(expectedTree(repo, expected)),
        );
        assert.deepEqual(gaps(second.uncovered), expectedGaps(expected));
        assert.equal(fingerprint(repo, expected), changed, 'a later checkpoint touched something');
      }, state.options),
    );
  }

  it(
    'a sparse checkout that is set while the worktree is open',
    inRepo(async (repo) => {
      repo.write('inside/in.txt', 'in\n');
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=Inside');
      const before = await repo.checkpoint();
      repo.git('sparse-checkout', 'set', '--cone', 'inside');
      const after = await repo.checkpoint();
      assert.equal(after.checkpoint.tree, before.checkpoint.tree, 'what is not checked out is not deleted');
    }),
  );

  it(
    'a file and a folder that may not be read',
    inRepo(async (repo) => {
      for (const name of ['tracked.txt', 'closed/tracked.txt', 'zz.txt']) {
        repo.write(name, 'readable\n');
      }
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=Readable');
      repo.write('untracked.txt', 'untracked\n');
      repo.write('closed/untracked.txt', 'untracked\n');
      const readable = await repo.checkpoint();
      for (const name of ['tracked.txt', 'untracked.txt', 'zz.txt', 'new.txt', 'closed/tracked.txt']) {
        repo.write(name, 'edited, and longer than before\n');
      }
      const before = repo.fingerprint();
      const result = await withoutRights(repo, async () => {
        for (const name of ['tracked.txt', 'untracked.txt', 'new.txt', 'closed']) {
          fs.chmodSync(repo.at(name), 0);
        }
        const taken = await repo.checkpoint({}, await repo.open());
        for (const name of ['tracked.txt', 'untracked.txt', 'new.txt']) {
          fs.chmodSync(repo.at(name), 0o644);
        }
        fs.chmodSync(repo.at('closed'), 0o755);
        return taken;
      });
      assert.equal(repo.fingerprint(), before);
      const tree = repo.treeEntries(readable.checkpoint.tree);
      tree.set('zz.txt', entryText('100644', 'edited, and longer than before\n'));
      assert.deepEqual(listing(repo.treeEntries(result.checkpoint.tree)), listing(tree));
      assert.deepEqual(gaps(result.uncovered), [
        'closed unreadable',
        'new.txt unreadable',
        'tracked.txt unreadable',
        'untracked.txt unreadable',
      ]);
    }),
  );
});

/**
 * Runs `work` as somebody whom file permissions bind. Root is not bound, so root becomes nobody meanwhile, in this process and
 * its children, and owns the repository again afterwards.
 */
async function withoutRights<T>(repo: TestRepo, work: () => Promise<T>): Promise<T> {
  const { geteuid, seteuid, getegid, setegid } = process;
  if (
    geteuid === undefined ||
    seteuid === undefined ||
    getegid === undefined ||
    setegid === undefined ||
    geteuid() !== 0
  ) {
    return work();
  }
  const nobody = 65_534;
  const everything = ['-R', `${nobody}:${nobody}`, repo.base, testHome];
  execFileSync('chown', everything);
  const group = getegid();
  setegid(nobody);
  seteuid(nobody);
  try {
    return await work();
  } finally {
    seteuid(0);
    setegid(group);
    execFileSync('chown', ['-R', `0:${group}`, repo.base, testHome]);
  }
}
