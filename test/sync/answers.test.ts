import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { takeCheckpoint } from '../../src/checkpoint/take';
import { deleteBackup, readBackup } from '../../src/backups/backups';
import { repair } from '../../src/doctor/diagnose';
import type { Decision, DecisionOption } from '../../src/decisions/decision';
import { decisionHistory, readDecision } from '../../src/decisions/read';
import { BelayError } from '../../src/errors';
import { Git, type GitCall, type GitOutput } from '../../src/git/git';
import type { Worktree } from '../../src/git/worktree';
import { openGuard } from '../../src/leases/guard';
import type { Lease } from '../../src/leases/lease';
import { restore } from '../../src/restore/restore';
import { leaseOfSession, startSession } from '../../src/sessions/lifecycle';
import { answerDecision } from '../../src/sync/answer';
import { syncWorktree } from '../../src/sync/sync';
import { aside, interrupted } from '../restore/interrupted';
import { bundled } from '../support/bundle';
import { entryText, inRepo, referencesAsFiles, type TestRepo } from '../support/repo';
import { startWorker } from './processes';
import { Commits, status, Watch } from './support';
import { asking, plainFetch, resetting } from './upstream';

const agent = { session: 'agent-1', agent: 'claude-code' } as const;

interface Asked {
  readonly worktree: Worktree;
  readonly decision: Decision;
  readonly lease: Lease;
  readonly watch: Watch;
  readonly ours: string;
  readonly theirs: string;
  readonly commits: Commits;
}

/** A conflict that a person is asked about, with an agent at work that holds its lease and is at step 2. */
async function asked(repo: TestRepo, setting: 'ask' | 'reset'): Promise<Asked> {
  const commits = new Commits(repo);
  const base = repo.git('rev-parse', 'HEAD');
  const [ours, theirs] = [
    commits.make([base], { 'a.txt': 'ours' }),
    commits.make([base], { 'a.txt': 'theirs' }),
  ];
  commits.follow(ours, theirs);
  const worktree = await repo.worktree();
  const lease = await startSession(worktree, agent.session, { owner: 'agent one', agent: agent.agent });
  for (const content of ['one', 'two']) {
    repo.write('work.txt', content);
    await takeCheckpoint(worktree, { ...agent, leases: [lease.token] });
  }
  const window = await startSession(worktree, 'window', { owner: 'A person', agent: 'editor' });
  await takeCheckpoint(worktree, {
    session: 'window',
    agent: 'editor',
    leases: [window.token],
    always: true,
  });
  const watch = new Watch(repo);
  const outcome = await syncWorktree(worktree, plainFetch, setting === 'ask' ? asking : resetting);
  const decision = await readDecision(worktree, worktree.key);
  assert.ok(decision?.status === 'pending' && decision.id === outcome.decision);
  assert.deepEqual(decision.sessions, [agent.session], 'the agent is held, the person is not');
  return { worktree, decision, lease, watch, ours, theirs, commits };
}

function answer(
  { worktree }: Pick<Asked, 'worktree'>,
  option: DecisionOption,
  decision: Decision,
): Promise<Decision> {
  return answerDecision(worktree, { option, seen: decision.version, by: 'A person' }, asking);
}

const all: readonly DecisionOption[] = ['continue', 'abort', 'reset_to_upstream', 'keep_my_commits'];

