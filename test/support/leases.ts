import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { claimLease, type Claim } from '../../src/leases/claim';
import { LeaseError, type LeaseReason } from '../../src/leases/error';
import type { Lease, Resource } from '../../src/leases/lease';
import type { TestRepo } from './repo';

export const session = (name: string): Resource => ({ kind: 'session', name });

export async function claim(
  repo: TestRepo,
  resource: Resource,
  owner: string,
  more: Omit<Claim, 'owner'> = {},
): Promise<Lease> {
  return claimLease(await repo.worktree(), resource, { owner, ...more });
}

/** Fails unless the work was refused because of a lease, for that reason. */
export async function refused(work: Promise<unknown>, reason: LeaseReason): Promise<LeaseError> {
  const thrown: unknown = await work.then(
    (value) => new Error(`It was not refused: ${JSON.stringify(value)}`),
    (failure: unknown) => failure,
  );
  if (!(thrown instanceof LeaseError)) {
    throw thrown;
  }
  assert.equal(thrown.reason, reason, thrown.message);
  return thrown;
}

/** Puts a file where git has one; removed again by what is returned. */
export function place(repo: TestRepo, name: string, content: string): () => void {
  const file = path.join(repo.commonDir, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
  return () => {
    fs.rmSync(file);
  };
}
