import assert from 'node:assert/strict';
import path from 'node:path';
import { newBackupRef, listBackups } from '../../src/backups/backups';
import { keepNames } from '../../src/backups/look';
import { listCheckpoints } from '../../src/checkpoint/history';
import type { CheckpointResult } from '../../src/checkpoint/checkpoint';
import { diagnose, repair } from '../../src/doctor/diagnose';
import { listPins, setPin } from '../../src/fanout/pin';
import { openGuard } from '../../src/leases/guard';
import { readLease } from '../../src/leases/read';
import { leaseRef } from '../../src/leases/resource';
import { listForeign } from '../../src/refs/foreign';
import {
  decisionRef,
  keptRef,
  overflowRef,
  pinRef,
  segmentRef,
  sessionRef,
  shadowRef,
  staleRef,
} from '../../src/refs/names';
import { restore } from '../../src/restore/restore';
import { syncWorktree } from '../../src/sync/sync';
import type { Fetcher } from '../../src/sync/request';
import { belay } from '../support/cli';
import { claim, refused, session } from '../support/leases';
import { inRepo, TestRepo } from '../support/repo';
import { printSeed, seeded, sized } from '../support/size';

/** What may be put where a reference of Belay's stands, as the reference itself would hold it. */
const kinds = {
  'a tree': (repo: TestRepo) => repo.git('rev-parse', 'HEAD^{tree}'),
  'a blob': (repo: TestRepo) => repo.git('rev-parse', 'HEAD:a.txt'),
  'a blob that reads like the record': (repo: TestRepo, at: string) => copyAsBlob(repo, at),
  'an annotated tag': (repo: TestRepo) =>
    repo
      .gitBytes(['mktag'], tagOf(repo, 'HEAD', 'commit'))
      .toString()
      .trim(),
  'a tag on a tree': (repo: TestRepo) =>
    repo
      .gitBytes(['mktag'], tagOf(repo, 'HEAD^{tree}', 'tree'))
      .toString()
      .trim(),
  'a commit of the user’s': (repo: TestRepo) => repo.git('rev-parse', 'HEAD'),
  'the user’s branch': () => 'ref: refs/heads/main',
  'a branch that is not there': () => 'ref: refs/heads/nowhere',
  'another reference of Belay’s': () => 'ref: refs/belay/session/other',
} satisfies Record<string, (repo: TestRepo, at: string) => string>;
const everyKind = Object.entries<(repo: TestRepo, at: string) => string>(kinds);

function copyAsBlob(repo: TestRepo, at: string): string {
  const content = at === '' ? 'nothing\n' : repo.gitBytes(['cat-file', 'commit', at]);
  return repo.gitBytes(['hash-object', '-w', '--stdin'], content).toString().trim();
}

function tagOf(repo: TestRepo, object: string, type: string): string {
  return `object ${repo.git('rev-parse', object)}\ntype ${type}\ntag t\ntagger A <a@b.invalid> 0 +0000\n\nA tag\n`;
}

/** Puts something there as any program may. */
function put(repo: TestRepo, ref: string, value: string): void {
  repo.tryGit('update-ref', '--no-deref', '-d', ref);
  if (value.startsWith('ref: ')) {
    repo.git('symbolic-ref', ref, value.slice('ref: '.length));
  } else {
    repo.git('update-ref', '--no-deref', ref, value);
  }
}

/** Everything of git's that walks all references works. */
function assertWhole(repo: TestRepo): void {
  repo.git('fsck', '--strict', '--no-dangling');
  repo.git('log', '--all', '--oneline');
  repo.git('bundle', 'create', '--quiet', path.join(repo.base, 'all.bundle'), '--all');
  repo.git('gc', '--quiet', '--prune=now');
}

const nothingToFetch: Fetcher = {
  fetch: () => Promise.resolve({ kind: 'done' }),
  listRemote: (_worktree, _remote, { patterns }) =>
    Promise.resolve({ kind: 'done', value: new Map(patterns.map((name) => [name, '0'.repeat(40)])) }),
};

async function next(repo: TestRepo, who = 'session-1'): Promise<CheckpointResult> {
  repo.write('work.txt', `${process.hrtime.bigint()}\n`);
  return repo.checkpoint({ session: who });
}