describe('a decision: what waits, and what an answer does', () => {
  it(
    'holds sync, restore and the agents; checkpoints go on; a person works on',
    inRepo(async (repo) => {
      const { worktree, decision, lease } = await asked(repo, 'ask');
      const [earlier] = (await decisionHistory(worktree, 'main')).slice(-1);
      assert.equal(earlier?.version, decision.version);
      const waits = { reason: 'decision_pending' };
      for (const request of [asking, resetting, { ...resetting, ...agent, leases: [lease.token] }]) {
        await assert.rejects(syncWorktree(worktree, plainFetch, request), waits);
      }
      await assert.rejects(startSession(worktree, 'agent-2', { owner: 'two', agent: 'codex' }), waits);
      await assert.rejects(
        startSession(worktree, agent.session, { owner: 'agent one', agent: agent.agent }),
        waits,
      );
      repo.write('work.txt', 'three');
      const { checkpoint } = await takeCheckpoint(worktree, { ...agent, leases: [lease.token] });
      assert.equal(checkpoint.step, 3);
      await assert.rejects(restore(worktree, checkpoint, { session: 'person', agent: 'editor' }), waits);
      await startSession(worktree, 'window-2', { owner: 'A person', agent: 'editor' });
      const backup = await readBackup(worktree, decision.backups[0] ?? '');
      await assert.rejects(deleteBackup(worktree, await openGuard(worktree, {}), backup), waits);
    }),
  );

  it(
    'is not answered while the reset that it is about is still being made; afterwards it is',
    inRepo(async (repo) => {
      const commits = new Commits(repo);
      const base = repo.git('rev-parse', 'HEAD');
      commits.follow(commits.make([base], { 'a.txt': 'ours' }), commits.make([base], { 'a.txt': 'theirs' }));
      const refused: unknown[] = [];
      const outside = await repo.open();
      /** git in the middle of whose work the person answers. */
      class Interrupted extends Git {
        override async run(call: GitCall): Promise<GitOutput> {
          if (call.args.includes('checkout-index') && refused.length === 0) {
            const decision = await readDecision(outside, 'main');
            assert.ok(decision?.status === 'pending', 'the question stands before the first file');
            for (const option of decision.options) {
              refused.push(
                await answer({ worktree: outside }, option, decision).catch((thrown: unknown) => thrown),
              );
            }
          }
          return super.run(call);
        }
      }
      const outcome = await syncWorktree(await repo.open(new Interrupted()), plainFetch, resetting);
      assert.equal(outcome.case, 'diverged_recovered_by_reset');
      assert.equal(refused.length, 3);
      for (const thrown of refused) {
        assert.ok(thrown instanceof BelayError, String(thrown));
        assert.equal(thrown.reason, 'answer_refused');
        assert.match(thrown.message, /^The reset is still being carried out, by person/);
      }
      const decision = await readDecision(outside, 'main');
      assert.ok(decision?.status === 'pending' && decision.id === outcome.decision);
      assert.equal((await answer({ worktree: outside }, 'continue', decision)).status, 'answered');
    }),
  );

  it(
    'is answered also when the folder of its worktree is gone, for the sessions of that worktree alone',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const elsewhere = await startSession(worktree, 'elsewhere', { owner: 'two', agent: 'codex' });
      await takeCheckpoint(worktree, { session: 'elsewhere', agent: 'codex', leases: [elsewhere.token] });
      const linked = repo.link('gone');
      const { lease, decision, ours } = await asked(linked, 'ask');
      repo.git('worktree', 'remove', '--force', linked.folder);
      const give = (option: DecisionOption, seen = decision.version): Promise<Decision> =>
        answerDecision(worktree, { option, seen, by: 'A person' }, asking, decision.worktree);
      await assert.rejects(give('reset_to_upstream'), { reason: 'answer_refused' });
      await assert.rejects(give('continue'), { reason: 'answer_refused' });
      await assert.rejects(give('abort', ours), { reason: 'answer_refused' });
      assert.equal((await readDecision(worktree, decision.worktree))?.status, 'pending');
      assert.equal((await give('abort')).answer, 'abort');
      assert.equal((await give('abort')).answer, 'abort');
      assert.equal((await leaseOfSession(worktree, agent.session))?.status, 'ended');
      assert.notEqual((await leaseOfSession(worktree, agent.session))?.token, lease.token);
      assert.equal((await leaseOfSession(worktree, 'elsewhere'))?.token, elsewhere.token);
      assert.equal(repo.git('rev-parse', 'work'), ours, 'the branch is where it was');
    }),
  );

  for (const setting of ['ask', 'reset'] as const) {
    it(
      `refuses what is not among its options, or not what was seen (${setting})`,
      inRepo(async (repo) => {
        const found = await asked(repo, setting);
        const { worktree, decision } = found;
        const before = repo.refs('belay');
        const refused = { reason: 'answer_refused' };
        for (const option of all.filter((one) => !decision.options.includes(one))) {
          await assert.rejects(answer(found, option, decision), refused);
        }
        const stale = { ...decision, version: before.get('refs/belay/shadow/main/current') ?? '' };
        await assert.rejects(answer(found, decision.options[0] ?? 'abort', stale), refused);
        const linked = await repo.open(undefined, repo.link('other').folder);
        await assert.rejects(
          answerDecision(linked, { option: 'abort', seen: decision.version, by: 'x' }, asking),
          {
            reason: 'unknown_decision',
          },
        );
        assert.deepEqual(repo.refs('belay'), before);
        assert.equal((await readDecision(worktree, 'main'))?.version, decision.version);
      }),
    );
  }

  it(
    'Continue: leases are given back in the same transaction, the session goes on counting under a new one',
    inRepo(async (repo) => {
      const found = await asked(repo, 'reset');
      const { worktree, decision, lease, watch } = found;
      const answered = await answer(found, 'continue', decision);
      assert.deepEqual(
        [answered.status, answered.answer, answered.answeredBy],
        ['answered', 'continue', 'A person'],
      );
      assert.equal((await leaseOfSession(worktree, agent.session))?.status, 'released');
      repo.write('work.txt', 'three');
      await assert.rejects(takeCheckpoint(worktree, { ...agent, leases: [lease.token] }), {
        reason: 'lease_lost',
      });
      const again = await startSession(worktree, agent.session, { owner: 'agent one', agent: agent.agent });
      assert.notEqual(again.token, lease.token);
      const { checkpoint } = await takeCheckpoint(worktree, { ...agent, leases: [again.token] });
      assert.equal(checkpoint.step, 3);
      assert.equal((await syncWorktree(worktree, plainFetch, asking)).case, 'up_to_date');
      watch.nothingLost(decision.checkpoint);
      // The same answer once more is harmless, another one is refused.
      const refs = repo.refs('belay');
      assert.equal((await answer(found, 'continue', decision)).version, answered.version);
      assert.equal((await answer(found, 'continue', answered)).version, answered.version);
      await assert.rejects(answer(found, 'abort', decision), { reason: 'answer_refused' });
      assert.deepEqual(repo.refs('belay'), refs);
    }),
  );

  for (const setting of ['ask', 'reset'] as const) {
    it(
      `Abort: the sessions are ended, what was given up meanwhile stays so (${setting})`,
      inRepo(async (repo) => {
        const found = await asked(repo, setting);
        const { worktree, decision, lease, ours, theirs } = found;
        await answer(found, 'abort', decision);
        assert.equal((await leaseOfSession(worktree, agent.session))?.status, 'ended');
        await assert.rejects(takeCheckpoint(worktree, { ...agent, leases: [lease.token] }), {
          reason: 'lease_lost',
        });
        await assert.rejects(takeCheckpoint(worktree, agent), { reason: 'lease_required' });
        assert.equal(repo.git('rev-parse', 'HEAD'), setting === 'ask' ? ours : theirs);
        found.watch.nothingLost(decision.checkpoint);
      }),
    );
  }

  it(
    'Keep: nothing is changed, and it is not asked again before the upstream has something new',
    inRepo(async (repo) => {
      const found = await asked(repo, 'ask');
      const { worktree, decision, theirs, commits } = found;
      await answer(found, 'keep_my_commits', decision);
      found.watch.untouched();
      assert.equal((await leaseOfSession(worktree, agent.session))?.token, found.lease.token);
      const backups = repo.git('for-each-ref', 'refs/belay/backup');
      for (const request of [asking, resetting]) {
        const outcome = await syncWorktree(worktree, plainFetch, request);
        assert.deepEqual(
          [outcome.case, outcome.decision, outcome.backup],
          ['diverged_held', undefined, undefined],
        );
      }
      assert.equal(repo.git('for-each-ref', 'refs/belay/backup'), backups);
      // Something else that was asked and answered since does not bring the question back.
      repo.write('gone.txt', 'g');
      repo.git('add', 'gone.txt');
      repo.git('commit', '--quiet', '-m', 'To be dropped');
      repo.git('reset', '--quiet', '--hard', 'HEAD~1');
      await assert.rejects(syncWorktree(worktree, plainFetch, asking), { reason: 'decision_pending' });
      const external = await readDecision(worktree, 'main');
      assert.ok(external?.case === 'external_reset');
      await answer(found, 'continue', external);
      assert.equal((await syncWorktree(worktree, plainFetch, asking)).decision, undefined);
      repo.git('update-ref', 'refs/heads/work-upstream', commits.make([theirs], { 'b.txt': 'newer' }));
      assert.notEqual((await syncWorktree(worktree, plainFetch, asking)).decision, undefined);
    }),
  );

  it(
    'Reset: what was committed and edited since is pinned and saved, too',
    inRepo(async (repo) => {
      const found = await asked(repo, 'ask');
      const { worktree, decision, theirs, ours } = found;
      repo.write('later.txt', 'later');
      repo.git('add', 'later.txt');
      repo.git('commit', '--quiet', '-m', 'Later');
      const later = repo.git('rev-parse', 'HEAD');
      repo.write('a.txt', 'edited since');
      const watch = new Watch(repo);
      const answered = await answer(found, 'reset_to_upstream', decision);
      assert.equal(repo.git('rev-parse', 'HEAD'), theirs);
      assert.deepEqual(status(repo), ['?? work.txt']);
      assert.deepEqual(
        answered.backups.map((ref) => repo.git('rev-parse', ref)),
        [ours, later],
      );
      assert.deepEqual(answered.dropped, [later, ours]);
      watch.nothingLost(answered.checkpoint);
      assert.equal((await leaseOfSession(worktree, agent.session))?.status, 'released');
      assert.equal((await answer(found, 'reset_to_upstream', decision)).version, answered.version);
      assert.equal((await syncWorktree(worktree, plainFetch, asking)).case, 'up_to_date');
    }),
  );

  it(
    'Reset: not once the worktree is on something else',
    inRepo(async (repo) => {
      const found = await asked(repo, 'ask');
      repo.git('checkout', '--quiet', '-b', 'elsewhere');
      const refs = repo.refs();
      await assert.rejects(answer(found, 'reset_to_upstream', found.decision), { reason: 'answer_refused' });
      assert.deepEqual(repo.refs(), refs);
    }),
  );

  it(
    'resets to upstream where a sync was killed before: what that had moved aside is ended first',
    inRepo(async (repo) => {
      const found = await asked(repo, 'ask');
      await interrupted(repo, true);
      await answer(found, 'reset_to_upstream', found.decision);
      assert.equal(repo.read('a.txt').toString(), 'theirs');
      assert.ok(!fs.existsSync(repo.at(aside)));
      assert.match(found.worktree.notices.take().join(), /a\.txt has its name back/);
    }),
  );

  it(
    'Reset: the question about it stands until it is done, for every reader',
    inRepo(async (repo) => {
      const found = await asked(repo, 'ask');
      await answer(found, 'reset_to_upstream', found.decision);
      const history = await decisionHistory(found.worktree, 'main');
      assert.deepEqual(
        history.map(({ status: state, case: what }) => `${state} ${what}`),
        [
          'answered diverged_recovered_by_reset',
          'pending diverged_recovered_by_reset',
          'pending diverged_held',
        ],
      );
    }),
  );

  it(
    'a reset that fails offers only to abort, and puts everything back',
    inRepo(async (repo) => {
      const commits = new Commits(repo);
      const base = repo.git('rev-parse', 'HEAD');
      const ours = commits.make([base], { 'a.txt': 'ours' });
      commits.follow(ours, commits.make([base], { 'a.txt': 'theirs', 'folder/b.txt': 'theirs', 'x/y': 'y' }));
      const worktree = await repo.worktree();
      repo.write('a.txt', 'edited');
      const watch = new Watch(repo);
      // A dead lock on the branch: files and index are done by the time it is met.
      const lock = `${repo.commonDir}/refs/heads/work.lock`;
      execFileSync('touch', [lock]);
      const failure: unknown = await syncWorktree(worktree, plainFetch, resetting).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      execFileSync('rm', [lock]);
      assert.ok(failure instanceof Error);
      const decision = await readDecision(worktree, 'main');
      if (decision === undefined) {
        // The question verifies the branch, so the lock kept it from being asked: nothing was started.
        assert.match(failure.message, /could not be written/);
        watch.untouched();
      }
      const failing = `#!/bin/sh
case " $* " in *" read-tree --reset "*) echo 'fatal: unable to write new index file: No space left on device' >&2; exit 128;; esac
exec '${repo.git('--exec-path')}/git' "$@"
`;
      const { Git } = await import('../../src/git/git');
      const broken = await repo.open(new Git({ binary: repo.script('git-full', failing) }));
      await assert.rejects(syncWorktree(broken, plainFetch, resetting), { reason: 'reset_failed' });
      watch.untouched();
      const failed = await readDecision(worktree, 'main');
      assert.deepEqual([failed?.case, failed?.options], ['reset_failed', ['abort']]);
      assert.ok(failed !== undefined);
      assert.match(failed.why, /No space left/);
      assert.equal(repo.git('rev-parse', failed.backups[0] ?? ''), ours);
      for (const option of ['continue', 'reset_to_upstream', 'keep_my_commits'] as const) {
        await assert.rejects(answer({ worktree }, option, failed), { reason: 'answer_refused' });
      }
      await answer({ worktree }, 'abort', failed);
      watch.untouched();
    }, referencesAsFiles),
  );

  it(
    'a reset whose process was killed in the middle is told as what it is, and cannot be gone on with',
    inRepo(async (repo) => {
      const commits = new Commits(repo);
      const base = repo.git('rev-parse', 'HEAD');
      const ours = commits.make([base], { 'a.txt': 'ours' });
      commits.follow(ours, commits.make([base], { 'a.txt': 'theirs' }));
      repo.write('a.txt', 'edited');
      const watch = new Watch(repo);
      const killing = repo.script(
        'git-kills',
        `#!/bin/sh
case " $* " in *" read-tree --reset "*) kill -9 $PPID; sleep 0.2; exit 1;; esac
exec '${repo.git('--exec-path')}/git' "$@"
`,
      );
      const worker = startWorker(bundled('test/sync/worker.ts'), {
        folder: repo.folder,
        git: killing,
        what: 'sync',
        how: 'reset',
      });
      worker.go();
      assert.equal(await worker.said, undefined, 'killed');
      const worktree = await repo.worktree();
      const left = await readDecision(worktree, 'main');
      assert.deepEqual([left?.status, left?.case], ['pending', 'diverged_recovered_by_reset']);
      assert.ok(left !== undefined);
      assert.equal(repo.git('rev-parse', 'HEAD'), ours);
      await assert.rejects(answer({ worktree }, 'continue', left), { reason: 'answer_refused' });
      const told = await readDecision(worktree, 'main');
      assert.deepEqual([told?.case, told?.options], ['reset_failed', ['abort']]);
      assert.ok(told !== undefined);
      assert.match(told.why, /interrupted: the branch was not moved/);
      assert.deepEqual(repo.treeEntries(told.checkpoint ?? '').get('a.txt'), entryText('100644', 'edited'));
      await answer({ worktree }, 'abort', told);
      // What it replaced is aside still, and goes back as a whole: the branch did not move.
      await repair(worktree);
      assert.equal(repo.read('a.txt').toString(), 'edited');
      fs.rmSync(`${repo.commonDir}/belay/tmp`, { recursive: true });
      watch.nothingLost(told.checkpoint);
    }),
  );
});
