import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { listCheckpoints } from '../../src/checkpoint/history';
import type { Checkpoint, CheckpointResult } from '../../src/checkpoint/checkpoint';
import { type TestRepo, type TestRequest } from '../support/repo';

/** Takes a checkpoint of something new, so that one is always made. */
export async function next(repo: TestRepo, request: TestRequest = {}): Promise<CheckpointResult> {
  repo.write('work.txt', `${process.hrtime.bigint()}\n`);
  return repo.checkpoint(request);
}

export function parents(repo: TestRepo, oid: string): string[] {
  return repo
    .git('rev-parse', `${oid}^@`)
    .split('\n')
    .filter((line) => line !== '');
}

/** Asserts that every session's steps are 1, 2, 3, ... and that all are held and listed. */
export async function assertWhole(repo: TestRepo, taken: readonly Checkpoint[]): Promise<void> {
  const steps = new Map<string, number[]>();
  for (const checkpoint of taken) {
    steps.set(checkpoint.session, [...(steps.get(checkpoint.session) ?? []), checkpoint.step]);
    assert.ok(repo.isHeld(checkpoint.oid), `${checkpoint.session} ${checkpoint.step} is not held by any ref`);
  }
  for (const [session, found] of steps) {
    assert.deepEqual(
      found,
      found.map((_, index) => index + 1),
      `the steps of ${session}`,
    );
  }
  const listed = await listCheckpoints(await repo.worktree());
  assert.deepEqual(listed.map(({ oid }) => oid).sort(), taken.map(({ oid }) => oid).sort());
}

export function lockOf(repo: TestRepo, ref: string): string {
  return path.join(repo.commonDir, `${ref}.lock`);
}

export function leaveLock(repo: TestRepo, ref: string): () => void {
  const file = lockOf(repo, ref);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, '');
  return () => {
    fs.rmSync(file);
  };
}

export function overflows(repo: TestRepo): string[] {
  return [...repo.refs('belay').keys()].filter((name) => name.startsWith('refs/belay/overflow/'));
}
