import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { ReferencesLocked } from '../../src/checkpoint/pending';
import { diagnose, repair } from '../../src/doctor/diagnose';
import type { Finding } from '../../src/doctor/finding';
import { Git } from '../../src/git/git';
import type { Worktree } from '../../src/git/worktree';
import { bash, gaps, hook, log, silent, write } from '../agents/support';
import { belay } from '../support/cli';
import { GitRecorder } from '../support/git-recorder';
import { withNewestGit } from '../support/newestGit';
import { waitUntil } from '../support/processes';
import { inRepo, type TestRepo } from '../support/repo';

const reftable = { refFormat: 'reftable' } as const;
const hourMs = 60 * 60_000;

/** A lock on a store of references, as a git that was killed leaves it. */
function lock(gitDir: string, ageMs = 0): string {
  const file = path.join(gitDir, 'reftable', 'tables.list.lock');
  fs.writeFileSync(file, '');
  const seconds = (Date.now() - ageMs) / 1000;
  fs.utimesSync(file, seconds, seconds);
  return file;
}

const pendingAnswer = v.strictObject({
  checkpoint: v.null(),
  pending: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/)),
  error: v.looseObject({ reason: v.literal('references_locked'), message: v.string(), next: v.string() }),
});

/** Takes a checkpoint with a git that is recorded. */
async function recorded(
  repo: TestRepo,
  take: (worktree: Worktree, transactions: () => number) => Promise<void>,
): Promise<void> {
  const recorder = new GitRecorder();
  try {
    const [bin = ''] = recorder.path.split(path.delimiter);
    const worktree = await repo.open(new Git({ binary: path.join(bin, 'git') }));
    await take(worktree, () => recorder.calls().filter(({ args }) => args.includes(' update-ref ')).length);
  } finally {
    recorder.remove();
  }
}

describe('one lock that serves all references', () => {
  withNewestGit();

  it(
    'a checkpoint that cannot land is answered as none, with what is pending beside the error',
    inRepo(async (repo) => {
      await repo.checkpoint();
      repo.git('config', 'belay.lockWait', '0');
      repo.write('a.txt', 'edited\n');
      const file = lock(repo.commonDir);
      const command = ['checkpoint', '--session', 's1', '--agent', 'codex', '--json'];
      const ended = belay(repo, command);
      assert.equal(ended.code, 1, ended.err);
      const { pending, error } = v.parse(pendingAnswer, JSON.parse(ended.out));
      assert.ok(error.message.includes(pending));
      assert.equal(repo.isHeld(pending), false, 'it is not acknowledged');
      fs.rmSync(file);
      assert.equal(belay(repo, command).code, 0);
      assert.ok(repo.isHeld(pending), 'the next one has folded it in');
    }, reftable),
  );

  it(
    'it is waited for as long as belay.lockWait says',
    inRepo(async (repo) => {
      await repo.checkpoint();
      repo.write('a.txt', 'edited\n');
      const file = lock(repo.commonDir);
      await recorded(repo, async (worktree, transactions) => {
        const limits = { lockWait: 0 };
        await assert.rejects(repo.checkpoint({ limits }, worktree), ReferencesLocked);
        assert.equal(transactions(), 1, 'git alone has waited');
      });
      await recorded(repo, async (worktree, transactions) => {
        const taking = repo.checkpoint({ limits: { lockWait: hourMs } }, worktree);
        // Each git that gives up is followed by another one.
        await waitUntil(() => (transactions() > 3 ? true : undefined));
        fs.rmSync(file);
        assert.equal((await taking).created, true);
      });
    }, reftable),
  );

  it(
    'a hook says nothing of it, and leaves its mark for the next one',
    inRepo(async (repo) => {
      await repo.checkpoint();
      const edited = path.join(repo.folder, 'a.txt');
      silent(hook('claude-code', write(repo, 'PreToolUse', edited)));
      repo.write('a.txt', 'edited\n');
      const file = lock(repo.commonDir);
      silent(hook('claude-code', write(repo, 'PostToolUse', edited)));
      assert.equal(gaps(repo).length, 1);
      fs.rmSync(file);
      silent(hook('claude-code', bash(repo, 'PostToolUse', 'make')));
      assert.deepEqual(gaps(repo), []);
      const [newest] = await log(repo);
      assert.deepEqual(repo.treeEntries(newest?.oid ?? ''), repo.diskEntries());
    }, reftable),
  );

  it(
    'the lock on the HEAD of a linked worktree is named as that, and removed by the same rule',
    inRepo(
      async (repo) => {
        const worktree = await repo.worktree();
        await repo.checkpoint();
        const found = async (): Promise<Finding | undefined> =>
          (await diagnose(worktree)).find(
            ({ kind, level }) => kind === 'dead_ref_lock' && level === 'problem',
          );
        const young = lock(repo.gitDir, 5 * 60_000);
        assert.match((await found())?.message ?? '', /^HEAD of the worktree there has been locked/);
        assert.match((await found())?.fix ?? '', /^Make sure that no git is running, then: rm /);
        assert.doesNotMatch((await repair(worktree)).join('\n'), /Nothing else was fixed/);
        assert.ok(fs.existsSync(young));
        const file = lock(repo.gitDir, hourMs);
        const pid = file.replace(/\.lock$/, '~pid.lock');
        fs.writeFileSync(pid, `pid ${process.pid}\n`);
        await repair(worktree);
        assert.ok(fs.existsSync(file), 'whom it names lives');
        fs.rmSync(pid);
        assert.match((await found())?.fix ?? '', /belay doctor --fix/);
        await repair(worktree);
        assert.equal(fs.existsSync(file), false);
        assert.equal(await found(), undefined);
      },
      { ...reftable, linked: 'there' },
    ),
  );
});
