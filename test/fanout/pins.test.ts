import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { findPin, listPins, pinHistory, readPin, removePin, setPin } from '../../src/fanout/pin';
import { resolveOnce } from '../../src/fanout/resolve';
import { openGuard } from '../../src/leases/guard';
import { listForeign } from '../../src/refs/foreign';
import { pinRef } from '../../src/refs/names';
import { Gate } from '../support/gate';
import { inRepo, referencesAsFiles } from '../support/repo';
import { Upstream } from '../sync/upstream';
import { commit, CountedNetwork, git, pinTo } from './support';

describe('a pin: one commit, resolved once', () => {
  it(
    'says what it was resolved from, by whom and when; its history is the log of its reference',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      const worktree = await repo.worktree();
      const first = upstream.push({ 'one.txt': '1' });
      const began = Date.now();
      const pin = await pinTo(worktree, 'origin/main', { fetch: true });
      assert.deepEqual(
        [pin.commit, pin.source, pin.ref, pin.remote, pin.session, pin.agent],
        [first, 'origin/main', 'refs/remotes/origin/main', 'origin', 'person', 'editor'],
      );
      assert.ok(pin.time >= began && pin.time <= Date.now());
      const second = upstream.push({ 'two.txt': '2' });
      assert.equal((await pinTo(worktree, 'origin/main')).commit, first, 'without --fetch, what is here');
      const again = await pinTo(worktree, 'origin/main', { fetch: true });
      assert.equal(again.commit, second);
      assert.deepEqual(
        (await pinHistory(worktree, again)).map((version) => version.commit),
        [second, first, first],
      );
      const parents = repo.git('log', '-1', '--format=%P', pinRef('sprint')).split(' ');
      assert.equal(parents.length, 2);
      assert.equal(parents[1], second, 'the record holds the commit');
      assert.equal(repo.git('log', '-1', '--format=%T', pinRef('sprint')), repo.git('mktree', '--missing'));
    }),
  );

  it(
    'is resolved from a branch, a tag, an id, and a name that only the remote knows yet',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      const worktree = await repo.worktree();
      const start = repo.git('rev-parse', 'HEAD');
      repo.git('tag', '--annotate', '--message=v1', 'v1');
      const tip = upstream.push({ 'one.txt': '1' });
      git(upstream.bare, 'branch', 'release/1', tip);
      for (const [source, expected, ref] of [
        ['main', start, 'refs/heads/main'],
        ['HEAD', start, 'refs/heads/main'],
        ['v1', start, 'refs/tags/v1'],
        [start, start, undefined],
        [start.slice(0, 12), start, undefined],
        ['origin/release/1', tip, 'refs/remotes/origin/release/1'],
        ['@{upstream}', tip, 'refs/remotes/origin/main'],
      ] as const) {
        const pin = await pinTo(worktree, source, { fetch: true });
        assert.deepEqual([pin.commit, pin.ref, pin.remote], [expected, ref, 'origin'], source);
      }
    }),
  );

  it(
    'an id that is not here is asked for itself, also where no branch of the remote is at it',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      const worktree = await repo.worktree();
      const gone = upstream.push({ 'one.txt': '1' });
      git(upstream.bare, 'update-ref', 'refs/heads/main', `${gone}~1`);
      git(upstream.bare, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
      const network = new CountedNetwork();
      await assert.rejects(pinTo(worktree, gone), { reason: 'unresolved_commit' });
      const pin = await pinTo(worktree, gone, { fetch: true, network });
      assert.equal(pin.commit, gone);
      assert.deepEqual(
        network.asked.map(({ objects }) => objects),
        [false, true],
      );
    }),
  );

  it(
    'what cannot be resolved, or not be fetched, sets nothing',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      for (const source of ['nothing', '', '--all', 'a\nb', 'f'.repeat(40), 'HEAD^{tree}', 'HEAD:a.txt']) {
        await assert.rejects(pinTo(worktree, source), { reason: 'unresolved_commit' }, source);
      }
      await assert.rejects(pinTo(worktree, 'HEAD', { fetch: true }), { reason: 'not_fetched' });
      repo.git('remote', 'add', 'origin', path.join(repo.base, 'nowhere.git'));
      await assert.rejects(pinTo(worktree, 'HEAD', { fetch: true }), { reason: 'not_fetched' });
      const aborted = resolveOnce(worktree, new CountedNetwork(), {
        source: 'HEAD',
        fetch: true,
        signal: AbortSignal.abort(),
      });
      await assert.rejects(aborted, { reason: 'cancelled' });
      await assert.rejects(pinTo(worktree, 'HEAD', { name: '' }), { reason: 'invalid_pin' });
      await assert.rejects(pinTo(worktree, 'HEAD', { name: 'x'.repeat(200) }), { reason: 'invalid_pin' });
      assert.deepEqual(await listPins(worktree), []);
      assert.deepEqual([...repo.refs('belay').keys()], []);
    }),
  );

  it(
    'is set by compare-and-swap: of two that set it at once, one is told of the other',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const gate = new Gate(repo);
      const slow = await repo.open(gate.git());
      for (const round of ['new', 'there already']) {
        const refusal = gate.between(
          pinRef('sprint'),
          () => pinTo(slow, 'HEAD'),
          () => {
            commit(repo.folder, { 'a.txt': round });
            return pinTo(worktree, 'HEAD');
          },
        );
        await assert.rejects(refusal, { reason: 'pin_moved' }, round);
        assert.equal((await readPin(worktree, 'sprint')).commit, repo.git('rev-parse', 'HEAD'));
      }
      const seen = await readPin(worktree, 'sprint');
      await pinTo(worktree, 'HEAD');
      const guard = await openGuard(worktree, {});
      await assert.rejects(setPin(worktree, guard, seen, { version: seen.version }), { reason: 'pin_moved' });
      await assert.rejects(removePin(worktree, guard, seen), { reason: 'pin_moved' });
    }),
  );

  it(
    'keeps its commit while it stands, whatever becomes of branches; removed, it does not',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      repo.git('checkout', '--quiet', '-b', 'topic');
      const pinned = commit(repo.folder, { 'only.txt': 'here' });
      const earlier = await pinTo(worktree, 'topic');
      const next = commit(repo.folder, { 'only.txt': 'there' });
      const pin = await pinTo(worktree, 'topic');
      repo.git('checkout', '--quiet', 'main');
      repo.git('branch', '--quiet', '-D', 'topic');
      const clear = (): void => {
        repo.git('reflog', 'expire', '--expire=now', '--all');
        repo.git('gc', '--quiet', '--prune=now');
      };
      clear();
      for (const oid of [pinned, next]) {
        assert.equal(repo.git('cat-file', '-t', oid), 'commit', 'what it was before, too');
      }
      assert.equal(earlier.commit, pinned);
      await removePin(worktree, await openGuard(worktree, {}), pin);
      assert.equal(await findPin(worktree, 'sprint'), undefined);
      await assert.rejects(readPin(worktree, 'sprint'), { reason: 'unknown_pin' });
      clear();
      assert.equal(repo.tryGit('cat-file', '-e', next).code, 1);
    }),
  );

  it(
    'may have any name, and what is no pin is not taken for one',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const names = ['Sprint 12/ü', 'a', 'a/b', '..', 'x.lock', 'HEAD', '-all'];
      for (const name of names) {
        await pinTo(worktree, 'HEAD', { name });
      }
      assert.deepEqual(
        (await listPins(worktree)).map(({ name }) => name),
        [...names].sort(),
      );
      repo.git('update-ref', 'refs/belay/pin/foreign', 'HEAD');
      await assert.rejects(readPin(worktree, 'foreign'), { reason: 'unknown_pin' });
      assert.equal((await listPins(worktree)).length, names.length, 'it is none, and hides no other');
      assert.equal((await listForeign(worktree))[0]?.stoodAt, 'refs/belay/pin/foreign');
      fs.writeFileSync(path.join(repo.commonDir, 'refs/belay/pin/broken'), 'nonsense\n');
      await assert.rejects(listPins(worktree), { reason: 'ref_unreadable' });
      assert.equal((await readPin(worktree, 'a')).name, 'a', 'another one can be read all the same');
    }, referencesAsFiles),
  );

  it(
    'in a repository of SHA-256',
    inRepo(
      async (repo) => {
        const worktree = await repo.worktree();
        const pin = await pinTo(worktree, 'HEAD');
        assert.equal(pin.commit, repo.git('rev-parse', 'HEAD'));
        assert.equal(pin.commit.length, 64);
      },
      { objectFormat: 'sha256' },
    ),
  );
});
