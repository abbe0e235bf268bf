import assert from 'node:assert/strict';
import * as v from 'valibot';
import { belay, json, type Ended } from '../support/cli';
import { inRepo, type TestRepo } from '../support/repo';
import { Commits } from '../sync/support';
import { Upstream } from '../sync/upstream';

const oid = v.pipe(v.string(), v.regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/));
const time = v.pipe(v.string(), v.isoTimestamp());
const backupName = v.pipe(v.string(), v.regex(/^refs\/belay\/backup\/[a-z-]+\/[^/]+\/\d+$/));
const dropped = v.strictObject({ oid, subject: v.string() });
const outcome = v.strictObject({
  worktree: v.string(),
  case: v.string(),
  hardReset: v.boolean(),
  from: v.nullable(oid),
  to: v.nullable(oid),
  backup: v.nullable(backupName),
  dropped: v.array(dropped),
  leftOut: v.array(v.strictObject({ commit: oid, subject: v.string(), backup: backupName })),
  moved: v.array(v.never()),
  checkpoint: v.nullable(oid),
  decision: v.nullable(v.string()),
  words: v.nullable(v.string()),
});
const failed = v.strictObject({
  worktree: v.string(),
  error: v.strictObject({ reason: v.string(), message: v.string() }),
});
const decision = v.strictObject({
  id: v.string(),
  worktree: v.string(),
  branch: v.nullable(v.string()),
  case: v.string(),
  status: v.picklist(['pending', 'answered']),
  from: oid,
  to: v.nullable(oid),
  pin: v.nullable(v.string()),
  backups: v.array(backupName),
  dropped: v.array(oid),
  droppedMore: v.number(),
  checkpoint: v.nullable(oid),
  sessions: v.array(v.string()),
  options: v.array(v.string()),
  created: time,
  answer: v.nullable(v.string()),
  answeredBy: v.nullable(v.string()),
  answeredAt: v.nullable(time),
  answeredOn: v.nullable(v.string()),
  vanished: v.null(),
  why: v.string(),
});
const backup = {
  ref: backupName,
  kind: v.string(),
  worktree: v.string(),
  time,
  tip: oid,
  number: v.number(),
  what: v.nullable(v.picklist(['branch', 'tag', 'stash', 'head', 'worktree'])),
  branch: v.nullable(v.string()),
  subjects: v.nullable(v.array(v.string())),
  command: v.nullable(v.string()),
  session: v.nullable(v.string()),
  agent: v.nullable(v.string()),
  lost: v.nullable(v.number()),
};
const commit = v.strictObject({ oid, subject: v.string(), author: v.string(), time });
const refusal = v.object({
  error: v.object({ reason: v.string(), message: v.string(), untouched: v.string(), next: v.string() }),
});

/** What it printed, with the exit code that goes with it. */
function rows(ended: Ended, code: number): v.InferOutput<typeof outcome>[] {
  assert.equal(ended.code, code, ended.err + ended.out);
  return v.parse(v.array(outcome), JSON.parse(ended.out));
}

function refused(ended: Ended, code: number): v.InferOutput<typeof refusal>['error'] {
  assert.equal(ended.code, code, ended.err + ended.out);
  assert.match(
    ended.err,
    /^belay: .+\n(?: {2}Done before that: .+\n)? {2}(?:Nothing was changed\.|Unchanged: |May have changed|Nothing is known).*\n {2}What to do: .+\n$/,
  );
  return v.parse(refusal, JSON.parse(ended.out)).error;
}

function conflict(repo: TestRepo, upstream: Upstream): void {
  upstream.commit({ 'a.txt': 'ours' });
  upstream.push({ 'a.txt': 'theirs' });
  repo.write('note.txt', 'not committed');
}

