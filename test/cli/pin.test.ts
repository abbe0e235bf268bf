import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { belay, json, type Ended } from '../support/cli';
import { inRepo } from '../support/repo';
import { commit, git, linkBranch, put } from '../fanout/support';
import { Upstream } from '../sync/upstream';

const oid = v.pipe(v.string(), v.regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/));
const pinned = v.strictObject({
  pin: v.string(),
  commit: oid,
  source: v.string(),
  ref: v.nullable(v.string()),
  remote: v.nullable(v.string()),
  follows: v.boolean(),
  time: v.pipe(v.string(), v.isoTimestamp()),
  session: v.string(),
  agent: v.string(),
  version: oid,
});
const applied = v.array(
  v.strictObject({
    worktree: v.string(),
    outcome: v.string(),
    head: v.nullable(oid),
    pin: oid,
    backup: v.nullable(v.string()),
    decision: v.nullable(v.string()),
    position: v.nullable(v.string()),
    checkpoint: v.nullable(oid),
    reason: v.nullable(v.string()),
    moved: v.array(v.never()),
    words: v.nullable(v.string()),
  }),
);
const added = v.strictObject({
  worktree: v.string(),
  root: v.string(),
  branch: v.nullable(v.string()),
  upstream: v.nullable(v.string()),
  head: oid,
  created: v.boolean(),
  words: v.nullable(v.string()),
  connected: v.array(v.string()),
});
const removed = v.strictObject({
  worktree: v.string(),
  root: v.string(),
  branch: v.nullable(v.string()),
  checkpoint: v.nullable(oid),
  backup: v.nullable(v.string()),
  words: v.nullable(v.string()),
});
const refusal = v.object({ error: v.object({ reason: v.string(), message: v.string() }) });

function rows(ended: Ended, code: number): v.InferOutput<typeof applied> {
  assert.equal(ended.code, code, ended.err + ended.out);
  return v.parse(applied, JSON.parse(ended.out));
}

function refused(ended: Ended, reason: string, code = 1): void {
  assert.equal(ended.code, code, ended.err + ended.out);
  assert.match(
    ended.err,
    /^belay: .+\n(?: {2}Done before that: .+\n)? {2}(?:Nothing was changed\.|Unchanged: |May have changed|Nothing is known).*\n {2}What to do: .+\n$/,
  );
  assert.equal(v.parse(refusal, JSON.parse(ended.out)).error.reason, reason);
}

