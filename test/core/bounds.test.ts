import assert from 'node:assert/strict';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { configuredLimits, defaultLimits } from '../../src/checkpoint/limits';
import type { Uncovered } from '../../src/checkpoint/checkpoint';
import type { Locale } from '../../src/git/environment';
import { Git } from '../../src/git/git';
import { pathText } from '../../src/git/path';
import { readHead } from '../../src/git/head';
import { withEnvironment } from '../support/environment';
import { entryText, gitPath, inRepo } from '../support/repo';
import { gitIn } from './states';

function gaps(uncovered: readonly Uncovered[]): string[] {
  return uncovered.map(({ path: name, reason }) => `${pathText(name)} ${reason}`).sort();
}

describe('invariant 10: what a checkpoint takes is bounded, and what it leaves out is named', () => {
  const large = Buffer.alloc(3_000, 'l');
  const limits = { maxFileSize: 2_000 };

  for (const mode of ['whole', 'paths'] as const) {
    it(
      `leaves out large untracked files, never tracked ones (${mode})`,
      inRepo(async (repo) => {
        const bytes = Buffer.from([0x6c, 0xff, 0xfe]);
        for (const name of ['tracked.bin', ':odd *?.bin', bytes]) {
          repo.write(name, 'small\n');
        }
        repo.git('add', '--all');
        repo.git('commit', '--quiet', '--message=Small');
        await repo.checkpoint({ limits });
        for (const name of ['tracked.bin', ':odd *?.bin', bytes, 'untracked.bin']) {
          repo.write(name, large);
        }
        const names = ['tracked.bin', ':odd *?.bin', bytes, 'untracked.bin'].map(gitPath);
        const result = await repo.checkpoint({ limits, ...(mode === 'paths' ? { paths: names } : {}) });
        assert.equal(result.checkpoint.mode, mode);
        assert.deepEqual(gaps(result.uncovered), ['untracked.bin too_large']);
        assert.deepEqual(gaps(result.checkpoint.uncovered), ['untracked.bin too_large']);
        const expected = repo.diskEntries();
        expected.delete('untracked.bin');
        assert.deepEqual(repo.treeEntries(result.checkpoint.oid), expected);
      }),
    );

    it(
      `keeps what it had of an untracked file that has grown too large (${mode})`,
      inRepo(async (repo) => {
        for (let number = 0; number < 210; number += 1) {
          repo.write(`many/${number}`, `${number}\n`);
        }
        repo.write('grows.txt', 'small\n');
        await repo.checkpoint({ limits });
        // Once with the private index as the user has it, once brought up to date with the untracked files.
        for (const text of ['again\n', 'other\n']) {
          repo.write('a.txt', text);
          repo.write('grows.txt', large);
          const paths = mode === 'paths' ? { paths: ['a.txt', 'grows.txt'] } : {};
          const result = await repo.checkpoint({ limits, ...paths });
          assert.deepEqual(gaps(result.uncovered), ['grows.txt too_large']);
          const tree = repo.treeEntries(result.checkpoint.oid);
          assert.equal(tree.get('grows.txt'), entryText('100644', 'small\n'));
          assert.equal(tree.get('a.txt'), entryText('100644', text));
          repo.tryGit('update-index', '--refresh');
        }
      }),
    );
  }

  it(
    'leaves out the largest first when there is too much, and the rest when there are too many',
    inRepo(async (repo) => {
      repo.write('new/1', Buffer.alloc(100));
      repo.write('new/2', Buffer.alloc(200));
      repo.write('new/3', Buffer.alloc(300));
      repo.write('new/4', Buffer.alloc(400));
      const much = await repo.checkpoint({ limits: { maxTotalSize: 650 } });
      assert.deepEqual(gaps(much.uncovered), ['new/4 total_exceeded']);
      const many = await repo.checkpoint({ limits: { maxFiles: 3 } });
      assert.deepEqual(gaps(many.uncovered), ['new/4 too_many']);
      const all = await repo.checkpoint();
      assert.deepEqual(gaps(all.uncovered), []);
      assert.deepEqual(repo.treeEntries(all.checkpoint.oid), repo.diskEntries());
    }),
  );

  it(
    'counts the gaps that it does not name, also when the next checkpoint looks at known paths only',
    inRepo(async (repo) => {
      for (let number = 0; number < 620; number += 1) {
        repo.write(`left-out/${number}`, '');
      }
      const first = await repo.checkpoint({ limits: { maxFiles: 0 } });
      assert.equal(first.uncovered.length, 620);
      assert.equal(first.checkpoint.uncovered.length + first.checkpoint.uncoveredMore, 620);
      repo.write('a.txt', 'edited\n');
      const second = await repo.checkpoint({ paths: ['a.txt'] });
      assert.equal(second.checkpoint.mode, 'paths');
      assert.equal(second.checkpoint.uncovered.length + second.checkpoint.uncoveredMore, 620);
    }),
  );

  it(
    'names a path in another repository as a gap instead of taking it in (paths)',
    inRepo(async (repo) => {
      const inner = path.join(repo.folder, 'deep', 'nested');
      fs.mkdirSync(inner, { recursive: true });
      gitIn(inner, 'init', '--quiet');
      repo.git('worktree', 'add', '--quiet', '--detach', path.join(repo.folder, 'trees/one'));
      repo.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', repo.folder, 'sub');
      repo.git('commit', '--quiet', '--message=Submodule');
      const whole = await repo.checkpoint();
      const before = repo.treeEntries(whole.checkpoint.oid);
      repo.write('deep/nested/in/x.txt', 'inner\n');
      repo.write('sub/x.txt', 'inner\n');
      repo.write('trees/one/x.txt', 'inner\n');
      repo.write('a.txt', 'edited\n');
      const paths = ['deep/nested/in/x.txt', 'sub/x.txt', 'trees/one/x.txt', 'a.txt'];
      const { checkpoint } = await repo.checkpoint({ paths });
      assert.equal(checkpoint.mode, 'paths');
      before.set('a.txt', entryText('100644', 'edited\n'));
      assert.deepEqual(repo.treeEntries(checkpoint.oid), before);
      assert.deepEqual(gaps(checkpoint.uncovered), gaps(whole.checkpoint.uncovered));
    }),
  );

  it(
    'names an ignored path as a gap, unless the user tracks it (paths)',
    inRepo(async (repo) => {
      const bytes = Buffer.from([0xe4, 0x2e, 0x69, 0x67]);
      repo.write('.gitignore', '*.ig\n!:kept.ig\n');
      repo.write('forced.ig', 'forced\n');
      repo.write(bytes, 'forced\n');
      repo.git('add', '--all');
      repo.git('add', '--force', '.');
      await repo.checkpoint();
      const names = ['forced.ig', ':left.ig', ':kept.ig', bytes];
      for (const name of names) {
        repo.write(name, 'edited\n');
      }
      const { checkpoint } = await repo.checkpoint({ paths: names.map(gitPath) });
      assert.deepEqual(gaps(checkpoint.uncovered), [':left.ig ignored']);
      const expected = repo.diskEntries();
      expected.delete(':left.ig');
      assert.deepEqual(repo.treeEntries(checkpoint.oid), expected);
    }),
  );

  it(
    'refuses paths outside of the worktree and in its git dir',
    inRepo(async (repo) => {
      fs.symlinkSync(repo.base, repo.at('out'));
      for (const name of [
        '../x',
        'folder/../../x',
        '.git/config',
        '.GIT/config',
        'folder/.git/x',
        'out/x',
        '/etc/passwd',
        '..',
      ]) {
        await assert.rejects(repo.checkpoint({ paths: [name] }), { reason: 'invalid_path' }, name);
      }
      assert.equal(repo.refs('belay').size, 0);
    }),
  );

  it(
    'takes its limits from the configuration, and no slip of the pen lifts one',
    inRepo(async (repo) => {
      for (const [name, value] of [
        ['maxFileSize', '2k'],
        ['maxTotalSize', '3M'],
        ['maxFiles', '7'],
        ['segmentCheckpoints', '0'],
        ['segmentAge', 'unlimited'],
        ['lockWait', '-1'],
        ['attempts', '0x10'],
      ] as const) {
        repo.git('config', `belay.${name}`, value);
      }
      assert.deepEqual(configuredLimits(await repo.open()), {
        ...defaultLimits,
        maxFileSize: 2_048,
        maxTotalSize: 3 * 1024 * 1024,
        maxFiles: 7,
        segmentCheckpoints: 1,
      });
    }),
  );
});

