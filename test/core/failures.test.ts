import assert from 'node:assert/strict';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { CheckpointResult } from '../../src/checkpoint/checkpoint';
import { takeCheckpoint, writerLock } from '../../src/checkpoint/take';
import { BelayError } from '../../src/errors';
import type { Locale } from '../../src/git/environment';
import { Git, type GitCall, type GitOutput } from '../../src/git/git';
import type { Worktree } from '../../src/git/worktree';
import { lockHolder } from '../../src/refs/lock';
import { withEnvironment } from '../support/environment';
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

/** git before whose first such command something happens. */
class DisturbedGit extends Git {
  disturbed = false;

  constructor(
    private readonly command: string,
    private readonly disturb: () => void,
  ) {
    super();
  }

  override run(call: GitCall): Promise<GitOutput> {
    if (call.args[0] === this.command && !this.disturbed) {
      this.disturbed = true;
      this.disturb();
    }
    return super.run(call);
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
 * A git that is killed can leave its lock on a reference. What a checkpoint does then is tested in chain.test.ts; here it
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

describe('invariant 3: what Belay keeps between checkpoints is never trusted blindly', () => {
  const kept = (repo: TestRepo): string => path.join(repo.commonDir, 'belay', 'worktrees', 'main');
  const privateIndexes = (repo: TestRepo): string[] =>
    fs
      .readdirSync(kept(repo))
      .flatMap((name) => (name.startsWith('index-') ? [path.join(kept(repo), name)] : []));

  /** Enough new files that the private index is brought up to date with them. */
  function writeMany(repo: TestRepo): void {
    for (let number = 0; number < 220; number += 1) {
      repo.write(`many/${number % 10}/${number}.txt`, `${number}\n`);
    }
  }

  function dropRefs(repo: TestRepo): void {
    for (const ref of repo.refs('belay').keys()) {
      repo.git('update-ref', '-d', ref);
    }
  }

  function prune(repo: TestRepo): void {
    repo.git('reflog', 'expire', '--expire=now', '--all');
    repo.git('gc', '--quiet', '--prune=now');
  }

  async function assertWhole(repo: TestRepo, worktree?: Worktree): Promise<void> {
    const { checkpoint } = await repo.checkpoint({ session: 'afterwards' }, worktree);
    assert.deepEqual(repo.treeEntries(checkpoint.oid), repo.diskEntries());
    assert.ok(repo.isHeld(checkpoint.oid));
    repo.git('fsck', '--connectivity-only', '--no-dangling', checkpoint.oid);
  }

  for (const where of ['the same', 'another'] as const) {
    const worktreeFor = async (repo: TestRepo): Promise<Worktree> =>
      where === 'the same' ? repo.worktree() : repo.open();

    it(
      `all refs deleted and everything pruned, in ${where} process: the staged state`,
      inRepo(async (repo) => {
        repo.write('a.txt', 'staged\n');
        repo.write('new/deep.txt', 'staged\n');
        repo.git('add', '--all');
        await repo.checkpoint();
        dropRefs(repo);
        prune(repo);
        await assertWhole(repo, await worktreeFor(repo));
      }),
    );

    it(
      `all refs deleted and everything pruned, in ${where} process: untracked files that the private index knows`,
      inRepo(async (repo) => {
        writeMany(repo);
        await repo.checkpoint();
        await repo.checkpoint({ always: true });
        dropRefs(repo);
        prune(repo);
        await assertWhole(repo, await worktreeFor(repo));
      }),
    );

    it(
      `all refs deleted and the object of one captured file removed, in ${where} process`,
      inRepo(async (repo) => {
        writeMany(repo);
        await repo.checkpoint();
        const oid = repo.git('hash-object', 'many/7/7.txt');
        dropRefs(repo);
        fs.rmSync(path.join(repo.commonDir, 'objects', oid.slice(0, 2), oid.slice(2)));
        await assertWhole(repo, await worktreeFor(repo));
      }),
    );

    it(
      `HEAD moved away from the staged state and everything pruned, in ${where} process`,
      inRepo(async (repo) => {
        repo.write('new/deep.txt', 'committed\n');
        repo.git('add', '--all');
        repo.git('commit', '--quiet', '--message=To be forgotten');
        await repo.checkpoint();
        dropRefs(repo);
        repo.git('reset', '--quiet', '--soft', 'HEAD~1');
        prune(repo);
        await assertWhole(repo, await worktreeFor(repo));
      }),
    );
  }

  const damages: readonly (readonly [string, (file: string, content: Buffer) => void])[] = [
    [
      'deleted',
      (file) => {
        fs.rmSync(file);
      },
    ],
    [
      'emptied',
      (file) => {
        fs.writeFileSync(file, '');
      },
    ],
    [
      'cut to its header',
      (file, content) => {
        fs.writeFileSync(file, content.subarray(0, 12));
      },
    ],
    [
      'filled with something else',
      (file, content) => {
        fs.writeFileSync(file, Buffer.alloc(content.length, 'x'));
      },
    ],
    [
      'filled with zeros',
      (file, content) => {
        fs.writeFileSync(file, Buffer.alloc(content.length));
      },
    ],
    [
      'replaced by a folder',
      (file) => {
        fs.rmSync(file);
        fs.mkdirSync(file);
      },
    ],
    ...[0.1, 0.3, 0.5, 0.7, 0.9, 0.99].map((share): [string, (file: string, content: Buffer) => void] => [
      `cut to ${share * 100} %`,
      (file, content) => {
        fs.writeFileSync(file, content.subarray(0, Math.floor(content.length * share)));
      },
    ]),
    ...[21, 20, 1].map((bytes): [string, (file: string, content: Buffer) => void] => [
      `cut by ${bytes} bytes`,
      (file, content) => {
        fs.writeFileSync(file, content.subarray(0, content.length - bytes));
      },
    ]),
  ];
  for (const [number, [how, damage]] of damages.entries()) {
    // git's words about a damaged index differ by language; what to do about it must not.
    const languages = number < 5 ? ['C', 'de'] : ['de'];
    it(
      `the private index ${how}, in ${languages.join(' and ')}`,
      inRepo(async (repo) => {
        writeMany(repo);
        await repo.checkpoint();
        for (const locale of languages) {
          for (const file of privateIndexes(repo)) {
            damage(file, fs.readFileSync(file));
          }
          repo.write('many/1/1.txt', `edited under ${locale}\n`);
          repo.remove(`many/2/${locale === 'C' ? 2 : 12}.txt`);
          repo.write(`new-${locale}.txt`, 'new\n');
          await withEnvironment({ LANG: 'C.UTF-8', LANGUAGE: locale }, () => assertWhole(repo));
          fs.rmSync(kept(repo), { recursive: true, force: true });
          await repo.checkpoint();
        }
      }),
    );
  }

  for (const [how, damage] of damages.slice(0, 3)) {
    it(
      `the private index ${how} in the very moment before it is used`,
      inRepo(async (repo) => {
        writeMany(repo);
        await repo.checkpoint();
        repo.remove('many/2/2.txt');
        repo.write('a.txt', 'edited\n');
        const git = new DisturbedGit('status', () => {
          for (const file of privateIndexes(repo)) {
            damage(file, fs.readFileSync(file));
          }
        });
        await assertWhole(repo, await repo.open(git));
        assert.ok(git.disturbed);
      }),
    );
  }

  for (const content of ['', '{', '{"signature":"', 'null', '[]', '{}', '"text"', '\0\0\0']) {
    it(
      `its record torn to ${JSON.stringify(content)}`,
      inRepo(async (repo) => {
        writeMany(repo);
        await repo.checkpoint();
        fs.writeFileSync(path.join(kept(repo), 'cache.json'), content);
        repo.write('a.txt', 'edited\n');
        repo.remove('many/1/1.txt');
        await assertWhole(repo);
      }),
    );
  }

  it(
    'its record naming a tree that does not exist',
    inRepo(async (repo) => {
      await repo.checkpoint();
      const file = path.join(kept(repo), 'cache.json');
      const text = fs.readFileSync(file, 'utf8');
      fs.writeFileSync(file, text.replace(/"tree":"[0-9a-f]+"/, `"tree":"${'1'.repeat(40)}"`));
      await assertWhole(repo);
      fs.writeFileSync(file, text.replace(/"staged":"[0-9a-f]+"/, `"staged":"${'1'.repeat(40)}"`));
      repo.write('a.txt', 'edited\n');
      await assertWhole(repo);
    }),
  );
});
