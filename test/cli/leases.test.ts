import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { belay, json, type Ended } from '../support/cli';
import { inRepo, referencesAsFiles } from '../support/repo';

const token = v.pipe(v.string(), v.regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/));
const time = v.pipe(v.string(), v.isoTimestamp());
const claimed = v.strictObject({ resource: v.string(), owner: v.string(), token, acquired: time });
const started = v.strictObject({
  session: v.string(),
  agent: v.string(),
  ...claimed.entries,
  resumed: v.boolean(),
});
const lease = v.strictObject({
  resource: v.string(),
  owner: v.string(),
  agent: v.nullable(v.string()),
  status: v.picklist(['held', 'released', 'ended']),
  acquired: time,
  changed: time,
  worktree: v.nullable(v.string()),
  takenFrom: v.nullable(v.string()),
  endedBy: v.nullable(v.string()),
  state: v.optional(v.picklist(['alive', 'silent', 'lost', 'ended'])),
  because: v.optional(v.string()),
});
const checked = v.strictObject({
  resource: v.string(),
  held: v.boolean(),
  current: v.nullable(v.literal(true)),
  owner: v.nullable(v.string()),
  acquired: v.nullable(time),
  state: v.nullable(v.string()),
  because: v.nullable(v.string()),
});
const session = v.strictObject({
  session: v.string(),
  agent: v.string(),
  steps: v.number(),
  live: v.boolean(),
  state: v.picklist(['alive', 'silent', 'lost', 'ended']),
  because: v.string(),
  checkpoint: v.nullable(v.string()),
  time: v.nullable(time),
  worktree: v.nullable(v.string()),
  lease: v.nullable(lease),
  stale: v.array(v.object({ checkpoint: v.string(), session: v.string() })),
});
const refused = v.strictObject({
  error: v.strictObject({
    reason: v.string(),
    message: v.string(),
    done: v.nullable(v.string()),
    changed: v.array(
      v.strictObject({
        kind: v.string(),
        name: v.string(),
        from: v.optional(v.nullable(v.string())),
        to: v.optional(v.nullable(v.string())),
      }),
    ),
    moved: v.array(v.never()),
    untouched: v.string(),
    next: v.string(),
    resource: v.string(),
    owner: v.nullable(v.string()),
    since: v.nullable(time),
    kept: v.nullable(v.strictObject({ ref: v.string(), checkpoint: v.string() })),
  }),
});

/** What a refusal says in JSON, which must also stand in its words. */
function refusalOf(ended: Ended, code: number, reason: string): v.InferOutput<typeof refused>['error'] {
  assert.equal(ended.code, code, ended.err);
  const { error } = v.parse(refused, JSON.parse(ended.out));
  assert.equal(error.reason, reason);
  assert.ok(ended.err.includes(error.message) && ended.err.includes(error.next));
  return error;
}

