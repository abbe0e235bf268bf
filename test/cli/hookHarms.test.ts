import assert from 'node:assert/strict';
import fs from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import {
  bash,
  claude,
  gaps,
  held,
  hook,
  hookProgram,
  id,
  log,
  silent,
  startHook,
  write,
} from '../agents/support';
import { hookCommand } from '../../src/agents/hookCommand';
import { signalTo, waitUntil } from '../support/processes';
import { inRepo, type TestRepo } from '../support/repo';
import { printSeed, seeded, sized } from '../support/size';

/** A file over which a hook takes far longer than it may. @param limit in seconds. */
function slowFile(repo: TestRepo, limit: string): void {
  repo.git('config', 'belay.hookTimeout', limit);
  repo.git('config', 'filter.slow.clean', 'sleep 30; cat');
  repo.git('config', 'filter.slow.required', 'true');
  repo.write('.gitattributes', '*.slow filter=slow\n');
  repo.write('x.slow', 'slow\n');
}

/** The file is slow no more, and hooks have all the time that a busy machine needs. */
function quick(repo: TestRepo): void {
  repo.git('config', 'filter.slow.clean', 'cat');
  repo.git('config', '--unset', 'belay.hookTimeout');
}

const kills = sized({ short: 8, long: 200 });

describe('belay hook never harms the agent', function () {
  this.timeout(sized({ short: 300_000, long: 0 }));

  printSeed();

  it(
    'where there is no repository, no folder, no configuration, a bare repository, or no place to write',
    inRepo((repo) => {
      const bare = path.join(repo.base, 'bare.git');
      repo.git('init', '--quiet', '--bare', bare);
      for (const folder of [
        repo.base,
        bare,
        path.join(repo.base, 'nowhere'),
        '/',
        path.join(repo.folder, '.git'),
      ]) {
        silent(hook('claude-code', bash({ folder }, 'PreToolUse', 'ls')));
        silent(hook('claude-code', write({ folder }, 'PostToolUse', 'a.txt')));
      }
      repo.git('config', 'belay.hookTimeout', 'soon');
      silent(hook('claude-code', bash(repo, 'PreToolUse', 'ls')));
      fs.rmSync(path.join(repo.commonDir, 'belay'), { recursive: true, force: true });
      fs.writeFileSync(path.join(repo.commonDir, 'belay'), 'a file where Belay wants a folder');
      silent(hook('claude-code', bash(repo, 'PreToolUse', 'ls')));
      silent(hook('claude-code', write(repo, 'PostToolUse', 'a.txt')));
      silent(hook('claude-code', bash(repo, 'PreToolUse', 'ls'), { env: { PATH: '' } }));
      silent(
        hook('claude-code', bash(repo, 'PreToolUse', 'ls'), {
          env: { GIT_DIR: '/nowhere', GIT_INDEX_FILE: '/x' },
        }),
      );
    }),
  );

  it(
    'that leaks GIT_DIR: the repository is that of the payload’s folder',
    inRepo(async (repo) => {
      repo.write('a.txt', 'changed\n');
      const env = { GIT_DIR: '/nowhere', GIT_WORK_TREE: '/nowhere', GIT_INDEX_FILE: '/nowhere/index' };
      silent(hook('claude-code', bash(repo, 'PostToolUse', 'ls'), { env }));
      assert.equal((await log(repo)).length, 1);
    }),
  );

  it(
    'that closes the pipes, or never does, or ends the hook by a signal',
    inRepo(async (repo) => {
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const) {
        const { child, over } = startHook(undefined);
        // It waits for its payload, which never comes, once it handles the last of these: some of them any Node does.
        await waitUntil(() => (catches(child.pid, 'SIGQUIT') ? true : undefined));
        child.kill(signal);
        assert.deepEqual(await over, { code: 0, out: '', err: '', killedBy: null }, signal);
      }
      const waiting = startHook(undefined);
      waiting.child.stdin.write(JSON.stringify(bash(repo, 'PostToolUse', 'ls')).slice(0, 20));
      assert.deepEqual(await waiting.over, { code: 0, out: '', err: '', killedBy: null }, 'it gave up');
      silent(hook('claude-code', ''));
      repo.git('config', 'belay.protect.reset', 'refuse');
      const refused = startHook(bash(repo, 'PreToolUse', 'git reset --hard'));
      refused.child.stdout.destroy();
      const { code, err } = await refused.over;
      assert.deepEqual([code, err], [0, '']);
    }),
  );

  it(
    'that sends it megabytes',
    inRepo(async (repo) => {
      const content = 'a line of a large file\n'.repeat(250_000);
      const file = path.join(repo.folder, 'large.txt');
      fs.writeFileSync(file, content);
      const more = { tool_input: { file_path: file, content }, tool_response: { file } };
      silent(hook('claude-code', write(repo, 'PostToolUse', file, more)));
      const [latest] = await log(repo);
      assert.equal(
        repo.git('rev-parse', `${latest?.oid ?? ''}:large.txt`),
        repo.git('hash-object', 'large.txt'),
      );
    }),
  );

  it(
    'where Belay has been removed in part',
    inRepo(async (repo) => {
      repo.write('a.txt', 'changed\n');
      const alone = path.join(repo.base, 'hook.js');
      fs.copyFileSync(hookProgram, alone);
      const command = [process.execPath, alone, 'claude-code'];
      const ended = await startHook(bash(repo, 'PostToolUse', 'ls'), { command }).over;
      assert.deepEqual(ended, { code: 0, out: '', err: '', killedBy: null });
    }),
  );

  it(
    'where there is no git',
    inRepo(async (repo) => {
      await repo.checkpoint();
      repo.write('a.txt', 'written without git\n');
      const before = repo.fingerprint();
      const file = path.join(repo.folder, 'a.txt');
      silent(hook('claude-code', write(repo, 'PostToolUse', file), { env: { PATH: '/nowhere' } }));
      silent(hook('claude-code', bash(repo, 'PreToolUse', 'ls'), { env: { PATH: '/nowhere' } }));
      assert.equal(repo.fingerprint(), before);
      // Without git it cannot even be told which repository has the gap.
      silent(hook('claude-code', claude(repo, 'Stop')));
      const [latest] = await log(repo);
      assert.ok(latest);
      assert.deepEqual(repo.treeEntries(latest.oid), repo.diskEntries());
    }),
  );

  for (const [command, how] of [
    ['rev-parse', 'sleeps'],
    ['cat-file', 'sleeps'],
    ['hash-object', 'does not listen'],
    ['update-ref', 'sleeps'],
  ] as const) {
    it(
      `where git ${command} ${how} for ever: it gives up, and the next hook closes the gap`,
      inRepo(async (repo) => {
        await repo.checkpoint();
        repo.git('config', 'belay.hookTimeout', '4');
        const pids = path.join(repo.base, 'pids');
        const bin = path.dirname(
          repo.script(
            'git',
            [
              '#!/bin/sh',
              `case "$*" in *${command}*)`,
              `  echo $$ >> '${pids}'`,
              how === 'sleeps' ? '  exec sleep 600 ;;' : "  trap '' TERM; while :; do sleep 1; done ;;",
              'esac',
              'PATH="$REAL_PATH" exec git "$@"',
              '',
            ].join('\n'),
          ),
        );
        const real = process.env['PATH'] ?? '';
        const env = { PATH: `${bin}${path.delimiter}${real}`, REAL_PATH: real };
        repo.write('a.txt', 'an edit that git does not hear of\n');
        repo.write('seen-by-nobody.txt', 'changed meanwhile\n');
        const before = repo.fingerprint();
        const file = path.join(repo.folder, 'a.txt');
        silent(hook('claude-code', write(repo, 'PostToolUse', file), { env, limit: 30_000 }));
        assert.equal(repo.fingerprint(), before);
        const found = command === 'rev-parse' || gaps(repo).length === 1;
        assert.ok(found, 'the gap is recorded');
        const hung = fs.readFileSync(pids, 'utf8').trim().split('\n').map(Number);
        assert.ok(hung.length > 0);
        const left = await waitUntil(() => (hung.some(runs) ? undefined : 'none'));
        assert.equal(left, 'none', 'no git goes on behind the agent’s back');

        repo.write('folder/b.txt', 'the next edit\n');
        const next = path.join(repo.folder, 'folder', 'b.txt');
        silent(hook('claude-code', write(repo, 'PostToolUse', next)));
        const [latest] = await log(repo);
        assert.ok(latest);
        if (command !== 'rev-parse') {
          assert.deepEqual([latest.mode, gaps(repo)], ['whole', []]);
          assert.deepEqual(repo.treeEntries(latest.oid), repo.diskEntries());
        }
      }),
    );
  }

  it(
    'the hook that closes its gap puts down what its own session wrote all the same, also where another one saw it first',
    inRepo(async (repo) => {
      await repo.checkpoint();
      slowFile(repo, '1.5');
      silent(hook('claude-code', bash(repo, 'PostToolUse', 'ls')));
      assert.equal(gaps(repo).length, 1);
      quick(repo);
      repo.write('a.txt', 'an edit\n');
      await repo.checkpoint({ session: 'other' });
      repo.write('seen-by-nobody.txt', 'changed meanwhile\n');
      silent(hook('claude-code', write(repo, 'PostToolUse', path.join(repo.folder, 'a.txt'))));
      const own = (await log(repo)).filter(({ session }) => session === id);
      assert.ok(own.some(({ paths }) => paths.includes('a.txt')));
      assert.match(own[0]?.message ?? '', /closes a gap/);
    }),
  );

  it(
    'by taking long: it gives up, and the next hook closes the gap',
    inRepo(async (repo) => {
      await repo.checkpoint();
      slowFile(repo, '1.5');
      repo.write('seen-by-nobody.txt', 'changed meanwhile\n');
      silent(hook('claude-code', bash(repo, 'PostToolUse', 'ls')));
      assert.equal(gaps(repo).length, 1, 'it gave up');
      quick(repo);
      repo.write('a.txt', 'an edit\n');
      silent(hook('claude-code', write(repo, 'PostToolUse', path.join(repo.folder, 'a.txt'))));
      const [latest] = await log(repo);
      assert.ok(latest);
      assert.equal(latest.mode, 'whole');
      assert.match(latest.message, /closes a gap/);
      assert.equal(held(repo, latest.oid, 'seen-by-nobody.txt'), 'changed meanwhile\n');
      assert.deepEqual(gaps(repo), []);
    }),
  );

  it(
    'by taking long over what its agent did not name: what it named is covered, and the gap stays for the next hook',
    inRepo(async (repo) => {
      await repo.checkpoint();
      slowFile(repo, '2');
      repo.write('named.txt', 'named\n');
      const told = {
        tool_response: { bashEditDiff: { changedFiles: [path.join(repo.folder, 'named.txt')] } },
      };
      silent(hook('claude-code', bash(repo, 'PostToolUse', 'make', told)));
      const [latest] = await log(repo);
      assert.deepEqual(latest?.paths, ['named.txt']);
      assert.equal(gaps(repo).length, 1);
    }),
  );

  it(
    'killed by any signal at any moment: the configured command ends well, nothing is half done, and the next hook covers it',
    inRepo(async (repo) => {
      const random = seeded(1);
      const home = path.join(repo.base, 'home');
      fs.mkdirSync(path.join(home, '.belay'), { recursive: true });
      const pid = path.join(repo.base, 'pid');
      fs.writeFileSync(
        path.join(home, '.belay', 'hook'),
        `#!/bin/sh\necho $$ > '${pid}'\nexec '${process.execPath}' '${hookProgram}' "$@"\n`,
        { mode: 0o755 },
      );
      const command = ['sh', '-c', hookCommand('claude-code')];
      for (let round = 0; round < kills; round += 1) {
        repo.write(`file-${round % 5}.txt`, `round ${round}\n`);
        const payload =
          round % 2 === 0
            ? bash(repo, 'PostToolUse', 'make')
            : write(repo, 'PostToolUse', path.join(repo.folder, `file-${round % 5}.txt`));
        const signal = signals[round % signals.length] ?? 'SIGKILL';
        const before = repo.fingerprint();
        fs.rmSync(pid, { force: true });
        const { over } = startHook(payload, { command, env: { HOME: home } });
        await new Promise((resolve) => setTimeout(resolve, 30 + random.below(400)));
        if (fs.existsSync(pid)) {
          const text = fs.readFileSync(pid, 'utf8').trim();
          if (text !== '') {
            signalTo(Number(text), signal);
          }
        }
        const { code, out, err } = await over;
        assert.deepEqual([code, out], [0, ''], signal);
        // What the shell itself says of a program that was killed.
        assert.match(err, /^(?:[A-Z][A-Za-z0-9 ]+(?:\(core dumped\))?\s*)?$/, signal);
        assert.equal(repo.fingerprint(), before);
      }
      // On a slow machine each of them may have ended before it had taken a first checkpoint, which is one of everything.
      const whole = gaps(repo).length > 0 || (await log(repo)).length === 0;
      repo.write('file-1.txt', 'after all of them\n');
      silent(hook('claude-code', write(repo, 'PostToolUse', path.join(repo.folder, 'file-1.txt'))));
      assert.equal((await log(repo))[0]?.mode, whole ? 'whole' : 'paths');
      silent(hook('claude-code', claude(repo, 'Stop')));
      const [latest] = await log(repo);
      assert.ok(latest);
      assert.deepEqual(repo.treeEntries(latest.oid), repo.diskEntries());
      assert.deepEqual(gaps(repo), []);
      const { code, output } = repo.tryGit('fsck', '--no-dangling', '--connectivity-only');
      assert.equal(code, 0, output);
    }),
  );
});

const signals = [
  'SIGKILL',
  'SIGTERM',
  'SIGINT',
  'SIGSEGV',
  'SIGHUP',
  'SIGQUIT',
  'SIGABRT',
  'SIGALRM',
  'SIGUSR2',
] as const;

/** Whether a process has a handler for a signal, as the kernel tells it (proc(5), SigCgt). */
function catches(pid: number | undefined, signal: NodeJS.Signals): boolean {
  const mask =
    /^SigCgt:\s*([0-9a-f]+)$/m.exec(fs.readFileSync(`/proc/${pid ?? 0}/status`, 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
}

function runs(pid: number): boolean {
  return (
    fs.existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))
  );
}