describe('where no checkpoint is taken', () => {
  it(
    'is a home folder, a folder around it, and the root of a file system',
    inRepo(async (repo) => {
      const elsewhere = path.join(repo.base, 'link-to-home');
      fs.symlinkSync(repo.folder, elsewhere);
      fs.mkdirSync(path.join(repo.folder, 'users/person'), { recursive: true });
      for (const home of [repo.folder, elsewhere, path.join(repo.folder, 'users/person')]) {
        await withEnvironment({ HOME: home, USERPROFILE: home }, async () => {
          await assert.rejects(repo.open(), { reason: 'refused_location' }, home);
        });
      }
      await withEnvironment({ HOME: path.join(repo.base, 'gone') }, async () => {
        await repo.open();
      });
      repo.git('config', 'core.worktree', '/');
      await assert.rejects(repo.open(), { reason: 'refused_location' });
    }),
  );

  it(
    'is a folder without a repository, a bare one, the inside of a git dir, and nothing at all',
    inRepo(async (repo) => {
      const bare = path.join(repo.base, 'bare.git');
      gitIn(repo.base, 'init', '--quiet', '--bare', bare);
      await assert.rejects(repo.open(new Git(), repo.base), { reason: 'not_a_repository' });
      await assert.rejects(repo.open(new Git(), bare), { reason: 'bare_repository' });
      await assert.rejects(repo.open(new Git(), repo.gitDir), { reason: 'bare_repository' });
      await assert.rejects(repo.open(new Git(), path.join(repo.base, 'nothing')), {
        reason: 'not_a_repository',
      });
      await assert.rejects(repo.open(new Git({ binary: path.join(repo.base, 'no-git') })), {
        reason: 'git_missing',
      });
    }),
  );
});

