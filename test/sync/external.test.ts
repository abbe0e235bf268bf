import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { deleteBackup, listBackups, readBackup } from '../../src/backups/backups';
import type { Decision } from '../../src/decisions/decision';
import { readDecision } from '../../src/decisions/read';
import { Git } from '../../src/git/git';
import type { Worktree } from '../../src/git/worktree';
import { openGuard } from '../../src/leases/guard';
import { answerDecision } from '../../src/sync/answer';
import { noticeFallen } from '../../src/sync/external';
import { syncWorktree } from '../../src/sync/sync';
import { inRepo, referencesAsFiles, TestRepo } from '../support/repo';
import { Commits, lines } from './support';
import { asking, plainFetch } from './upstream';

/** The user commits this file. @returns the commit. */
function commit(repo: TestRepo, name: string, content = name): string {
  repo.write(name, content);
  repo.git('add', '--', name);
  repo.git('commit', '--quiet', '-m', name);
  return repo.git('rev-parse', 'HEAD');
}

/** The newest commits of what a decision's backups hold. */
async function tipsOf(worktree: Worktree, { backups }: Decision): Promise<string[]> {
  const tips: string[] = [];
  for (const ref of backups) {
    tips.push((await readBackup(worktree, ref)).tip);
  }
  return tips.sort();
}

async function cont(worktree: Worktree, decision: Decision): Promise<void> {
  await answerDecision(worktree, { option: 'continue', seen: decision.version, by: 'A person' }, asking);
}

/** Fails unless these were noticed: pinned, and asked about once, not again after the answer. */
async function noticed(repo: TestRepo, worktree: Worktree, tips: readonly string[]): Promise<Decision> {
  const decision = await noticeFallen(worktree);
  assert.ok(decision !== undefined, 'noticed');
  assert.equal(decision.case, 'external_reset');
  assert.deepEqual(await tipsOf(worktree, decision), [...tips].sort());
  assert.ok(tips.every((tip) => repo.isHeld(tip)));
  assert.ok(decision.backups.every((ref) => ref.startsWith(`refs/belay/backup/external/${worktree.key}/`)));
  assert.equal(await noticeFallen(worktree), undefined, 'once');
  await cont(worktree, decision);
  assert.equal(await noticeFallen(worktree), undefined, 'not again after the answer');
  return decision;
}