describe('what is none of Belay’s among its references', () => {
  for (const ref of [shadowRef('main'), sessionRef('session-1')]) {
    for (const [kind, valueOf] of everyKind) {
      it(
        `${ref} at ${kind}: set aside, said, and the chain goes on`,
        inRepo(async (repo) => {
          const taken = [await next(repo, 'other'), await next(repo), await next(repo)];
          const before = repo.refs('others');
          const good = repo.refs('belay').get(ref) ?? '';
          put(repo, ref, valueOf(repo, good));
          const after = await next(repo);
          taken.push(after, await next(repo, 'other'));
          assert.ok(
            after.warnings.some((words) => words.includes(ref)),
            after.warnings.join(' '),
          );
          assert.deepEqual(repo.refs('others'), before, 'the user’s references are as they were');
          assert.ok(!repo.refs('others').has('refs/heads/nowhere'));
          assert.equal(after.checkpoint.step, 3);
          assert.deepEqual(after.checkpoint.parents.slice(0, 1), [taken[2]?.checkpoint.oid]);
          const listed = await listCheckpoints(await repo.worktree());
          assert.deepEqual(
            listed.map(({ oid }) => oid).sort(),
            taken.map(({ checkpoint }) => checkpoint.oid).sort(),
          );
          const [aside] = await listForeign(await repo.worktree());
          assert.equal(aside?.stoodAt, ref);
          assert.equal(repo.git('cat-file', '-t', aside.ref), 'commit');
          assertWhole(repo);
        }),
      );
    }
  }

  it(
    'is kept whole: a tree as the tree, a blob as a file, what a tag leads to as a parent',
    inRepo(async (repo) => {
      for (const kind of ['a tree', 'a blob', 'an annotated tag'] as const) {
        await next(repo);
        put(repo, shadowRef('main'), kinds[kind](repo));
        await next(repo);
        const [aside] = await listForeign(await repo.worktree());
        const at = aside?.ref ?? '';
        assert.match(at, /^refs\/belay\/foreign\/shadow\/main\/current\/\d+$/);
        const [held, was] = {
          'a tree': [`${at}^{tree}`, 'HEAD^{tree}'],
          'a blob': [`${at}:content`, 'HEAD:a.txt'],
          'an annotated tag': [`${at}^`, 'HEAD'],
        }[kind];
        assert.equal(repo.git('rev-parse', held ?? ''), repo.git('rev-parse', was ?? ''));
      }
    }),
  );

  it(
    'is told by whatever meets it: a restore says it as a checkpoint does',
    inRepo(async (repo) => {
      const { checkpoint } = await next(repo);
      await next(repo);
      put(repo, shadowRef('main'), repo.git('rev-parse', 'HEAD^{tree}'));
      const { err } = belay(repo, ['restore', checkpoint.oid]);
      assert.ok(err.includes(`${shadowRef('main')} `), err);
      assert.match(err, /set aside/);
    }),
  );

  it(
    'keeps a lease, and a decision, from being read, until the doctor has set it aside',
    inRepo(async (repo) => {
      await next(repo);
      const lease = leaseRef(session('s1'));
      await claim(repo, session('s1'), 'one');
      put(repo, lease, repo.git('rev-parse', 'HEAD^{tree}'));
      const worktree = await repo.worktree();
      await refused(readLease(worktree, session('s1')), 'lease_unreadable');
      const findings = await diagnose(worktree);
      assert.ok(findings.some(({ kind, message }) => kind === 'ref_foreign' && message.startsWith(lease)));
      await repair(worktree);
      assert.equal(await readLease(worktree, session('s1')), undefined);
      assert.ok((await diagnose(worktree)).every(({ level }) => level !== 'problem'));
    }),
  );

  const rounds = sized({ short: 3, long: 400 });
  printSeed();
  it(`any reference at anything, ${rounds} rounds of checkpoint, log, restore, sync, doctor`, async () => {
    const random = seeded(13);
    for (let round = 0; round < rounds; round += 1) {
      const repo = TestRepo.create();
      try {
        const worktree = await repo.worktree();
        const pinned = { name: 'p', commit: repo.git('rev-parse', 'HEAD'), source: 'HEAD' };
        await setPin(worktree, await openGuard(worktree, {}), {
          ...pinned,
          ref: undefined,
          remote: undefined,
          session: 's',
          agent: 'test',
        });
        await keepNames(worktree);
        repo.git('branch', 'up');
        repo.git('branch', '--quiet', '--set-upstream-to=up');
        const first = await next(repo, 'other');
        const taken = [first, await next(repo)];
        const refs = [
          shadowRef('main'),
          sessionRef('session-1'),
          sessionRef('other'),
          segmentRef('main', first.checkpoint.segment),
          overflowRef('main', '1-a'),
          staleRef('main', 'session-1'),
          newBackupRef('sync-recovery', 'main'),
          newBackupRef('agent', 'main'),
          keptRef,
          pinRef('p'),
          decisionRef('other'),
          leaseRef(session('third')),
        ] as const;
        const before = repo.refs('others');
        const put1 = random.pick(refs);
        const [kind, valueOf] = everyKind[random.below(everyKind.length)] ?? ['', () => ''];
        const what = `round ${round}: ${put1} at ${kind}`;
        put(repo, put1, valueOf(repo, repo.refs('belay').get(put1) ?? ''));
        for (let step = 0; step < 2; step += 1) {
          taken.push(await next(repo, step === 0 ? 'session-1' : 'other'));
          const listed = new Set((await listCheckpoints(worktree)).map(({ oid }) => oid));
          assert.ok(
            taken.every(({ checkpoint }) => listed.has(checkpoint.oid)),
            `${what}: all are listed`,
          );
          const request = { session: 'session-1', agent: 'test', paths: ['work.txt'] };
          await restore(worktree, first.checkpoint, { ...request, include: 'all' });
          const moved = repo.git('commit-tree', '-p', 'up', '-m', 'Upstream', 'up^{tree}');
          repo.git('update-ref', 'refs/heads/up', moved);
          await syncWorktree(worktree, nothingToFetch, { ...request, onConflict: 'ask' });
          assert.equal(
            repo.git('rev-parse', 'main'),
            moved,
            `${what}: the branch was brought to its upstream`,
          );
          before.set('refs/heads/main', moved).set('refs/heads/up', moved);
          await listPins(worktree);
          await listBackups(worktree);
          await keepNames(worktree);
          await diagnose(worktree);
        }
        await repair(worktree);
        const left = (await diagnose(worktree)).filter(({ level }) => level === 'problem');
        assert.deepEqual(left, [], what);
        assert.deepEqual(repo.refs('others'), before, `${what}: the user’s references`);
        assertWhole(repo);
      } finally {
        repo.dispose();
      }
    }
  });
});
