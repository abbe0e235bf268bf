import assert from 'node:assert/strict';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { CheckpointResult } from '../../src/checkpoint/checkpoint';
import { takeCheckpoint, writerLock } from '../../src/checkpoint/take';
import { BelayError } from '../../src/errors';
import type { Locale } from '../../src/git/environment';
import { Git } from '../../src/git/git';
import { lockHolder } from '../../src/refs/lock';
import { inRepo, type TestRepo, type TestRequest } from '../support/repo';
import { sized } from '../support/size';

type Fault = 'refuses to run' | 'is killed at once' | 'is killed when asked' | 'is killed after it was asked';

/** git whose n-th step fails: a step is the start of a process, or a request to one that stays. */
class FaultyGit extends Git {
  private steps = 0;
  struck = false;

  constructor(
    private readonly at: number,
    private readonly fault: Fault,
  ) {
    super();
  }

  private isNext(): boolean {
    this.steps += 1;
    this.struck ||= this.steps === this.at;
    return this.steps === this.at;
  }

  override start(
    args: readonly string[],
    cwd: string,
    locale: Locale,
    env?: Readonly<Record<string, string>>,
  ): ChildProcessWithoutNullStreams {
    const fails = this.isNext();
    const child = super.start(
      fails && this.fault === 'refuses to run' ? ['belay-no-such-command'] : args,
      cwd,
      locale,
      env,
    );
    if (fails && this.fault !== 'refuses to run') {
      child.kill('SIGKILL');
    }
    const write = child.stdin.write.bind(child.stdin);
    child.stdin.write = (chunk: unknown) => {
      const strikes = this.isNext();
      if (strikes && this.fault !== 'is killed after it was asked') {
        child.kill('SIGKILL');
      }
      const written = write(chunk);
      if (strikes) {
        setImmediate(() => child.kill('SIGKILL'));
      }
      return written;
    };
    return child;
  }
}

/** Everything in a repository that some way of taking a checkpoint has to deal with. */
function prepare(repo: TestRepo): void {
  repo.write('staged.txt', 'staged\n');
  repo.git('add', '--all');
  repo.write('staged.txt', 'edited\n');
  repo.write('untracked.txt', 'untracked\n');
  fs.symlinkSync('a.txt', repo.at('link'));
}

async function attempt(
  repo: TestRepo,
  git: Git,
  request: TestRequest,
): Promise<CheckpointResult | BelayError> {
  try {
    return await repo.checkpoint(request, await repo.open(git));
  } catch (thrown) {
    assert.ok(thrown instanceof BelayError, `a failure has a reason: ${String(thrown)}`);
    return thrown;
  }
}

/** What the next checkpoint without disturbance must be: exact in its step, whole in its tree. */
async function assertGoesOn(repo: TestRepo, step: number): Promise<void> {
  const { checkpoint } = await repo.checkpoint({ always: true });
  assert.equal(checkpoint.step, step);
  assert.deepEqual(repo.treeEntries(checkpoint.oid), repo.diskEntries());
}

/**
 * A git that is killed can leave its lock on a reference. What a checkpoint does then is tested in disturbedChain.test.ts; here it
 * would only make each of the many that follow wait.
 */
function removeLeftLocks(repo: TestRepo): void {
  for (const file of repo.referenceLocks()) {
    fs.rmSync(file);
  }
}

/**
 * Each fault at every step; in a short run at every fourth one, in turn, so that each step is struck by one of the four with all
 * paths, and by another one with known ones.
 */
const stride = sized({ short: 4, long: 1 });

