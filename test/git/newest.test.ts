import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { listBackups } from '../../src/backups/backups';
import { diagnose, repair } from '../../src/doctor/diagnose';
import { readDecision } from '../../src/decisions/read';
import { ReferencesLocked } from '../../src/checkpoint/pending';
import { pinStates } from '../../src/fanout/pinState';
import { Git } from '../../src/git/git';
import { readHead, readOperation } from '../../src/git/head';
import { defaultNetworkLimits } from '../../src/network/networkOutcome';
import { Network } from '../../src/network/network';
import { restore, undoRestore } from '../../src/restore/restore';
import { noticeFallen } from '../../src/sync/external';
import { syncWorktree } from '../../src/sync/sync';
import { withNewestGit } from '../support/newestGit';
import { signalTo, start } from '../support/processes';
import { inRepo, testHome, type TestRepo } from '../support/repo';
import { asking, plainFetch, Upstream } from '../sync/upstream';

const tomorrow = { objectFormat: 'sha256', refFormat: 'reftable' } as const;
const person = { session: 'person', agent: 'editor' } as const;

/** By name and event. */
const hooks = [
  ['guard', 'reference-transaction'],
  ['a=b "c" d', 'reference-transaction'],
  ['index', 'post-index-change'],
  ['checkout', 'post-checkout'],
] as const;

/** The lock of all references, as a git that was killed leaves it. */
function lock(repo: TestRepo, ageMs: number): string {
  const file = path.join(repo.commonDir, 'reftable', 'tables.list.lock');
  fs.writeFileSync(file, '');
  const seconds = (Date.now() - ageMs) / 1000;
  fs.utimesSync(file, seconds, seconds);
  return file;
}

