import assert from 'node:assert/strict';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { listCheckpoints } from '../../src/checkpoint/history';
import { readDecision } from '../../src/decisions/read';
import { diagnose, repair } from '../../src/doctor/diagnose';
import { restore, undoRestore } from '../../src/restore/restore';
import { startSession } from '../../src/sessions/lifecycle';
import { listSessions } from '../../src/sessions/sessions';
import { noticeFallen } from '../../src/sync/external';
import { syncWorktree } from '../../src/sync/sync';
import { inRepo } from '../support/repo';
import { asking, plainFetch, Upstream } from '../sync/upstream';

/** Below a git dir, what git keeps for itself, and Belay asks it about. */
const kept =
  /[/\\]\.git[/\\](?:worktrees[/\\][^/\\]+[/\\])?(?:HEAD$|packed-refs$|(?:refs|logs|reftable)[/\\])/;

/** Calls of Node's that give what a file holds, and those that the promises have as well. */
const readers = ['readFile', 'readlink', 'copyFile', 'open'] as const;

/**
 * The files of git's own whose content was read by Node, as a process does, while `work` was done. Opening one for writing is
 * left out: that is how a place is tried.
 */
async function readMeanwhile(work: () => Promise<void>): Promise<string[]> {
  const read: string[] = [];
  const undo: (() => void)[] = [];
  const watch = (holder: object, name: string): void => {
    const before: unknown = Reflect.get(holder, name);
    assert.ok(typeof before === 'function', name);
    const watched = function (this: unknown, ...args: unknown[]): unknown {
      const [file, flags] = args;
      if (kept.test(String(file)) && flags !== 'wx') {
        read.push(`${name} ${String(file)}`);
      }
      return Reflect.apply(before, this, args);
    };
    Reflect.set(holder, name, watched);
    undo.push(() => {
      Reflect.set(holder, name, before);
    });
  };
  for (const name of readers) {
    watch(fs.promises, name);
    watch(fs, name);
    watch(fs, `${name}Sync`);
  }
  watch(fs, 'createReadStream');
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    for (const one of undo) {
      one();
    }
    syncBuiltinESMExports();
  }
  return read;
}

describe('what git keeps is asked of git', () => {
  it(
    'the look at what is read sees a reading',
    inRepo(async (repo) => {
      const { readFile } = await import('node:fs/promises');
      const head = path.join(repo.gitDir, 'HEAD');
      assert.deepEqual(
        await readMeanwhile(async () => {
          await fs.promises.readFile(head);
        }),
        [`readFile ${head}`],
      );
      assert.ok((await readFile(head)).length > 0);
    }),
  );

  for (const linked of [undefined, 'there'] as const) {
    it(
      `nothing of references, logs or HEAD is read as a file (${linked ?? 'main'})`,
      inRepo(
        async (repo) => {
          const upstream = linked === undefined ? Upstream.of(repo) : undefined;
          const read = await readMeanwhile(async () => {
            const worktree = await repo.worktree();
            repo.write('a.txt', 'edited\n');
            const { checkpoint } = await repo.checkpoint();
            await startSession(worktree, 's2', { owner: 'somebody' });
            repo.git('symbolic-ref', 'refs/belay/session/s3', 'refs/heads/nowhere');
            await repo.checkpoint({ session: 's3', always: true });
            repo.write('a.txt', 'again\n');
            await restore(worktree, checkpoint, { session: 'person', agent: 'editor', include: 'all' });
            await undoRestore(worktree, { session: 'person', agent: 'editor' });
            repo.git('checkout', '--quiet', '--', '.');
            if (upstream !== undefined) {
              upstream.commit({ 'own.txt': 'own\n' });
              upstream.push({ 'new.txt': 'new\n' });
              assert.equal((await syncWorktree(worktree, plainFetch, asking)).case, 'diverged_rebased');
            }
            repo.git('commit', '--quiet', '--allow-empty', '--message=gone');
            await repo.checkpoint({ always: true });
            repo.git('reset', '--quiet', '--hard', 'HEAD~1');
            await noticeFallen(worktree, { afterCheckpoint: true });
            await readDecision(worktree, worktree.key);
            await listCheckpoints(worktree, {});
            await listSessions(worktree);
            await diagnose(worktree);
            await repair(worktree);
          });
          assert.deepEqual(read, []);
        },
        linked === undefined ? {} : { linked },
      ),
    );
  }
});