describe('a reset that somebody else made is noticed, its commits pinned, and asked about once', () => {
  for (const linked of [undefined, 'other']) {
    const where = linked === undefined ? 'the main worktree' : 'a linked worktree';
    it(
      `reset, forced branch, deleted branch, detached commits left: in ${where}`,
      inRepo(
        async (repo) => {
          repo.git('checkout', '--quiet', '-b', 'work');
          const worktree = await repo.worktree();
          await repo.checkpoint();
          const first = commit(repo, 'one');
          const second = commit(repo, 'two');
          repo.git('reset', '--quiet', '--hard', 'HEAD~2');
          const reset = await noticed(repo, worktree, [second]);
          assert.deepEqual([reset.dropped, reset.branch], [[second, first], 'refs/heads/work']);
          assert.match(reset.why, /^work lost 2 commits \(reset: moving to HEAD~2\)\.$/);

          repo.git('checkout', '--quiet', '-b', 'side');
          const third = commit(repo, 'three');
          repo.git('checkout', '--quiet', 'work');
          repo.git('branch', '--force', 'side', 'work');
          const forced = await noticed(repo, worktree, [third]);
          assert.equal(forced.branch, 'refs/heads/side');

          repo.git('checkout', '--quiet', 'side');
          const fourth = commit(repo, 'four');
          repo.git('checkout', '--quiet', 'work');
          assert.equal(await noticeFallen(worktree), undefined, 'held by side');
          repo.git('branch', '-D', 'side');
          const deleted = await noticed(repo, worktree, [fourth]);
          assert.match(deleted.why, /^side lost 1 commit \(the branch side was deleted\)\.$/);

          repo.git('checkout', '--quiet', '--detach');
          const fifth = commit(repo, 'five');
          assert.equal(await noticeFallen(worktree), undefined, 'HEAD is there');
          repo.git('checkout', '--quiet', 'work');
          await noticed(repo, worktree, [fifth]);

          const sixth = commit(repo, 'six');
          repo.git('update-ref', 'refs/heads/work', 'HEAD~1');
          repo.git('reset', '--quiet', '--hard');
          await noticed(repo, worktree, [sixth]);
        },
        linked === undefined ? {} : { linked },
      ),
    );
  }

  it(
    'not when commits were amended, rebased, squashed, moved by Belay, or are held elsewhere',
    inRepo(async (repo) => {
      repo.git('checkout', '--quiet', '-b', 'work');
      const worktree = await repo.worktree();
      await repo.checkpoint();
      const nothing = async (what: string): Promise<void> => {
        assert.equal(await noticeFallen(worktree), undefined, what);
      };
      commit(repo, 'one');
      await repo.checkpoint();
      repo.git('commit', '--quiet', '--amend', '-m', 'amended');
      await nothing('amended after a checkpoint');
      commit(repo, 'two');
      commit(repo, 'three');
      repo.git('commit', '--quiet', '--amend', '-m', 'amended');
      await nothing('amended again');
      repo.git('branch', 'onto', 'HEAD~3');
      repo.git('checkout', '--quiet', 'onto');
      commit(repo, 'onto');
      repo.git('checkout', '--quiet', 'work');
      repo.git('rebase', '--quiet', 'onto');
      await nothing('rebased');
      await repo.checkpoint();
      commit(repo, 'onto2');
      repo.git('branch', '--force', 'onto', 'HEAD');
      repo.git('checkout', '--quiet', '-b', 'topic', 'HEAD~2');
      commit(repo, 'topic');
      repo.git('branch', '--set-upstream-to=onto');
      repo.git('pull', '--quiet', '--rebase', '.', 'onto');
      await nothing('pulled with a rebase');
      repo.git('config', 'pull.rebase', 'true');
      repo.git('reset', '--quiet', '--hard', 'HEAD~1');
      const decision = await noticeFallen(worktree);
      assert.ok(decision);
      await cont(worktree, decision);
      commit(repo, 'pulled');
      const base = repo.git('rev-parse', 'HEAD');
      repo.git('checkout', '--quiet', 'onto');
      commit(repo, 'newer');
      repo.git('checkout', '--quiet', 'topic');
      repo.git('pull', '--quiet');
      assert.notEqual(repo.git('rev-parse', 'HEAD'), base);
      await nothing('pulled with pull.rebase');
      commit(repo, 'a');
      commit(repo, 'b');
      repo.git('reset', '--quiet', '--soft', 'HEAD~2');
      repo.git('commit', '--quiet', '-m', 'Squashed');
      await nothing('squashed');
      const pushed = commit(repo, 'pushed');
      repo.git('update-ref', 'refs/remotes/origin/topic', pushed);
      repo.git('reset', '--quiet', '--hard', 'HEAD~1');
      await nothing('pushed');
      commit(repo, 'tagged');
      repo.git('tag', 'kept');
      repo.git('reset', '--quiet', '--hard', 'HEAD~1');
      await nothing('tagged');
      commit(repo, 'branched');
      repo.git('branch', 'kept-branch');
      repo.git('reset', '--quiet', '--hard', 'HEAD~1');
      await nothing('on another branch');
      commit(repo, 'elsewhere');
      repo.git('worktree', 'add', '--quiet', '--detach', path.join(repo.base, 'second'));
      repo.git('reset', '--quiet', '--hard', 'HEAD~1');
      await nothing('HEAD of another worktree');
      repo.git('branch', '-m', 'renamed');
      await nothing('renamed');
      const commits = new Commits(repo);
      const start = repo.git('rev-parse', 'HEAD');
      commits.follow(commits.make([start], { x: 'x' }), commits.make([start], { y: 'y' }));
      assert.equal((await syncWorktree(worktree, plainFetch, asking)).case, 'diverged_rebased');
      for (const ref of lines(
        repo.git('for-each-ref', '--format=%(refname)', 'refs/belay/backup/sync-recovery'),
      )) {
        await deleteBackup(worktree, await openGuard(worktree, {}), await readBackup(worktree, ref));
      }
      await nothing('Belay itself');
    }),
  );

  it(
    'several at once in one question; more while it waits in the next one; not again when a backup is deleted',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      await repo.checkpoint();
      const one = commit(repo, 'one');
      repo.git('reset', '--quiet', '--hard', 'HEAD~1');
      const two = commit(repo, 'two');
      repo.git('reset', '--quiet', '--hard', 'HEAD~1');
      const first = await noticeFallen(worktree);
      assert.ok(first);
      assert.deepEqual(await tipsOf(worktree, first), [one, two].sort());
      const three = commit(repo, 'three');
      repo.git('reset', '--quiet', '--hard', 'HEAD~1');
      assert.equal(await noticeFallen(worktree), undefined, 'something else waits');
      assert.equal((await readDecision(worktree, 'main'))?.version, first.version);
      assert.ok(
        (await listBackups(worktree)).some(({ tip }) => tip === three),
        'pinned',
      );
      await cont(worktree, first);
      const second = await noticeFallen(worktree);
      assert.ok(second);
      assert.deepEqual(await tipsOf(worktree, second), [three]);
      await cont(worktree, second);
      for (const ref of [...first.backups, ...second.backups]) {
        await deleteBackup(worktree, await openGuard(worktree, {}), await readBackup(worktree, ref));
      }
      assert.equal(await noticeFallen(worktree), undefined, 'the person has let them go');
    }),
  );

  it(
    'not what fell before the first checkpoint, and without a log by the last checkpoint',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const yesterday = String(Math.floor(Date.now() / 1000) - 86_400);
      commit(repo, 'old');
      repo.git('reset', '--quiet', '--hard', 'HEAD~1');
      const log = path.join(repo.gitDir, 'logs', 'HEAD');
      const aged = (file: string): void => {
        fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/> \d+ /g, `> ${yesterday} `));
      };
      aged(log);
      aged(path.join(repo.gitDir, 'logs', 'refs', 'heads', 'main'));
      assert.equal(await noticeFallen(worktree), undefined, 'no checkpoint yet');
      await repo.checkpoint();
      assert.equal(await noticeFallen(worktree), undefined, 'of yesterday');
      repo.git('config', 'core.logAllRefUpdates', 'false');
      fs.rmSync(path.join(repo.gitDir, 'logs'), { recursive: true });
      const base = commit(repo, 'base');
      await repo.checkpoint();
      assert.equal(await noticeFallen(worktree), undefined);
      repo.git('reset', '--quiet', '--hard', 'HEAD~1');
      await noticed(repo, worktree, [base]);
    }, referencesAsFiles),
  );

  it('never fails for an unborn HEAD, a broken log, or objects that are gone', async () => {
    const repo = TestRepo.create({ ...referencesAsFiles, unborn: true });
    try {
      const worktree = await repo.worktree();
      assert.equal(await noticeFallen(worktree), undefined);
      repo.write('a', 'a');
      await repo.checkpoint();
      assert.equal(await noticeFallen(worktree), undefined);
      await assert.rejects(syncWorktree(worktree, plainFetch, asking), { reason: 'unborn_branch' });
      commit(repo, 'a');
      const gone = commit(repo, 'b');
      const below = repo.git('rev-parse', 'HEAD~1');
      repo.git('checkout', '--quiet', '--orphan', 'fresh');
      repo.git('commit', '--quiet', '-m', 'fresh');
      repo.git('branch', '-D', 'main');
      fs.appendFileSync(path.join(repo.gitDir, 'logs', 'HEAD'), 'nonsense\n\0\xff\n');
      // The tip is there, what it stands on is not.
      fs.rmSync(path.join(repo.gitDir, 'objects', below.slice(0, 2), below.slice(2)));
      assert.equal(await noticeFallen(worktree), undefined);
      fs.rmSync(path.join(repo.gitDir, 'objects', gone.slice(0, 2), gone.slice(2)));
      assert.equal(await noticeFallen(worktree), undefined);
      const last = commit(repo, 'c');
      repo.git('reset', '--quiet', '--hard', 'HEAD~1');
      await noticed(repo, worktree, [last]);
    } finally {
      repo.dispose();
    }
  });

  it(
    'costs a handful of git calls, however long the log is',
    inRepo(async (repo) => {
      await repo.checkpoint();
      const commits = new Commits(repo);
      const start = repo.git('rev-parse', 'HEAD');
      const tips = [1, 2, 3].map((at) => commits.make([start], { [`f${at}`]: 'f' }));
      const entries = Array.from({ length: 3_000 }, (_, at) => {
        const [from, to] = [tips[at % 3] ?? '', tips[(at + 1) % 3] ?? ''];
        return `${from} ${to} P <p@x> ${Math.floor(Date.now() / 1000)} +0000\treset: moving to ${to}\n`;
      });
      fs.appendFileSync(path.join(repo.gitDir, 'logs', 'HEAD'), entries.join(''));
      for (const [at, tip] of tips.entries()) {
        repo.git('branch', `b${at}`, tip);
      }
      const calls: string[] = [];
      const worktree = await repo.open(new Git({ onCommand: (line) => calls.push(line) }));
      calls.length = 0;
      const began = performance.now();
      assert.equal(await noticeFallen(worktree), undefined);
      console.log(`        ${calls.length} git calls, ${Math.round(performance.now() - began)} ms`);
      assert.ok(calls.length <= 6, calls.join('\n'));
    }, referencesAsFiles),
  );
});