describe('the newest git, with reftable and SHA-256', () => {
  withNewestGit();

  it(
    'checkpoints are exact and touch nothing; a restore and its undo go through',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      assert.equal(await worktree.repository.refFormat(), 'reftable');
      assert.equal((await readHead(worktree)).branch, 'refs/heads/main');
      repo.write('a.txt', 'edited\n');
      repo.write('untracked.txt', 'untracked\n');
      const before = repo.fingerprint();
      const whole = await repo.checkpoint();
      assert.deepEqual(repo.treeEntries(whole.checkpoint.oid), repo.diskEntries());
      assert.equal(repo.fingerprint(), before);
      repo.write('a.txt', 'again\n');
      const paths = await repo.checkpoint({ paths: ['a.txt'] });
      assert.deepEqual(repo.treeEntries(paths.checkpoint.oid), repo.diskEntries());
      const now = repo.diskEntries();
      await restore(worktree, whole.checkpoint, { ...person, include: 'all' });
      assert.deepEqual(repo.diskEntries(), repo.treeEntries(whole.checkpoint.oid));
      await undoRestore(worktree, person);
      assert.deepEqual(repo.diskEntries(), now);
    }, tomorrow),
  );

  for (const linked of [undefined, 'there'] as const) {
    it(
      `a reset by others is noticed, and its commits held (${linked ?? 'main'})`,
      inRepo(
        async (repo) => {
          const worktree = await repo.worktree();
          repo.git('checkout', '--quiet', '-b', 'work');
          await repo.checkpoint();
          const tips = ['one', 'two'].map((message) => {
            repo.git('commit', '--quiet', '--allow-empty', '--message', message);
            return repo.git('rev-parse', 'HEAD');
          });
          // The first was the base of a checkpoint, the second of none; what came and went is in the log alone.
          repo.git('reset', '--quiet', '--hard', 'HEAD~2');
          await noticeFallen(worktree, { afterCheckpoint: true });
          const decision = await readDecision(worktree, worktree.key);
          assert.deepEqual([decision?.case, decision?.status], ['external_reset', 'pending']);
          const held = await listBackups(worktree);
          assert.ok(held.some(({ tip }) => tip === tips[1]));
        },
        { ...tomorrow, ...(linked === undefined ? {} : { linked }) },
      ),
    );
  }

  it(
    'a branch is fast-forwarded, rebased, and asked about where that conflicts',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      const worktree = await repo.worktree();
      const sync = async (): Promise<string> => (await syncWorktree(worktree, plainFetch, asking)).case;
      upstream.push({ 'new.txt': 'new\n' });
      assert.equal(await sync(), 'fast_forwarded');
      upstream.commit({ 'own.txt': 'own\n' });
      upstream.push({ 'new.txt': 'newer\n' });
      assert.equal(await sync(), 'diverged_rebased');
      upstream.commit({ 'a.txt': 'ours\n' });
      upstream.push({ 'a.txt': 'theirs\n' });
      assert.equal(await sync(), 'diverged_held');
    }, tomorrow),
  );

  for (const operation of ['cherry-pick', 'revert'] as const) {
    it(
      `a ${operation} under way is seen, from another worktree as well`,
      inRepo(
        async (linked) => {
          const [below, worktree] = [linked.git('rev-parse', 'HEAD'), await linked.worktree()];
          for (const text of ['one', 'two', 'three']) {
            linked.write('a.txt', text);
            linked.git('commit', '--quiet', '--all', `--message=${text}`);
          }
          assert.notEqual(linked.tryGit(operation, 'HEAD~1').code, 0);
          assert.equal(await readOperation(worktree), operation);
          const main = await linked.open(new Git(), path.dirname(linked.commonDir));
          assert.equal(await readOperation(main), undefined);
          const states = await pinStates(main, below);
          assert.deepEqual(
            states.map(({ worktree: key, operation: found }) => [key, found]),
            [
              ['main', undefined],
              ['there', operation],
            ],
          );
          linked.git(operation, '--abort');
          assert.equal(await readOperation(worktree), undefined);
        },
        { ...tomorrow, linked: 'there' },
      ),
    );
  }

  it(
    'a lock that is held for a while is waited for',
    inRepo(async (repo) => {
      await repo.checkpoint();
      repo.write('a.txt', 'edited\n');
      const file = lock(repo, 0);
      setTimeout(() => {
        fs.rmSync(file);
      }, 700);
      assert.equal((await repo.checkpoint()).created, true);
    }, tomorrow),
  );

  it(
    'a lock that was left behind is said, named by the doctor, and removed by it once nobody can have it',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      await repo.checkpoint();
      repo.write('a.txt', 'edited\n');
      const file = lock(repo, 60 * 60_000);
      const began = performance.now();
      const failure: unknown = await repo
        .checkpoint({ limits: { lockWait: 0 } })
        .catch((thrown: unknown) => thrown);
      assert.ok(failure instanceof ReferencesLocked, String(failure));
      const { pending = '' } = failure;
      assert.ok(fs.existsSync(path.join(repo.commonDir, 'belay', 'pending', 'main', pending)));
      console.log(`      refused after ${((performance.now() - began) / 1000).toFixed(1)} s`);
      const found = async (): Promise<string | undefined> =>
        (await diagnose(worktree)).find(({ kind, level }) => kind === 'dead_ref_lock' && level === 'problem')
          ?.fix;
      const holder = start(
        'sh',
        ['-c', 'exec 3>>"$1"; touch -d "1 hour ago" "$1"; echo; exec sleep 60', 'sh', file],
        { cwd: repo.base },
      );
      await new Promise((resolve) => holder.child.stdout?.once('data', resolve));
      assert.match((await found()) ?? '', /^Make sure that no git is running, then: rm /);
      assert.match((await repair(worktree)).join(' '), /Nothing else was fixed: every reference is locked/);
      assert.ok(fs.existsSync(file), 'somebody has it open');
      signalTo(holder.pid, 'SIGKILL');
      await holder.ended;
      fs.writeFileSync(file.replace(/\.lock$/, '~pid.lock'), `pid ${process.pid}\n`);
      assert.match((await found()) ?? '', /^Make sure that no git is running/, 'whom it names lives');
      fs.rmSync(file.replace(/\.lock$/, '~pid.lock'));
      assert.match((await found()) ?? '', /belay doctor --fix/);
      await repair(worktree);
      assert.equal(fs.existsSync(file), false);
      await repo.checkpoint();
      assert.ok(repo.isHeld(pending), 'what was pending has been folded in');
      assert.deepEqual(fs.readdirSync(path.join(repo.commonDir, 'belay', 'pending', 'main')), []);
    }, tomorrow),
  );

  for (const [where, scope] of [
    ['the repository', '--local'],
    ['the person', '--global'],
  ] as const) {
    it(
      `hooks that the configuration of ${where} names never run`,
      inRepo(async (repo) => {
        const mark = path.join(repo.base, 'mark');
        const configuration = path.join(testHome, 'gitconfig');
        const kept = fs.readFileSync(configuration);
        try {
          const upstream = Upstream.of(repo);
          upstream.push({ 'new.txt': 'new\n' });
          for (const [name, event] of hooks) {
            repo.git('config', scope, `hook.${name}.event`, event);
            const command = `cat > /dev/null; echo ${event} >> ${mark}; exit 1`;
            repo.git('config', scope, `hook.${name}.command`, command);
          }
          // As another process opens it.
          const worktree = await repo.open(new Git());
          // What git 2.54 knows alone.
          const variables = Object.values(worktree.git.withoutHooks());
          for (const [name] of hooks) {
            assert.ok(variables.includes(`hook.${name}.enabled`), name);
          }
          // One that comes later.
          repo.git('config', scope, 'hook.late.event', 'reference-transaction');
          repo.git('config', scope, 'hook.late.command', `cat > /dev/null; echo late >> ${mark}; exit 1`);
          repo.write('a.txt', 'edited\n');
          const { checkpoint } = await repo.checkpoint({}, worktree);
          repo.write('a.txt', 'again\n');
          await restore(worktree, checkpoint, { ...person, include: 'all' });
          repo.write('a.txt', 'first\n');
          const network = new Network({ limits: defaultNetworkLimits });
          assert.equal((await syncWorktree(worktree, network, asking)).case, 'fast_forwarded');
          assert.equal(fs.existsSync(mark) ? fs.readFileSync(mark, 'utf8') : '', '', 'none has run');
          assert.notEqual(repo.tryGit('branch', 'other').code, 0, 'with the own git they do');
          assert.ok(fs.existsSync(mark));
        } finally {
          fs.writeFileSync(configuration, kept);
        }
      }, tomorrow),
    );
  }
});
