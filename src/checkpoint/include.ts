import { BelayError } from '../errors';
import { pathText, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { readTip } from './chain';
import { look } from './hash';
import { readIgnoreRecord } from './ignoreRecord';
import type { CheckpointRequest, CheckpointResult } from './checkpoint';
import { takeCheckpoint, type TakeOptions } from './take';

/** What a person has included of a worktree, and what ignore rules leave out of its last checkpoint. */
export interface Inclusion {
  readonly included: readonly GitPath[];
  readonly leftOut: readonly GitPath[];
}

export async function readInclusion(worktree: Worktree): Promise<Inclusion> {
  const last = (await readTip(worktree))?.last;
  const { included } = await readIgnoreRecord(worktree, last?.rules);
  const gaps = last?.uncovered.filter(({ reason }) => reason === 'ignored_before') ?? [];
  return { included, leftOut: gaps.map(({ path: name }) => name) };
}

/**
 * Has files and folders captured whatever ignore rules say, from a checkpoint on that is taken now.
 * @throws BelayError `invalid_path` for one that is not there, or is no path of the worktree.
 */
export async function includePaths(
  worktree: Worktree,
  paths: readonly GitPath[],
  who: Pick<CheckpointRequest, 'session' | 'agent' | 'leases'>,
  options: TakeOptions = {},
): Promise<CheckpointResult> {
  for (const [name, { kind }] of await look(worktree, paths)) {
    if (kind === 'nothing' || name === '.') {
      throw new BelayError('invalid_path', `There is no file or folder ${pathText(name)} to be included.`);
    }
  }
  const message = `Included ${paths.map(pathText).join(', ')}`;
  return takeCheckpoint(worktree, { ...who, message, includes: { add: paths, remove: [] } }, options);
}

/** Takes that back: where ignore rules leave the paths out, the checkpoint that is taken now does, too. */
export async function excludePaths(
  worktree: Worktree,
  paths: readonly GitPath[],
  who: Pick<CheckpointRequest, 'session' | 'agent' | 'leases'>,
  options: TakeOptions = {},
): Promise<CheckpointResult> {
  const { included } = await readInclusion(worktree);
  const unknown = paths.find((name) => !included.includes(name));
  if (unknown !== undefined) {
    throw new BelayError('invalid_path', `${pathText(unknown)} is not among what is included.`);
  }
  const message = `No longer included ${paths.map(pathText).join(', ')}`;
  return takeCheckpoint(worktree, { ...who, message, includes: { add: [], remove: paths } }, options);
}