describe('the command line: sync, decisions, backups', () => {
  it(
    'sync: up to date, forward, ahead and rebased are settled',
    inRepo((repo) => {
      const upstream = Upstream.of(repo);
      const sync = (...more: string[]): Ended => belay(repo, ['sync', '--json', ...more]);
      assert.equal(rows(sync(), 0)[0]?.case, 'up_to_date');
      const tip = upstream.push({ 'new.txt': 'new' });
      const [forward] = rows(sync('--worktree', 'main'), 0);
      assert.equal(forward?.case, 'fast_forwarded');
      assert.deepEqual([forward.to, forward.hardReset, forward.decision], [tip, false, null]);
      upstream.commit({ 'own.txt': 'own' });
      assert.equal(rows(sync(), 0)[0]?.case, 'local_ahead');
      upstream.push({ 'other.txt': 'other' });
      const [rebased] = rows(sync('--all', '--timeout', '60'), 0);
      assert.equal(rebased?.case, 'diverged_rebased');
      assert.equal(rebased.to, repo.git('rev-parse', 'HEAD'));
      assert.ok(rebased.backup !== null && rebased.checkpoint !== null);
      return Promise.resolve();
    }),
  );

  it(
    'sync: what the upstream removed is left out and named; a deleted upstream ends with 1',
    inRepo((repo) => {
      const upstream = Upstream.of(repo);
      const base = repo.git('rev-parse', 'HEAD');
      const removed = upstream.push({ 'key.pem': 'SECRET' }, 'Adds a key');
      repo.git('pull', '--quiet', '--ff-only');
      repo.git('push', '--quiet', '--force', 'origin', `${base}:main`);
      const [row] = rows(belay(repo, ['sync', '--json']), 0);
      assert.deepEqual(row?.leftOut, [{ commit: removed, subject: 'Adds a key', backup: row?.backup }]);
      assert.equal(repo.git('rev-parse', 'HEAD'), base);

      repo.git('reset', '--quiet', '--keep', removed);
      const said = belay(repo, ['sync']);
      assert.equal(said.code, 0, said.err);
      assert.match(
        said.out,
        /^main {2}diverged rebased {2}\w{10} -> \w{10} {2}upstream removed 1 commit\n {2}left out: \w{10} Adds a key, which refs\/belay\/backup\/\S+ holds\n$/,
      );

      repo.git('--git-dir', upstream.bare, 'update-ref', '-d', 'refs/heads/main');
      const gone = belay(repo, ['sync']);
      assert.equal(gone.code, 1);
      assert.match(
        gone.out,
        /^main {2}upstream gone {2}What main follows is gone: there is no branch main of origin/,
      );
      return Promise.resolve();
    }),
  );

  it(
    'sync: a conflict asks or resets, exits with 1, and holds what comes after',
    inRepo((repo) => {
      const upstream = Upstream.of(repo);
      conflict(repo, upstream);
      const head = repo.git('rev-parse', 'HEAD');
      const [held] = rows(belay(repo, ['sync', '--json']), 1);
      assert.equal(held?.case, 'diverged_held');
      assert.deepEqual([held.from, held.hardReset], [head, false]);
      assert.deepEqual(held.dropped, [{ oid: head, subject: 'Local work' }]);
      assert.equal(repo.git('rev-parse', 'HEAD'), head);
      assert.equal(refused(belay(repo, ['sync', '--json']), 1).reason, 'decision_pending');

      const [waiting] = json(v.array(decision), belay(repo, ['decisions', '--json']));
      assert.deepEqual(
        [waiting?.id, waiting?.status, waiting?.case],
        [held.decision, 'pending', 'diverged_held'],
      );
      assert.deepEqual(waiting?.backups, [held.backup]);
      assert.deepEqual(waiting.options, ['keep_my_commits', 'reset_to_upstream', 'abort']);
      const shown = json(decision, belay(repo, ['decisions', 'show', waiting.id, '--json']));
      assert.deepEqual(shown, waiting);
      assert.match(belay(repo, ['decisions']).out, /^WAITS {4}/);
      for (const option of ['reset_to_upstream', 'keep_my_commits']) {
        const answer = refused(belay(repo, ['decisions', 'answer', waiting.id, option, '--json']), 1);
        assert.equal(answer.reason, 'answer_refused');
        assert.match(answer.next, /VS Code/);
      }
      assert.equal(
        refused(belay(repo, ['decisions', 'show', 'nothing', '--json']), 1).reason,
        'unknown_decision',
      );
      assert.deepEqual(json(v.array(decision), belay(repo, ['decisions', '--json'])), [waiting]);
      return Promise.resolve();
    }),
  );

  it(
    'sync: the reset by option and by setting; backups tell, branch, pick and delete what it dropped',
    inRepo((repo) => {
      const upstream = Upstream.of(repo);
      conflict(repo, upstream);
      const head = repo.git('rev-parse', 'HEAD');
      repo.git('config', 'belay.sync.onConflict', 'reset');
      assert.equal(
        rows(belay(repo, ['sync', '--json', '--on-conflict', 'ask']), 1)[0]?.case,
        'diverged_held',
      );
      repo.forgetQuestions();
      const [reset] = rows(belay(repo, ['sync', '--json']), 1);
      assert.equal(reset?.case, 'diverged_recovered_by_reset');
      assert.equal(reset.hardReset, true);
      assert.equal(repo.git('rev-parse', 'HEAD'), repo.git('rev-parse', 'origin/main'));
      const ref = reset.backup ?? '';

      const listed = json(v.array(v.strictObject(backup)), belay(repo, ['backups', '--json']));
      assert.ok(listed.some((one) => one.ref === ref && one.tip === head && one.kind === 'sync-recovery'));
      const contents = v.strictObject({ ...backup, onlyHere: v.array(commit), size: v.number() });
      const shown = json(contents, belay(repo, ['backups', 'show', ref, '--json']));
      assert.equal(shown.tip, head);
      const branched = json(
        v.strictObject({ branch: v.string(), commit: oid }),
        belay(repo, ['backups', 'branch', ref, 'rescue', '--json']),
      );
      assert.equal(branched.commit, head);
      assert.equal(repo.git('rev-parse', 'rescue'), head);
      assert.equal(
        refused(belay(repo, ['backups', 'pick', ref, head, '--json']), 1).reason,
        'decision_pending',
      );
      const deleted = refused(belay(repo, ['backups', 'delete', ref, '--yes', '--json']), 1);
      assert.equal(deleted.reason, 'decision_pending', 'what a decision names is kept while it waits');
      assert.equal(
        refused(belay(repo, ['backups', 'show', 'refs/heads/main', '--json']), 1).reason,
        'unknown_backup',
      );
      return Promise.resolve();
    }),
  );

  it(
    'backups delete: only with --yes, and says what goes; pick puts commits onto the branch',
    inRepo((repo) => {
      const upstream = Upstream.of(repo);
      const own = upstream.commit({ 'own.txt': 'own' });
      upstream.push({ 'other.txt': 'other' });
      const [rebased] = rows(belay(repo, ['sync', '--json']), 0);
      const ref = rebased?.backup ?? '';
      repo.git('reset', '--quiet', '--hard', 'origin/main');
      const asked = refused(belay(repo, ['backups', 'delete', ref, '--json']), 2);
      assert.equal(asked.reason, 'usage');
      assert.match(asked.message, /Local work/);
      const picked = json(
        v.strictObject({ branch: v.string(), from: oid, to: oid, checkpoint: oid }),
        belay(repo, ['backups', 'pick', ref, own, '--json']),
      );
      assert.equal(repo.git('rev-parse', 'HEAD'), picked.to);
      assert.equal(repo.read('own.txt').toString(), 'own');
      const gone = v.strictObject({ deleted: backupName, tip: oid });
      assert.equal(json(gone, belay(repo, ['backups', 'delete', ref, '--yes', '--json'])).tip, own);
      assert.equal(refused(belay(repo, ['backups', 'show', ref, '--json']), 1).reason, 'unknown_backup');
      return Promise.resolve();
    }),
  );

  it(
    'sync: several worktrees, of which one fails and the others go on; bad arguments; no upstream; a dead remote',
    inRepo((repo) => {
      const upstream = Upstream.of(repo);
      const linked = repo.link('second');
      linked.git('checkout', '--quiet', '-b', 'second', '--track', 'origin/main');
      const third = repo.link('third');
      third.git('checkout', '--quiet', '--orphan', 'unborn');
      const tip = upstream.push({ 'new.txt': 'new' });
      const ended = belay(repo, ['sync', '--all', '--json']);
      assert.equal(ended.code, 1, ended.err);
      const all = v.parse(v.array(v.union([outcome, failed])), JSON.parse(ended.out));
      assert.deepEqual(
        all.map((row) => [row.worktree, 'case' in row ? row.case : row.error.reason]),
        [
          ['main', 'fast_forwarded'],
          ['second', 'fast_forwarded'],
          ['third', 'unborn_branch'],
        ],
      );
      assert.equal(linked.git('rev-parse', 'HEAD'), tip);
      assert.equal(
        refused(belay(repo, ['sync', '--worktree', 'none', '--json']), 1).reason,
        'unknown_worktree',
      );
      assert.equal(
        refused(belay(repo, ['sync', '--json', '--all', '--worktree', 'main']), 2).reason,
        'usage',
      );
      for (const args of [
        ['--on-conflict', 'maybe'],
        ['--timeout', '-1'],
      ]) {
        const { code, err } = belay(repo, ['sync', '--json', ...args]);
        assert.equal(code, 2);
        assert.match(err, /is invalid\. It must be /);
      }
      repo.git('remote', 'set-url', 'origin', `${repo.base}/not-there.git`);
      const [away] = rows(belay(repo, ['sync', '--json']), 1);
      assert.equal(away?.case, 'not_fetched');
      repo.git('checkout', '--quiet', '-b', 'alone');
      assert.equal(rows(belay(repo, ['sync', '--json']), 1)[0]?.case, 'no_upstream');
      return Promise.resolve();
    }),
  );

  it(
    'checkpoint: notices the commits that a reset dropped, pins them and has a person asked, once',
    inRepo((repo) => {
      const commits = new Commits(repo);
      const save = (): Ended => belay(repo, ['checkpoint', '--session', 's1', '--agent', 'codex', '--json']);
      assert.equal(save().code, 0);
      const base = repo.git('rev-parse', 'HEAD');
      const work = commits.make([base], { 'work.txt': 'hours of it' }, 'Hours of work');
      repo.git('merge', '--quiet', '--ff-only', work);
      assert.equal(save().err, '');
      repo.git('reset', '--quiet', '--hard', base);
      const noticed = save();
      assert.equal(noticed.code, 0);
      assert.match(noticed.err, /^belay: warning: main lost 1 commit .* a person is asked in VS Code\.\n$/);
      const [waiting] = json(v.array(decision), belay(repo, ['decisions', '--json']));
      assert.ok(waiting !== undefined);
      assert.deepEqual([waiting.case, waiting.dropped], ['external_reset', [work]]);
      const [fallen] = json(v.array(v.strictObject(backup)), belay(repo, ['backups', '--json']));
      assert.deepEqual(
        [fallen?.ref, fallen?.tip, fallen?.what, fallen?.branch, fallen?.subjects, fallen?.lost],
        [waiting.backups[0], work, 'branch', 'main', ['Hours of work'], 1],
      );
      assert.deepEqual(
        [fallen?.command, fallen?.session, fallen?.agent],
        [null, null, null],
        'it was nobody',
      );
      assert.ok(repo.isHeld(work));
      repo.write('more.txt', 'more');
      assert.equal(save().err, '', 'it is said once');
      return Promise.resolve();
    }),
  );
});