/** git that tells which processes it started. */
class WatchedGit extends Git {
  readonly started: { readonly command: string; readonly child: ChildProcessWithoutNullStreams }[] = [];

  override start(
    args: readonly string[],
    cwd: string,
    locale: Locale,
    env?: Readonly<Record<string, string>>,
  ): ChildProcessWithoutNullStreams {
    const child = super.start(args, cwd, locale, env);
    this.started.push({ command: args[0] ?? '', child });
    return child;
  }

  child(command: string): ChildProcessWithoutNullStreams {
    const found = this.started.findLast((one) => one.command === command);
    assert.ok(found, `git ${command} was started`);
    return found.child;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

function closed(child: ChildProcessWithoutNullStreams): Promise<void> {
  return new Promise((resolve) => {
    child.once('close', () => {
      resolve();
    });
  });
}

describe('invariant 10: every git child has a time limit and leaves nothing behind', () => {
  const sleepers: readonly (readonly [string, string])[] = [
    ['sleeps', 'sleep 600'],
    ['sleeps in a child of its own', 'sleep 600 & echo $! >> "$PIDS"; wait'],
    ['does not listen', 'trap "" TERM INT HUP; while :; do sleep 0.2; done'],
  ];
  for (const [how, text] of sleepers) {
    for (const command of ['status', 'cat-file', 'for-each-ref']) {
      it(
        `when git ${command} ${how}`,
        inRepo(async (repo) => {
          const pids = path.join(repo.base, 'pids');
          const binary = repo.script(
            'git',
            `#!/bin/sh\nPIDS="${pids}"\nfor word in "$@"; do case "$word" in ${command}) echo $$ >> "$PIDS"; ${text};; esac; done\nexec git "$@"\n`,
          );
          const git = new Git({ binary, timeLimit: 400 });
          repo.write('a.txt', 'edited\n');
          const before = repo.fingerprint();
          await assert.rejects(repo.checkpoint({}, await repo.open(git)), { reason: 'git_timeout' });
          assert.equal(repo.fingerprint(), before);
          assert.equal(repo.refs('belay').size, 0);
          const started = fs.readFileSync(pids, 'utf8').trim().split('\n').map(Number);
          assert.ok(started.length > 0);
          assert.deepEqual(started.filter(isRunning), []);
          assert.equal((await repo.checkpoint()).checkpoint.step, 1);
        }),
      );
    }
  }

  it(
    'when processes that stay have died or hang between requests',
    inRepo(async (repo) => {
      const git = new WatchedGit({ timeLimit: 1_000 });
      const worktree = await repo.open(git);
      let step = 0;
      const take = async (): Promise<void> => {
        step += 1;
        repo.write('a.txt', `${step}\n`);
        const { checkpoint } = await repo.checkpoint({}, worktree);
        assert.equal(checkpoint.step, step);
        assert.deepEqual(repo.treeEntries(checkpoint.oid), repo.diskEntries());
      };
      await take();
      for (const command of ['cat-file', 'mktree', 'hash-object', 'update-ref']) {
        for (const { command: name, child } of git.started) {
          if (name === command && child.exitCode === null && child.signalCode === null) {
            child.kill('SIGKILL');
            await closed(child);
          }
        }
        await take();
      }
      git.child('cat-file').kill('SIGSTOP');
      await assert.rejects(readHead(worktree), { reason: 'git_timeout' });
      await take();
      git.child('update-ref').kill('SIGSTOP');
      await take();
    }),
  );

  it(
    'when all are told to end',
    inRepo(async (repo) => {
      const git = new WatchedGit();
      const worktree = await repo.open(git);
      await repo.checkpoint({}, worktree);
      const running = git.started.filter(({ child }) => child.exitCode === null && child.signalCode === null);
      assert.ok(running.length > 0, 'some stay for the next request');
      const ends = running.map(({ child }) => closed(child));
      git.endAll();
      await Promise.all(ends);
      assert.deepEqual(running.map(({ child }) => child.pid ?? 0).filter(isRunning), []);
    }),
  );
});