describe('leases on the command line', () => {
  it(
    'claims, renews, checks, lists, hands over and releases, as the contract says',
    inRepo((repo) => {
      const first = json(
        claimed,
        belay(repo, ['lease', 'claim', 'session/s1', '--owner', 'codex', '--json']),
      );
      assert.deepEqual([first.resource, first.owner], ['session/s1', 'codex']);
      assert.equal(repo.git('rev-parse', 'refs/belay/lease/session/s1'), first.token);
      const again = json(
        claimed,
        belay(repo, ['lease', 'claim', 'session/s1', '--owner', 'codex', '--json']),
      );
      assert.notEqual(again.token, first.token, 'every claim rotates the token');

      const held = refusalOf(
        belay(repo, ['lease', 'claim', 'session/s1', '--owner', 'gemini', '--json']),
        1,
        'lease_held',
      );
      assert.deepEqual([held.owner, held.since, held.kept], ['codex', again.acquired, null]);

      const renew = (given: string): Ended =>
        belay(repo, ['lease', 'renew', 'session/s1', '--lease', given, '--json']);
      assert.equal(json(claimed, renew(again.token)).token, again.token);
      assert.equal(refusalOf(renew(first.token), 1, 'lease_lost').owner, 'codex');

      const refs = repo.git('for-each-ref');
      const check = json(checked, belay(repo, ['lease', 'check', 'session/s1', '--json']));
      assert.deepEqual([check.held, check.current, check.owner, check.state], [true, null, 'codex', 'alive']);
      assert.equal(
        json(checked, belay(repo, ['lease', 'check', 'session/s1', '--json', '--lease', again.token]))
          .current,
        true,
      );
      refusalOf(
        belay(repo, ['lease', 'check', 'session/s1', '--json', '--lease', first.token]),
        1,
        'lease_lost',
      );
      assert.equal(json(checked, belay(repo, ['lease', 'check', 'session/nobody', '--json'])).held, false);
      const [listed] = json(v.array(lease), belay(repo, ['lease', 'list', '--json']));
      assert.deepEqual([listed?.owner, listed?.status, listed?.state], ['codex', 'held', 'alive']);
      assert.equal(belay(repo, ['lease', 'list']).out.includes(again.token), false, 'the token is no news');
      assert.equal(repo.git('for-each-ref'), refs, 'looking changes nothing');

      const over = json(
        claimed,
        belay(repo, ['lease', 'claim', 'session/s1', '--owner', 'gemini', '--take-over', '--json']),
      );
      const release = (given: string): Ended =>
        belay(repo, ['lease', 'release', 'session/s1', '--lease', given, '--json']);
      assert.equal(refusalOf(release(again.token), 1, 'lease_lost').owner, 'gemini');
      assert.equal(json(lease, release(over.token)).status, 'released');
      refusalOf(release(over.token), 1, 'lease_lost');
      const history = json(v.array(lease), belay(repo, ['lease', 'history', 'session/s1', '--json']));
      assert.deepEqual(
        history.map(({ owner, status, takenFrom }) => [owner, status, takenFrom]),
        [
          ['gemini', 'released', 'codex'],
          ['gemini', 'held', 'codex'],
          ['codex', 'held', null],
          ['codex', 'held', null],
        ],
      );
    }),
  );

  it(
    'a leased session is written for with its token only, by option or environment',
    inRepo((repo) => {
      const start = ['session', 'start', '--session', 's1', '--agent', 'claude-code', '--json'];
      const first = json(started, belay(repo, start));
      assert.deepEqual([first.resumed, first.owner], [false, 'claude-code']);
      const take = (env: NodeJS.ProcessEnv, ...more: string[]): Ended =>
        belay(repo, ['checkpoint', '--session', 's1', '--agent', 'claude-code', '--json', ...more], { env });

      repo.write('a.txt', 'without a token');
      const missing = refusalOf(take({}), 1, 'lease_required');
      assert.equal(missing.owner, 'claude-code');
      assert.equal(repo.git('show', `${missing.kept?.checkpoint ?? ''}:a.txt`), 'without a token');
      assert.equal(repo.refs('belay').has('refs/belay/session/s1'), false);

      assert.equal(take({}, '--lease', first.token).code, 0);
      repo.write('a.txt', 'with the environment’s');
      assert.equal(take({ BELAY_LEASE: first.token }).code, 0);
      repo.write('a.txt', 'the option counts before the environment');
      assert.equal(take({ BELAY_LEASE: 'f'.repeat(40) }, '--lease', first.token).code, 0);

      const second = json(started, belay(repo, start));
      assert.equal(second.resumed, true);
      repo.write('a.txt', 'too late');
      const shadow = repo.git('rev-parse', 'refs/belay/shadow/main/current');
      const lost = refusalOf(take({ BELAY_LEASE: first.token }), 1, 'lease_lost');
      assert.equal(lost.kept?.ref, 'refs/belay/overflow/main/stale-s1');
      assert.equal(repo.git('show', `${lost.kept.checkpoint}:a.txt`), 'too late');
      assert.equal(repo.git('rev-parse', 'refs/belay/shadow/main/current'), shadow);
      assert.equal(take({ BELAY_LEASE: second.token }).code, 0);

      const [row] = json(v.array(session), belay(repo, ['session', 'list', '--json']));
      assert.deepEqual(
        [row?.session, row?.steps, row?.live, row?.state, row?.lease?.owner, row?.stale.length],
        ['s1', 4, true, 'alive', 'claude-code', 2],
      );
      assert.deepEqual(
        json(v.array(session), belay(repo, ['sessions', '--json'])).map((entry) => entry.session),
        ['s1'],
      );

      refusalOf(belay(repo, ['session', 'end', 's1', '--json']), 1, 'lease_required');
      refusalOf(belay(repo, ['session', 'end', 's1', '--json', '--lease', first.token]), 1, 'lease_lost');
      assert.equal(belay(repo, ['session', 'end', 's1', '--lease', second.token]).code, 0);
      repo.write('a.txt', 'after the end');
      refusalOf(take({ BELAY_LEASE: second.token }), 1, 'lease_lost');
      refusalOf(take({}), 1, 'lease_required');
      assert.equal(json(v.array(session), belay(repo, ['session', 'list', '--json']))[0]?.state, 'ended');
      assert.equal(json(started, belay(repo, start)).resumed, true);
    }),
  );

  it(
    'every writing command takes a token, and refuses one that counts no more',
    inRepo((repo) => {
      repo.write('a.txt', 'good');
      const target = json(
        v.object({ checkpoint: v.string() }),
        belay(repo, ['checkpoint', '--session', 's0', '--agent', 'x', '--json']),
      ).checkpoint;
      repo.write('a.txt', 'bad');
      belay(repo, ['checkpoint', '--session', 's0', '--agent', 'x']);
      const claim = ['lease', 'claim', 'session/s1', '--owner', 'codex', '--agent', 'codex', '--json'];
      const old = json(claimed, belay(repo, claim)).token;
      const current = json(claimed, belay(repo, claim)).token;
      const commands = [
        ['restore', target],
        ['undo-restore'],
        ['branch', target, 'rescued'],
        ['checkpoint', '--session', 's1', '--agent', 'codex'],
      ];
      for (const command of commands) {
        const before = repo.fingerprint();
        const { reason } = v.parse(
          v.object({ error: v.object({ reason: v.string() }) }),
          JSON.parse(belay(repo, [...command, '--json', '--lease', old]).out),
        ).error;
        assert.equal(reason, 'lease_lost', command[0]);
        assert.equal(repo.fingerprint(), before, command[0]);
        assert.equal(belay(repo, [...command, '--lease', current]).code, 0, command[0]);
      }
      assert.equal(
        repo
          .git('log', '-1', '--format=%(trailers:key=Belay-Session,valueonly)', 'refs/belay/session/s1')
          .trim(),
        's1',
        'a restore under a session’s token is that session’s',
      );
      for (const command of ['checkpoint', 'restore', 'undo-restore', 'branch', 'doctor']) {
        assert.match(belay(repo, [command, '--help']).out, /--lease/);
      }
    }),
  );

  it(
    'a lease that cannot be read is not a lost one',
    inRepo((repo) => {
      const { token: given } = json(
        claimed,
        belay(repo, ['lease', 'claim', 'session/s1', '--owner', 'codex', '--json']),
      );
      fs.writeFileSync(path.join(repo.commonDir, 'refs/belay/lease/session/s1'), 'garbage\n');
      repo.write('a.txt', 'kept all the same');
      for (const more of [['--lease', given], []]) {
        const error = refusalOf(
          belay(repo, ['checkpoint', '--session', 's1', '--agent', 'codex', '--json', ...more]),
          3,
          'lease_unreadable',
        );
        assert.equal(repo.git('show', `${error.kept?.checkpoint ?? ''}:a.txt`), 'kept all the same');
      }
      for (const command of [
        ['claim', 'session/s1', '--owner', 'gemini', '--take-over'],
        ['check', 'session/s1'],
        ['renew', 'session/s1', '--lease', given],
        ['release', 'session/s1', '--lease', given],
      ]) {
        refusalOf(belay(repo, ['lease', ...command, '--json']), 3, 'lease_unreadable');
      }
      assert.match(belay(repo, ['doctor']).out, /PROBLEM .*refs\/belay\/lease\/session\/s1/);
    }, referencesAsFiles),
  );

  it(
    'names the live session that last wrote each changed file',
    inRepo((repo) => {
      const take = (id: string): Ended => belay(repo, ['checkpoint', '--session', id, '--agent', id]);
      repo.write('a.txt', 'by one');
      take('one');
      repo.write('folder/b.txt', 'by two');
      take('two');
      const owners = v.array(v.object({ path: v.string(), session: v.string(), state: v.string() }));
      const said = json(owners, belay(repo, ['owners', '--json']));
      assert.deepEqual(
        said.map((owner) => [owner.path, owner.session, owner.state]),
        [
          ['a.txt', 'one', 'alive'],
          ['folder/b.txt', 'two', 'alive'],
        ],
      );
      assert.match(belay(repo, ['owners']).out, /a\.txt {2}one one \(alive\)/);
      belay(repo, ['session', 'end', 'one', '--take-over']);
      assert.deepEqual(
        json(owners, belay(repo, ['owners', '--json'])).map((owner) => owner.path),
        ['folder/b.txt'],
      );
    }),
  );

  it(
    'bad input is refused in words, and changes nothing',
    inRepo((repo) => {
      const cases: [readonly string[], number, string | undefined][] = [
        [['lease', 'claim', 'session/s1'], 2, undefined],
        [['lease', 'claim', 'nothing', '--owner', 'x'], 2, 'invalid_lease'],
        [['lease', 'claim', 'session/', '--owner', 'x'], 2, 'invalid_lease'],
        [['lease', 'claim', 'worktree/a b', '--owner', 'x'], 2, 'invalid_lease'],
        [['lease', 'claim', 'worktree/../x', '--owner', 'x'], 2, 'invalid_lease'],
        [['lease', 'claim', 'worktree/nope', '--owner', 'x'], 1, 'unknown_worktree'],
        [['lease', 'claim', 'session/s1', '--owner', ' '], 2, 'usage'],
        [['lease', 'claim', 'session/s1', '--owner', 'x', '--pid', 'many'], 2, 'usage'],
        [['lease', 'renew', 'session/s1'], 2, 'usage'],
        [['lease', 'release', 'session/s1', '--lease', 'short'], 2, 'invalid_lease'],
        [['lease', 'history', 'session/s1'], 1, 'unknown_lease'],
        [['lease', 'frob'], 2, undefined],
        [['lease'], 2, undefined],
        [['session', 'start', '--session', 's1'], 2, undefined],
        [['session', 'end', 'nobody'], 1, 'unknown_session'],
        [['checkpoint', '--session', 's1', '--agent', 'x', '--lease', 'short'], 2, 'invalid_lease'],
        [['branch', repo.git('rev-parse', 'HEAD'), 'x', '--lease', 'f'.repeat(40)], 1, 'unknown_checkpoint'],
      ];
      const before = repo.fingerprint();
      for (const [args, code, reason] of cases) {
        const ended = belay(repo, [...args, '--json']);
        const label = args.join(' ');
        assert.equal(ended.code, code, `${label}: ${ended.err}`);
        assert.notEqual(ended.err, '', label);
        if (reason !== undefined) {
          assert.equal(
            v.parse(v.object({ error: v.object({ reason: v.string() }) }), JSON.parse(ended.out)).error
              .reason,
            reason,
            label,
          );
        }
      }
      assert.equal(repo.fingerprint(), before);
      assert.equal(repo.refs('belay').size, 0);
    }),
  );

  it(
    'names from outside do not act on the terminal',
    inRepo((repo) => {
      belay(repo, ['lease', 'claim', 'session/s1', '--owner', 'red \u001b[31m\u009b31m owner', '--json']);
      for (const args of [
        ['lease', 'list'],
        ['lease', 'check', 'session/s1'],
        ['lease', 'history', 'session/s1'],
        ['session', 'list'],
        ['worktrees'],
        ['checkpoint', '--session', 's1', '--agent', 'x'],
        ['lease', 'claim', 'session/s1', '--owner', 'other'],
      ]) {
        const { out, err } = belay(repo, args);
        for (const control of ['\u001b', '\u009b']) {
          assert.equal((out + err).includes(control), false, args.join(' '));
        }
      }
    }),
  );
});
