import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { listBackups, newBackupRef } from '../../src/backups/backups';
import { decisionHistory, readDecision } from '../../src/decisions/read';
import { Git } from '../../src/git/git';
import { changeRefs, ownComparison } from '../../src/refs/transaction';
import { syncWorktree } from '../../src/sync/sync';
import { bundled } from '../support/bundle';
import { inRepo, referencesAsFiles, type TestRepo } from '../support/repo';
import { startWorker } from './processes';
import { Commits, lines, status, Watch } from './support';
import type { Files } from '../support/importing';
import { asking, plainFetch, resetting } from './upstream';

function diverge(repo: TestRepo, ours: Files, theirs: Files): { ours: string; theirs: string } {
  const commits = new Commits(repo);
  const base = repo.git('rev-parse', 'HEAD');
  const sides = {
    ours: Object.keys(ours).length === 0 ? base : commits.make([base], ours),
    theirs: commits.make([base], theirs),
  };
  // What an earlier round left is no concern of the next one's: somebody else's forced branch would be noticed.
  for (const oid of [...Object.values(sides), repo.git('rev-parse', 'HEAD')]) {
    repo.git('tag', '--force', `kept-${oid}`, oid);
  }
  commits.follow(sides.ours, sides.theirs);
  return sides;
}

/** Reads HEAD, the decision and the backups as fast as it can, and writes down what it has seen. */
const reader = `
const fs = require('fs');
const { execFileSync } = require('child_process');
const [gitDir, ours] = process.argv.slice(1);
const read = (file) => { try { return fs.readFileSync(gitDir + '/' + file, 'utf8').trim(); } catch { return ''; } };
const list = (folder) => { try { return fs.readdirSync(gitDir + '/' + folder); } catch { return []; } };
let looks = 0;
process.stdout.write('ready\\n');
process.on('SIGTERM', () => process.stdout.write(JSON.stringify({ looks, first, bad }) + '\\n', () => process.exit(0)));
let bad = 0;
let first = '';
const turn = () => {
  for (let i = 0; i < 200; i += 1) {
    const head = read('refs/heads/work');
    looks += 1;
    if (head === '' || head === ours) continue;
    // What is seen after the branch was seen reset must be there: it came before.
    const decision = read('refs/belay/decision/main');
    const backups = list('refs/belay/backup/sync-recovery/main').map((name) => read('refs/belay/backup/sync-recovery/main/' + name));
    if (decision === '' || !backups.includes(ours)) bad += 1;
    else first = first || decision;
  }
  setImmediate(turn);
};
turn();
`;