describe('invariant 3: a failing step voids the checkpoint', () => {
  const faults: readonly Fault[] = [
    'refuses to run',
    'is killed at once',
    'is killed when asked',
    'is killed after it was asked',
  ];
  for (const [turn, mode] of (['whole', 'paths'] as const).entries()) {
    for (const [number, fault] of faults.entries()) {
      it(
        `when any one step of a checkpoint (${mode}) ${fault}`,
        inRepo(async (repo) => {
          prepare(repo);
          let step = (await repo.checkpoint()).checkpoint.step;
          let failed = 0;
          for (let at = 1 + ((number + turn) % stride); ; at += stride) {
            repo.write('staged.txt', `edited for fault ${at}\n`);
            fs.rmSync(path.join(repo.commonDir, 'belay', 'worktrees'), { recursive: true, force: true });
            const refs = repo.refs('belay');
            const before = repo.fingerprint();
            const git = new FaultyGit(at, fault);
            const outcome = await attempt(repo, git, mode === 'paths' ? { paths: ['staged.txt'] } : {});
            git.endAll();
            removeLeftLocks(repo);
            assert.equal(repo.fingerprint(), before, `fault ${at} touched something`);
            if (outcome instanceof BelayError) {
              failed += 1;
              assert.deepEqual(
                repo.refs('belay'),
                refs,
                `fault ${at} (${outcome.message}) left something behind`,
              );
            } else {
              step += 1;
              assert.equal(outcome.checkpoint.step, step);
              assert.deepEqual(repo.treeEntries(outcome.checkpoint.oid), repo.diskEntries());
            }
            step += 1;
            await assertGoesOn(repo, step);
            if (!git.struck) {
              break;
            }
          }
          assert.ok(failed > 0, 'no fault made a checkpoint fail');
        }),
      );
    }
  }

  const commands = [
    'rev-parse',
    'config',
    'status',
    'ls-files',
    'write-tree',
    'update-index',
    'hash-object',
    'mktree',
    'cat-file',
    'for-each-ref',
    'update-ref',
  ];
  /** In a short run each command in one of the three ways, in turn. */
  const isTried = (command: number, way: number): boolean =>
    sized({ short: command % 3 === way, long: true });
  for (const [way, [how, words]] of (
    [
      ['fails', 'echo "fatal: simulated" >&2; exit 128'],
      ['fails without a word', 'exit 1'],
      ['is killed', 'kill -9 $$'],
    ] as const
  ).entries()) {
    it(
      `when one of git's commands always ${how}`,
      inRepo(async (repo) => {
        prepare(repo);
        let { step } = (await repo.checkpoint()).checkpoint;
        for (const command of commands.filter((_, number) => isTried(number, way))) {
          const binary = repo.script(
            'git',
            `#!/bin/sh\nfor word in "$@"; do\n  case "$word" in ${command}) ${words};; esac\ndone\nexec git "$@"\n`,
          );
          repo.write('staged.txt', `edited for ${command}\n`);
          fs.rmSync(path.join(repo.commonDir, 'belay', 'worktrees'), { recursive: true, force: true });
          const refs = repo.refs('belay');
          const before = repo.fingerprint();
          const outcome = await attempt(repo, new Git({ binary }), {});
          assert.equal(repo.fingerprint(), before, `${command} touched something`);
          if (outcome instanceof BelayError) {
            assert.deepEqual(repo.refs('belay'), refs, `${command} left something behind`);
          } else {
            step += 1;
            assert.equal(outcome.checkpoint.step, step);
            assert.deepEqual(repo.treeEntries(outcome.checkpoint.oid), repo.diskEntries());
          }
          step += 1;
          await assertGoesOn(repo, step);
        }
      }),
    );
  }

  it(
    'when nothing can be written to the object store',
    inRepo(async (repo) => {
      prepare(repo);
      const { step } = (await repo.checkpoint()).checkpoint;
      const binary = repo.script('git', '#!/bin/sh\ntrap "" XFSZ\nulimit -f 0\nexec git "$@"\n');
      for (const request of [{}, { paths: ['fresh.txt'] }]) {
        repo.write('fresh.txt', 'cannot be stored\n');
        const refs = repo.refs('belay');
        const before = repo.fingerprint();
        const outcome = await attempt(repo, new Git({ binary }), request);
        assert.ok(outcome instanceof BelayError, 'it is not called a gap of one file');
        assert.equal(outcome.exitCode, 3);
        assert.deepEqual(repo.refs('belay'), refs);
        assert.equal(repo.fingerprint(), before);
      }
      await assertGoesOn(repo, step + 1);
    }),
  );

  it(
    'when it is cancelled, before and while it waits for its turn and while it runs',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const request = { session: 'session-1', agent: 'test', always: true };
      await assert.rejects(takeCheckpoint(worktree, request, { signal: AbortSignal.abort() }), {
        reason: 'cancelled',
      });
      const controller = new AbortController();
      const binary = repo.script('git', '#!/bin/sh\ncase "$*" in *status*) sleep 60;; esac\nexec git "$@"\n');
      const slow = await repo.open(new Git({ binary }));
      const running = takeCheckpoint(slow, request, { signal: controller.signal });
      while ((await lockHolder(writerLock(worktree))) === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      const waiting = takeCheckpoint(worktree, request, { signal: controller.signal });
      setTimeout(() => {
        controller.abort();
      }, 300);
      await assert.rejects(running, { reason: 'cancelled' });
      await assert.rejects(waiting, { reason: 'cancelled' });
      assert.equal(repo.refs('belay').size, 0);
      await assertGoesOn(repo, 1);
    }),
  );
});