describe('the command line: pins and worktrees', () => {
  it(
    'sets, lists, applies and removes a pin as the contract says',
    inRepo((repo) => {
      const upstream = Upstream.of(repo);
      const folders = ['clean', 'conflict', 'gone'].map((name) => linkBranch(repo, name));
      commit(folders[1] ?? '', { 'a.txt': 'ours\n' });
      const tip = upstream.push({ 'a.txt': 'theirs\n' });
      assert.notEqual(
        json(pinned, belay(repo, ['pin', 'set', 'sprint', 'origin/main', '--json'])).commit,
        tip,
      );
      const pin = json(pinned, belay(repo, ['pin', 'set', 'sprint', 'origin/main', '--fetch', '--json']));
      assert.deepEqual([pin.commit, pin.source, pin.remote], [tip, 'origin/main', 'origin']);
      upstream.push({ 'later.txt': 'l' });
      assert.deepEqual(json(v.array(pinned), belay(repo, ['pin', 'list', '--json'])), [pin]);
      assert.match(belay(repo, ['pin', 'list']).out, /^sprint {2}[0-9a-f]{10} {2}from origin\/main/);

      fs.rmSync(folders[2] ?? '', { recursive: true });
      const asked = rows(belay(repo, ['pin', 'apply', 'sprint', '--all', '--json']), 1);
      assert.deepEqual(
        asked.map(({ worktree, outcome, head }) => [worktree, outcome, head === tip]),
        [
          ['main', 'fast_forwarded', true],
          ['clean', 'fast_forwarded', true],
          ['conflict', 'diverged_held', false],
          ['gone', 'missing', false],
        ],
      );
      assert.ok(asked[2]?.decision !== null && asked[2]?.backup !== null);
      const one = ['pin', 'apply', 'sprint', '--worktree', 'clean', '--worktree', 'main', '--json'];
      assert.deepEqual(
        rows(belay(repo, one), 0).map(({ worktree, outcome }) => [worktree, outcome]),
        [
          ['clean', 'on_pin'],
          ['main', 'on_pin'],
        ],
      );
      const held = ['pin', 'apply', 'sprint', '--worktree', 'conflict', '--on-conflict', 'reset', '--json'];
      assert.equal(rows(belay(repo, held), 1)[0]?.outcome, 'held');
      assert.match(
        belay(repo, ['pin', 'apply', 'sprint', '--all']).out,
        /^conflict {2}held .*waits for you/m,
      );

      refused(belay(repo, ['pin', 'apply', 'sprint', '--json']), 'usage', 2);
      refused(belay(repo, ['pin', 'apply', 'sprint', '--all', '--worktree', 'main', '--json']), 'usage', 2);
      refused(belay(repo, ['pin', 'apply', 'nothing', '--all', '--json']), 'unknown_pin');
      refused(belay(repo, ['pin', 'apply', 'sprint', '--worktree', 'x', '--json']), 'unknown_worktree');
      refused(belay(repo, ['pin', 'set', 'sprint', 'nothing', '--json']), 'unresolved_commit');
      refused(belay(repo, ['pin', 'set', '', 'HEAD', '--json']), 'invalid_pin', 2);
      assert.equal(belay(repo, ['pin', 'remove', 'sprint']).code, 0);
      refused(belay(repo, ['pin', 'remove', 'sprint', '--json']), 'unknown_pin');
    }),
  );

  it(
    'a reset is told as such, a failure with 3',
    inRepo((repo) => {
      const upstream = Upstream.of(repo);
      const folder = linkBranch(repo, 'w');
      linkBranch(repo, 'locked');
      commit(folder, { 'a.txt': 'ours\n' });
      const tip = upstream.push({ 'a.txt': 'theirs\n' });
      belay(repo, ['pin', 'set', 'sprint', 'origin/main', '--fetch']);
      const reset = ['pin', 'apply', 'sprint', '--worktree', 'w', '--on-conflict', 'reset', '--json'];
      const [row] = rows(belay(repo, reset), 1);
      assert.deepEqual([row?.outcome, row?.head], ['diverged_recovered_by_reset', tip]);
      fs.writeFileSync(path.join(repo.commonDir, 'worktrees', 'locked', 'index.lock'), '');
      const [failed] = rows(belay(repo, ['pin', 'apply', 'sprint', '--worktree', 'locked', '--json']), 3);
      assert.deepEqual([failed?.outcome, failed?.reason], ['failed', 'publish_failed']);
    }),
  );

  it(
    'adds and removes worktrees',
    inRepo((repo) => {
      Upstream.of(repo);
      belay(repo, ['pin', 'set', 'sprint', 'origin/main']);
      const add = (folder: string, ...more: readonly string[]): Ended =>
        belay(repo, ['worktree', 'add', folder, '--pin', 'sprint', '--json', ...more]);
      const one = json(added, add('../one', '--branch', 'agent/one'));
      assert.deepEqual(
        [one.worktree, one.root, one.branch, one.upstream, one.created],
        ['one', path.join(repo.base, 'one'), 'refs/heads/agent/one', 'refs/remotes/origin/main', true],
      );
      const many = json(v.array(added), add('../agents/a{n}', '--branch', 'a/{n}', '--count', '3'));
      assert.deepEqual(
        many.map(({ branch }) => branch),
        ['refs/heads/a/1', 'refs/heads/a/2', 'refs/heads/a/3'],
      );
      refused(add('../agents/same', '--count', '3'), 'usage', 2);
      refused(add('.', '--branch', 'x'), 'path_taken');
      refused(add('../two', '--branch', 'agent/one'), 'branch_exists');
      put(one.root, 'new.txt', 'new');
      refused(belay({ folder: one.root }, ['worktree', 'remove', 'one', '--json']), 'worktree_in_use');
      put(one.root, '.gitignore', 'x.log\n');
      put(one.root, 'x.log', 'ignored');
      refused(belay(repo, ['worktree', 'remove', 'one', '--json']), 'not_covered');
      const gone = json(removed, belay(repo, ['worktree', 'remove', 'one', '--discard-uncovered', '--json']));
      assert.equal(repo.git('show', `${gone.checkpoint ?? ''}:new.txt`), 'new');
      assert.equal(fs.existsSync(one.root), false);
      assert.equal(git(repo.folder, 'rev-parse', 'agent/one'), one.head);
      const listed: unknown = JSON.parse(belay(repo, ['worktree', 'list', '--json']).out);
      assert.ok(Array.isArray(listed) && listed.length === 4);
      const lease = 'f'.repeat(40);
      refused(belay(repo, ['pin', 'set', 'sprint', 'HEAD', '--lease', lease, '--json']), 'lease_lost');
      refused(belay(repo, ['pin', 'remove', 'sprint', '--lease', lease, '--json']), 'lease_lost');
    }),
  );

  it(
    'connects in new worktrees the agents that are connected in the others',
    inRepo((repo) => {
      Upstream.of(repo);
      const settings = (folder: string): string => path.join(folder, '.claude', 'settings.json');
      assert.equal(belay(repo, ['connect', 'claude-code']).code, 0);
      belay(repo, ['pin', 'set', 'sprint', 'origin/main']);
      const args = [
        'worktree',
        'add',
        '../a{n}',
        '--branch',
        'a/{n}',
        '--pin',
        'sprint',
        '--json',
        '--count',
        '2',
      ];
      const [one, two] = json(v.array(added), belay(repo, args));
      assert.deepEqual([one?.connected, two?.connected], [['claude-code'], ['claude-code']]);
      for (const made of [one, two]) {
        const text = fs.readFileSync(settings(made?.root ?? ''), 'utf8');
        assert.equal(text, fs.readFileSync(settings(repo.folder), 'utf8'));
      }
      const again = json(v.array(added), belay(repo, args));
      assert.deepEqual(
        again.map(({ created, connected }) => [created, connected]),
        [
          [false, []],
          [false, []],
        ],
      );
      assert.equal(belay(repo, ['disconnect', 'claude-code']).code, 0);
      assert.equal(fs.existsSync(path.join(one?.root ?? '', '.claude')), false);
      const none = json(added, belay(repo, ['worktree', 'add', '../later', '--pin', 'sprint', '--json']));
      assert.deepEqual(none.connected, []);
      assert.equal(fs.existsSync(path.join(none.root, '.claude')), false);
    }),
  );
});
