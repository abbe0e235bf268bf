import assert from 'node:assert/strict';
import { newBackupRef } from '../../../src/backups/backups';
import { takeCheckpoint } from '../../../src/checkpoint/take';
import type { CheckpointResult } from '../../../src/checkpoint/checkpoint';
import type { Worktree } from '../../../src/git/worktree';
import { releaseLease } from '../../../src/leases/claim';
import type { Lease } from '../../../src/leases/lease';
import { leaseRef } from '../../../src/leases/resource';
import { retireLeases } from '../../../src/leases/retire';
import type { Prepared } from '../../../src/sync/ask';
import { assertSameReferences, referencesOf } from '../../support/gate';
import { claim, session } from '../../support/leases';
import type { TestRepo } from '../../support/repo';

export const own = session('s1');
export const monthMs = 31 * 24 * 60 * 60_000;

/** What has become of the writer's token. */
export const states = ['current', 'rotated', 'released', 'missing', 'cleared away'] as const;
export type State = (typeof states)[number];

export function checkpoint(
  repo: TestRepo,
  worktree: Worktree,
  leases: readonly string[],
): Promise<CheckpointResult> {
  repo.write('work.txt', `${process.hrtime.bigint()}\n`);
  return takeCheckpoint(worktree, { session: 's1', agent: 'test', leases });
}

export async function ofOther(repo: TestRepo): Promise<CheckpointResult> {
  repo.write('other.txt', `${process.hrtime.bigint()}\n`);
  return repo.checkpoint({ session: 'other' });
}

/** What a recovery would have found, with a checkpoint that is there already. */
export async function prepared(repo: TestRepo): Promise<Prepared> {
  const { checkpoint } = await repo.checkpoint({ session: 'other' });
  const local = repo.git('rev-parse', 'HEAD');
  return {
    following: { branch: 'refs/heads/main', local },
    upstream: local,
    checkpoint,
    backup: newBackupRef('sync-recovery', 'main'),
    dropped: [],
  };
}

/** A branch with a commit of its own. */
export function newCommit(repo: TestRepo, name: string): string {
  const oid = repo.git('commit-tree', '-m', name, '-p', 'HEAD', 'HEAD^{tree}');
  repo.git('branch', name, oid);
  return oid;
}

/** A claim that was given up. */
export async function released(repo: TestRepo): Promise<Lease & { readonly held: Lease }> {
  const held = await claim(repo, own, 'one');
  const given = await releaseLease(await repo.worktree(), own, held.token, { status: 'released' });
  return { ...given, held };
}

/** A claim that was given up, and whose record the retention has removed. */
export async function cleared(repo: TestRepo): Promise<Lease> {
  const { held } = await released(repo);
  await later(monthMs, async () => retireLeases(await repo.worktree()));
  assert.equal(repo.refs().get(leaseRef(own)), undefined);
  return held;
}

/** Does something as if it were so much later. */
export async function later<T>(by: number, work: () => Promise<T>): Promise<T> {
  const now = Date.now;
  Date.now = () => now() + by;
  try {
    return await work();
  } finally {
    Date.now = now;
  }
}

export async function unchangedBy(
  repo: TestRepo,
  work: () => Promise<unknown>,
  except?: RegExp,
): Promise<void> {
  const before = referencesOf(repo);
  await work();
  assertSameReferences(repo, before, except);
}

/** Puts the writer's lease into a state. @returns the tokens that the writer has. */
export async function into(repo: TestRepo, state: State): Promise<string[]> {
  switch (state) {
    case 'current':
      return [(await claim(repo, own, 'one')).token];
    case 'rotated': {
      const { token } = await claim(repo, own, 'one');
      await claim(repo, own, 'two', { takeOver: true });
      return [token];
    }
    case 'released':
      return [(await released(repo)).held.token];
    case 'missing':
      await claim(repo, own, 'one');
      return [];
    case 'cleared away':
      return [(await cleared(repo)).token];
  }
}

/** Only the lease itself may have changed. */
export const lease = /^refs.belay.lease./;
export const stale = /^refs.belay.overflow.main.stale-s1$/;
