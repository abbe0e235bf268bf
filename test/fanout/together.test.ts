import assert from 'node:assert/strict';
import fs from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { applyPin, bringTo } from '../../src/fanout/applyPin';
import { fanOut } from '../../src/fanout/fanout';
import type { Pin } from '../../src/fanout/pin';
import type { Progress } from '../../src/fanout/request';
import type { Worktree } from '../../src/git/worktree';
import { claimLease } from '../../src/leases/claim';
import { readLease } from '../../src/leases/read';
import { Gate } from '../support/gate';
import { beside } from '../support/processes';
import { inRepo, type TestRepo } from '../support/repo';
import { sized } from '../support/size';
import { Watch } from '../sync/support';
import { Upstream } from '../sync/upstream';
import { bring, commit, CountedNetwork, git, linkBranch, pinTo, put, who } from './support';

/** A worktree `w` that is behind the pin, and a gate through which its gits go. */
async function behindThePin(
  repo: TestRepo,
): Promise<{ folder: string; pin: Pin; gate: Gate; worktree: Worktree }> {
  const upstream = Upstream.of(repo);
  const folder = linkBranch(repo, 'w');
  upstream.push({ 'new.txt': 'new' });
  const pin = await pinTo(await repo.worktree(), 'origin/main', { fetch: true });
  const gate = new Gate(repo);
  return { folder, pin, gate, worktree: await repo.open(gate.git()) };
}

