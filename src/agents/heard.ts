import { stat } from 'node:fs/promises';
import path from 'node:path';
import { toleratesDisk, whenMissing } from '../git/diskErrors';
import { ownFolderAt, writeOwnFile } from '../git/own';
import type { Repository } from '../git/worktree';

/** Within so much time, in milliseconds, it is not put down again that an agent was heard. */
export const heardEvery = 5_000;

/**
 * Puts down that a hook of this agent came from this repository. It costs a look at one file, and never fails the hook: who
 * could not be put down was merely not heard.
 */
export async function noteHeard(repository: Repository, agent: string): Promise<void> {
  await isDue(repository, heardFile(repository, agent), heardEvery);
}

/**
 * Whether something was not done within so much time, in milliseconds, by the time of a file, which is then set anew. Where
 * the disk refuses, it is due. A time to come, as after a step of the clock, is none.
 */
export async function isDue(repository: Repository, file: string, every: number): Promise<boolean> {
  try {
    const age = Date.now() - ((await timeOf(file)) ?? 0);
    if (age >= 0 && age < every) {
      return false;
    }
    await ownFolderAt(path.dirname(file), repository.shared, 3);
    await writeOwnFile(repository, file, `${new Date().toISOString()}\n`, { mode: 0o600 });
  } catch (thrown) {
    toleratesDisk(thrown);
  }
  return true;
}

/**
 * When a hook of this agent last came from this repository, in milliseconds since 1970, at most {@link heardEvery} too early;
 * undefined: never. @throws when that cannot be read.
 */
export function heardAt(repository: Repository, agent: string): Promise<number | undefined> {
  return timeOf(heardFile(repository, agent));
}

function timeOf(file: string): Promise<number | undefined> {
  return stat(file).then(({ mtimeMs }) => Math.round(mtimeMs), whenMissing(undefined));
}

function heardFile({ belayDir }: Repository, agent: string): string {
  return path.join(belayDir, 'agents', 'heard', agent);
}
