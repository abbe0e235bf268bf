import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Checkpoint } from '../../../src/checkpoint/checkpoint';
import { BelayError } from '../../../src/errors';
import type { RestoreRequest } from '../../../src/restore/restoreRequest';
import type { StagedResult } from '../../../src/restore/staged/stagedResult';
import { restoreStaged } from '../../../src/restore/staged/restoreStaged';
import { undoLatest } from '../../../src/restore/staged/undo';
import type { TestRepo } from '../../support/repo';
import { sized } from '../../support/size';

/** A test of the long suite alone: each takes many checkpoints. */
export function inLong(title: string, run: Mocha.AsyncFunc): void {
  if (sized({ short: false, long: true })) {
    it(title, run);
  }
}

export const person = { session: 'person', agent: 'editor' } as const;

export async function take(repo: TestRepo, session = 's1'): Promise<Checkpoint> {
  return (await repo.checkpoint({ session, agent: 'test' })).checkpoint;
}

export async function bring(
  repo: TestRepo,
  target: Checkpoint,
  more: Partial<RestoreRequest> = {},
): Promise<StagedResult> {
  return restoreStaged(await repo.worktree(), target, { ...person, ...more });
}

export async function takeBack(repo: TestRepo, more: Partial<RestoreRequest> = {}): Promise<StagedResult> {
  const undone = await undoLatest(await repo.worktree(), { ...person, ...more });
  assert.ok(undone.of === 'staged', 'the index was given back, not files');
  return undone.result;
}

export async function reasonOf(work: Promise<unknown>): Promise<string> {
  const thrown: unknown = await work.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  assert.ok(thrown instanceof BelayError, `refused with a reason: ${String(thrown)}`);
  return thrown.reason;
}

/** The index file, byte for byte; undefined where there is none. */
export function indexBytes(repo: TestRepo): Buffer | undefined {
  const file = path.join(repo.gitDir, 'index');
  return fs.existsSync(file) ? fs.readFileSync(file) : undefined;
}

/** The entries of the index. It is only read. */
export function staged(repo: TestRepo): string {
  return repo.gitBytes(['ls-files', '-s', '-z']).toString('latin1');
}

/** All that restoring staged state must not touch: files, HEAD, and every reference that is not Belay's. */
export function besideIndex(repo: TestRepo): string {
  return repo
    .fingerprint()
    .split('\n')
    .filter((line) => !/^git \S+ (?:index|sharedindex\.\w+) /.test(line))
    .join('\n');
}