describe('fan-out: several at once', () => {
  it(
    'what is reported was read back: a HEAD that somebody moves meanwhile is told as it is',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      const folder = linkBranch(repo, 'w');
      const start = repo.git('rev-parse', 'HEAD');
      upstream.push({ 'new.txt': 'new' });
      const pin = await pinTo(await repo.worktree(), 'origin/main', { fetch: true });
      const worktree = await repo.open(undefined, folder);
      const outcome = await applyPin(worktree, pin, who, async (request) => {
        const done = await bringTo(worktree, pin, new CountedNetwork(), request);
        assert.equal(git(folder, 'rev-parse', 'HEAD'), pin.commit);
        git(folder, 'reset', '--quiet', '--hard', start);
        return done;
      });
      assert.deepEqual([outcome.outcome, outcome.head], ['moved_elsewhere', start]);
      assert.equal(outcome.state?.position, 'behind');
    }),
  );

  it(
    'a branch that somebody moves between the look and the write is left to them',
    inRepo(async (repo) => {
      const { folder, pin, gate, worktree } = await behindThePin(repo);
      let own = '';
      const [outcome] = await gate.between(
        'refs/heads/w',
        () => bring(worktree, pin, ['w']),
        () => {
          own = git(folder, 'commit-tree', 'HEAD^{tree}', '-p', 'HEAD', '-m', 'Own');
          return Promise.resolve(git(folder, 'update-ref', 'refs/heads/w', own));
        },
      );
      assert.deepEqual([outcome?.outcome, outcome?.head], ['refused', own]);
      assert.equal(outcome?.reason, 'branch_moved');
      assert.equal(git(folder, 'status', '--porcelain'), '', 'the files were put back');
    }),
  );

  it(
    'a detached HEAD that somebody puts on a branch meanwhile: no branch of theirs is moved',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      const folder = linkBranch(repo, 'w');
      git(folder, 'checkout', '--quiet', '--detach');
      const start = git(folder, 'rev-parse', 'HEAD');
      upstream.push({ 'new.txt': 'new' });
      const pin = await pinTo(await repo.worktree(), 'origin/main', { fetch: true });
      const gate = new Gate(repo);
      const worktree = await repo.open(gate.git());
      await gate.between(
        'update HEAD',
        () => bring(worktree, pin, ['w']),
        () => Promise.resolve(git(folder, 'symbolic-ref', 'HEAD', 'refs/heads/w')),
      );
      assert.equal(repo.git('rev-parse', 'refs/heads/w'), start);
    }),
  );

  it(
    'one fan-out at a time in a repository: the second waits for the first, or says who is at it',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      linkBranch(repo, 'w');
      upstream.push({ 'new.txt': 'new' });
      const pin = await pinTo(await repo.worktree(), 'origin/main', { fetch: true });
      const gate = new Gate(repo);
      const slow = await repo.open(gate.git());
      const quick = await repo.open();
      const second = await gate.between(
        'refs/heads/w',
        () => bring(slow, pin, ['w']).then(([first]) => first),
        () =>
          bring(quick, pin, ['w']).then(([refused]) => {
            assert.deepEqual([refused?.outcome, refused?.reason], ['refused', 'fan_out_running']);
            assert.match(refused?.message ?? '', new RegExp(`process ${process.pid}\\b`));
          }),
      );
      assert.equal(second?.outcome, 'fast_forwarded');
      upstream.push({ 'next.txt': 'next' });
      const next = await pinTo(quick, 'origin/main', { fetch: true });
      const both = await Promise.all([bring(slow, next, ['w']), bring(quick, next, ['w'])]);
      assert.deepEqual(
        both
          .flat()
          .map(({ outcome }) => outcome)
          .sort(),
        ['fast_forwarded', 'on_pin'],
      );
    }),
  );

  it(
    'without the queue nothing is lost either: its folder is cleared again and again while two fan out',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      const folders = ['a', 'b', 'c', 'd'].map((name) => linkBranch(repo, name));
      folders.forEach((folder, index) => {
        put(folder, 'mine.txt', `mine ${index}`);
      });
      const locks = path.join(repo.commonDir, 'belay', 'locks');
      const clear = async (stop: AbortSignal): Promise<void> => {
        while (!stop.aborted) {
          // Whoever makes a lock in this very moment keeps the folder from being removed.
          await rm(locks, { recursive: true, force: true }).catch(() => undefined);
          await sleep(1);
        }
      };
      const [one, two] = [await repo.open(), await repo.open()];
      const round = async (number: number): Promise<void> => {
        upstream.push({ 'new.txt': `new ${number}` });
        repo.git('fetch', '--quiet');
        const pin = await pinTo(one, 'origin/main');
        const outcomes = (await Promise.all([bring(one, pin), bring(two, pin)])).flat();
        assert.ok(outcomes.length > 0);
        // Whoever was second may have been refused; then it is done again, in peace.
        await bring(one, pin);
        for (const [index, folder] of folders.entries()) {
          assert.equal(git(folder, 'rev-parse', 'HEAD'), pin.commit);
          assert.equal(git(folder, 'status', '--porcelain'), '?? mine.txt');
          assert.equal(fs.readFileSync(path.join(folder, 'mine.txt'), 'utf8'), `mine ${index}`);
        }
      };
      await beside(clear, async () => {
        for (let number = 0; number < sized({ short: 2, long: 3 }); number += 1) {
          await round(number);
        }
      });
    }),
  );

  it(
    'a stale writer changes nothing: a lease that is rotated, or lost meanwhile',
    inRepo(async (repo) => {
      const { folder, pin, gate, worktree } = await behindThePin(repo);
      const before = git(folder, 'rev-parse', 'HEAD');
      const [outcome] = await gate.between(
        'refs/heads/w',
        () => bring(worktree, pin, ['w']),
        async () => {
          const resource = { kind: 'worktree', name: 'w' } as const;
          const other = await repo.worktree();
          await claimLease(other, resource, { owner: 'another', takeOver: true });
          assert.equal((await readLease(other, resource))?.owner, 'another');
        },
      );
      assert.deepEqual([outcome?.outcome, outcome?.reason, outcome?.head], ['refused', 'lease_lost', before]);
      assert.equal(git(folder, 'status', '--porcelain'), '', 'the files were put back');
    }),
  );

  it(
    'is told of each stage; cancelled, it leaves the rest as it is',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
      const folders = names.map((name) => linkBranch(repo, name));
      upstream.push({ 'new.txt': 'new' });
      const worktree = await repo.worktree();
      const pin = await pinTo(worktree, 'origin/main', { fetch: true });
      const told: Progress[] = [];
      const cancel = new AbortController();
      const outcomes = await bring(worktree, pin, names, {
        signal: cancel.signal,
        onProgress: (progress) => {
          told.push(progress);
          if (progress.stage === 'done') {
            cancel.abort();
          }
        },
      });
      for (const [index, folder] of folders.entries()) {
        const outcome = outcomes[index];
        const stages = told.filter((one) => one.worktree === names[index]).map(({ stage }) => stage);
        const head = git(folder, 'rev-parse', 'HEAD');
        assert.equal(stages.at(-1), 'done');
        assert.equal(git(folder, 'status', '--porcelain'), '');
        if (outcome?.outcome === 'cancelled') {
          assert.notEqual(head, pin.commit);
        } else {
          assert.deepEqual([outcome?.outcome, head], ['fast_forwarded', pin.commit]);
          assert.deepEqual(stages, ['waiting', 'fetching', 'working', 'done']);
        }
      }
      assert.ok(outcomes.some(({ outcome }) => outcome === 'cancelled'));
      assert.ok(outcomes.some(({ outcome }) => outcome === 'fast_forwarded'));
      assert.deepEqual(
        (await bring(worktree, pin, names)).filter(({ head }) => head !== pin.commit),
        [],
      );
    }),
  );

  it(
    'nothing is begun when one of the worktrees is unknown; nothing is lost where files, index and commits differ',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      upstream.push({ 'new.txt': 'new' });
      const worktree = await repo.worktree();
      const pin = await pinTo(worktree, 'origin/main', { fetch: true });
      const print = repo.fingerprint();
      await assert.rejects(bring(worktree, pin, ['main', 'nobody']), { reason: 'unknown_worktree' });
      assert.equal(repo.fingerprint(), print);
      commit(repo.folder, { 'own.txt': 'own' });
      repo.write('folder/b.txt', 'edited');
      repo.write('s.txt', 'staged');
      repo.git('add', 's.txt');
      const watch = new Watch(repo);
      const [outcome] = await fanOut(worktree, pin, [{ repository: worktree }], new CountedNetwork(), who);
      assert.equal(outcome?.outcome, 'diverged_rebased');
      watch.nothingLost(outcome.checkpoint);
    }),
  );
});