describe('sync: several at once', () => {
  let program = '';

  before(() => {
    program = bundled('test/sync/worker.ts');
  });

  for (const how of ['ask', 'reset'] as const) {
    it(
      `two processes in the same moment: a backup each, one decision (${how})`,
      inRepo(async (repo) => {
        const { ours, theirs } = diverge(repo, { 'a.txt': 'ours' }, { 'a.txt': 'theirs' });
        repo.write('a.txt', 'edited');
        const watch = new Watch(repo);
        // Both are past their first look before either asks: the first is held back at its checkpoint.
        const workers = [0, 1].map(() =>
          startWorker(program, { folder: repo.folder, git: slowAsking(repo), what: 'sync', how }),
        );
        await Promise.all(workers.map(({ ready }) => ready));
        workers.forEach((worker) => {
          worker.go();
        });
        const said = await Promise.all(workers.map((worker) => worker.said));
        const worktree = await repo.worktree();
        const won = said.filter((one) => one?.decision !== undefined);
        const lost = said.filter((one) => one?.reason !== undefined);
        assert.deepEqual(
          [won.length, lost.map((one) => one?.reason)],
          [1, ['decision_pending']],
          JSON.stringify(said),
        );
        assert.equal((await decisionHistory(worktree, 'main')).length, 1, 'one decision');
        const backups = await listBackups(worktree);
        assert.deepEqual(
          backups.map(({ tip }) => tip),
          [ours, ours],
          'a backup each',
        );
        assert.equal(repo.git('rev-parse', 'HEAD'), how === 'ask' ? ours : theirs);
        watch.nothingLost((await readDecision(worktree, 'main'))?.checkpoint);
      }),
    );
  }

  it(
    'backups of one moment have names of their own',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const to = repo.git('rev-parse', 'HEAD');
      const names = Array.from({ length: 50 }, () => newBackupRef('sync-recovery', 'main'));
      assert.equal(new Set(names).size, names.length);
      for (const ref of names) {
        assert.ok(
          (await changeRefs(worktree, 'pin_backup', ownComparison, [{ kind: 'create', ref, to }])).done,
        );
      }
      assert.equal((await listBackups(worktree)).length, names.length);
    }),
  );

  it(
    'a reader never sees a reset branch without its decision and its backup',
    inRepo(async (repo) => {
      let looks = 0;
      for (let round = 0; round < 2; round += 1) {
        const { ours } = diverge(
          repo,
          { 'a.txt': `ours ${round}` },
          { 'a.txt': `theirs ${round}`, [`n${round}`]: 'n' },
        );
        repo.forgetQuestions();
        const child = spawn(process.execPath, ['-e', reader, repo.commonDir, ours], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let output = '';
        const started = new Promise<void>((resolve) => {
          child.stdout.on('data', (chunk: Buffer) => {
            output += chunk.toString();
            resolve();
          });
        });
        const ended = new Promise((resolve) => child.once('close', resolve));
        await started;
        const outcome = await syncWorktree(await repo.worktree(), plainFetch, resetting);
        assert.equal(outcome.case, 'diverged_recovered_by_reset');
        child.kill('SIGTERM');
        await ended;
        const seen: unknown = JSON.parse(lines(output).at(-1) ?? '');
        assert.ok(
          typeof seen === 'object' && seen !== null && 'bad' in seen && 'looks' in seen && 'first' in seen,
        );
        assert.equal(seen.bad, 0);
        const text =
          typeof seen.first === 'string' && seen.first !== '' ? repo.git('cat-file', '-p', seen.first) : '';
        assert.match(text || 'Belay-Status: pending', /Belay-Status: pending/);
        looks += Number(seen.looks);
        await resetQuestion(repo);
      }
      console.log(`        ${looks} looks`);
    }, referencesAsFiles),
  );

  for (const kind of ['keep', 'reset'] as const) {
    it(
      `an agent that writes all the time loses nothing that it wrote (${kind})`,
      inRepo(async (repo) => {
        const tallies = new Map<string, number>();
        for (let round = 0; round < 6; round += 1) {
          const files = Object.fromEntries(
            Array.from({ length: 30 }, (_, at) => [`f${at}`, `theirs ${round}`]),
          );
          const { ours, theirs } = diverge(repo, kind === 'keep' ? {} : { 'a.txt': `ours ${round}` }, {
            ...files,
            'a.txt': `theirs ${round}`,
          });
          repo.forgetQuestions();
          // It writes f5 at some moment of the move, and says when it has: nothing may be there instead afterwards.
          const delay = round * 60;
          const agent = spawn(
            '/bin/sh',
            ['-c', `sleep ${(0.08 + delay / 1000).toFixed(3)}; echo "agent ${round}" > f5`],
            {
              cwd: repo.folder,
            },
          );
          const ended = new Promise((resolve) => agent.once('close', resolve));
          const ending = await syncWorktree(
            await repo.worktree(),
            plainFetch,
            kind === 'keep' ? asking : resetting,
          ).then(
            (outcome) => outcome.case,
            (thrown: unknown) =>
              thrown instanceof Error && 'reason' in thrown ? String(thrown.reason) : String(thrown),
          );
          await ended;
          tallies.set(ending, (tallies.get(ending) ?? 0) + 1);
          const onDisk = repo.read('f5').toString();
          if (onDisk !== `agent ${round}\n`) {
            assert.equal(onDisk, `theirs ${round}`);
            const found = await listHeld(repo, `agent ${round}\n`);
            assert.ok(found, `round ${round}: what the agent wrote is in a checkpoint`);
          }
          assert.ok([ours, theirs].includes(repo.git('rev-parse', 'HEAD')));
          await resetQuestion(repo);
          repo.remove('f5');
          repo.git('reset', '--quiet', '--hard');
        }
        console.log(`        ${[...tallies].map(([what, count]) => `${what} ${count}`).join(', ')}`);
      }),
    );
  }

  it(
    'what somebody stages, or commits, in the middle is not lost',
    inRepo(async (repo) => {
      const real = path.join(repo.git('--exec-path'), 'git');
      const between = (when: string, what: string): Git =>
        new Git({
          binary: repo.script(
            `git-${when.replaceAll(/\W/g, '')}`,
            `#!/bin/sh\ncase " $* " in *" ${when} "*) test -e '${repo.base}/once' || { : > '${repo.base}/once'; (cd '${repo.folder}' && unset GIT_INDEX_FILE && ${what}) >/dev/null 2>&1; };; esac\nexec '${real}' "$@"\n`,
          ),
        });
      const start = repo.git('rev-parse', 'HEAD');
      for (const [when, what, reason] of [
        ['checkout-index', 'echo mid > mid.txt; git add mid.txt; echo later > mid.txt', 'branch_moved'],
        ['update-index -q', 'echo mid > mid.txt; git add mid.txt; echo later > mid.txt', 'branch_moved'],
        ['checkout-index', 'git commit --allow-empty -m Mid', 'branch_moved'],
        ['update-index -q', 'git commit --allow-empty -m Mid', 'branch_moved'],
        ['checkout-index', 'git checkout -b mid-branch', 'branch_moved'],
      ] as const) {
        for (const request of [asking, resetting]) {
          repo.git('checkout', '--quiet', '--force', '--detach', start);
          repo.tryGit('branch', '-D', 'mid-branch');
          repo.remove('mid.txt');
          repo.forgetQuestions();
          fs.rmSync(path.join(repo.base, 'once'), { force: true });
          const ours = request === asking ? {} : { 'a.txt': 'ours' };
          const { theirs } = diverge(repo, ours, { 'a.txt': 'theirs', 'n.txt': 'n' });
          const files = repo.diskEntries();
          const worktree = await repo.open(between(when, what));
          await assert.rejects(syncWorktree(worktree, plainFetch, request), (thrown: unknown) => {
            assert.ok(thrown instanceof Error && 'reason' in thrown);
            assert.equal(
              thrown.reason,
              request === asking ? reason : 'reset_failed',
              `${when}, ${what}: ${thrown.message}`,
            );
            return true;
          });
          assert.notEqual(repo.git('rev-parse', 'work'), theirs);
          files.delete('mid.txt');
          const now = repo.diskEntries();
          now.delete('mid.txt');
          assert.deepEqual(now, files, `${when}, ${what}`);
          if (what.includes('add mid')) {
            assert.deepEqual(status(repo), ['AM mid.txt']);
          } else {
            assert.deepEqual(status(repo), []);
          }
          await resetQuestion(repo);
        }
      }
    }),
  );

  it(
    'a lock on the branch, on the index, or a backup that cannot be made: untouched, and said so',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const start = repo.git('rev-parse', 'HEAD');
      const inTheWay = (file: string): (() => void) => {
        fs.mkdirSync(path.dirname(path.join(repo.commonDir, file)), { recursive: true });
        fs.writeFileSync(path.join(repo.commonDir, file), file.endsWith('.lock') ? '' : `${start}\n`);
        return () => {
          fs.rmSync(path.join(repo.commonDir, file));
        };
      };
      const cases: readonly (readonly [string, 'forward' | 'rebase' | 'ask' | 'reset', string])[] = [
        ['refs/heads/work.lock', 'forward', 'publish_failed'],
        ['refs/heads/work.lock', 'reset', 'backup_failed'],
        ['index.lock', 'forward', 'publish_failed'],
        ['index.lock', 'reset', 'publish_failed'],
        ['refs/belay/backup/sync-recovery', 'rebase', 'backup_failed'],
        ['refs/belay/backup/sync-recovery', 'reset', 'backup_failed'],
        ['refs/belay/decision/main.lock', 'reset', 'backup_failed'],
      ];
      for (const [file, what, reason] of cases) {
        repo.git('checkout', '--quiet', '--force', '--detach', start);
        repo.forgetQuestions();
        fs.rmSync(path.join(repo.commonDir, 'refs/belay/backup'), { recursive: true, force: true });
        const ours = {
          forward: {},
          rebase: { 'o.txt': 'o' },
          ask: { 'a.txt': 'o' },
          reset: { 'a.txt': 'o' },
        }[what];
        diverge(repo, ours, { 'a.txt': 'theirs', 'n.txt': 'n' });
        repo.write('untracked.txt', 'mine');
        const watch = new Watch(repo);
        const free = inTheWay(file);
        try {
          await assert.rejects(
            syncWorktree(worktree, plainFetch, what === 'reset' ? resetting : asking),
            (thrown: unknown) => {
              assert.ok(thrown instanceof Error && 'reason' in thrown);
              assert.equal(thrown.reason, reason, `${file}, ${what}: ${thrown.message}`);
              return true;
            },
          );
        } finally {
          free();
        }
        watch.untouched();
      }
    }, referencesAsFiles),
  );
});

/** As a fresh repository would be: what waits is taken away by hand, and what fell is on a branch. */
async function resetQuestion(repo: TestRepo): Promise<void> {
  repo.git('tag', '--force', `kept-${repo.git('rev-parse', 'HEAD')}`);
  repo.forgetQuestions();
  await Promise.resolve();
}

/** Whether a checkpoint holds this content. */
function listHeld(repo: TestRepo, content: string): Promise<boolean> {
  const oid = execFileSync('git', ['hash-object', '--stdin'], {
    cwd: repo.folder,
    input: content,
    encoding: 'utf8',
  }).trim();
  return Promise.resolve(repo.git('rev-list', '--objects', '--glob=refs/belay/*').includes(oid));
}

/** A git that takes its time with transactions that ask, so that two that began together both come to ask. */
function slowAsking(repo: TestRepo): string {
  const real = path.join(repo.git('--exec-path'), 'git');
  return repo.script(
    `git-${randomUUID()}`,
    `#!/bin/sh\ncase " $* " in *" merge-tree "*) : > '${repo.base}/at.'$$; while test "$(ls '${repo.base}' | grep -c '^at\\.')" -lt 2; do sleep 0.02; done;; esac\nexec '${real}' "$@"\n`,
  );
}
