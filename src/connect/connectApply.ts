import { realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import type { PersonalPlaces } from '../agents/installation';
import { BelayError, messageOf, whenRefusedByBelay } from '../errors';
import { whenMissing, whenRefused } from '../git/diskErrors';
import { noteChange } from '../ledger';
import type { Worktree } from '../git/worktree';
import { readConfigFile, removeEmptyFolders, replaceFile } from './configFile';
import { writeHookProgram } from './hookLauncher';
import { readMade, recordFile, writeMade } from './madeRecord';
import type { ConnectionPlan, FileChange, Level, Made } from './connectionModel';

/**
 * Writes what a plan says, the hook program first. All files are looked at once more before the first one is written, and
 * each again right before it is.
 * @throws BelayError `config_changed` when one is not what the plan has seen; `config_not_written` when the disk refuses. Those
 * that were written before it stay written: each is whole by itself, and the same command does the rest.
 */
export async function applyChanges(
  worktree: Worktree | undefined,
  plan: Pick<ConnectionPlan, 'changes' | 'program'>,
  personal: PersonalPlaces,
): Promise<void> {
  const { changes, program } = plan;
  for (const change of changes) {
    await expectUnchanged(change);
  }
  if (program !== undefined) {
    await disk(program.file, () => writeHookProgram(program));
    noteChange('file', program.file, { from: program.before, to: program.after });
  }
  const done = new Map<FileChange, Made | undefined>();
  try {
    for (const change of changes) {
      await expectUnchanged(change);
      done.set(change, await disk(change.file, () => apply(change)));
    }
  } finally {
    await noteMade(worktree, done, personal);
  }
}

async function apply(change: FileChange): Promise<Made | undefined> {
  const { before, after, executable, made } = change;
  const file = change.real ?? change.file;
  if (after === undefined) {
    await rm(file);
    noteChange('file', file, { from: before, to: after });
    return undefined;
  }
  const folders = await replaceFile(file, after, executable);
  noteChange('file', file, { from: before, to: after });
  return made && { ...made, folders: [...new Set([...folders, ...made.folders])] };
}

/** Notes what was made, and takes away the folders of what went. The record may be lost; its disk may refuse. */
async function noteMade(
  worktree: Worktree | undefined,
  done: ReadonlyMap<FileChange, Made | undefined>,
  personal: PersonalPlaces,
): Promise<void> {
  const levels: readonly Level[] = ['project', 'user'];
  for (const level of levels) {
    const own = [...done].filter(([change]) => change.level === level);
    const file = recordFile(level, worktree?.repository, personal);
    if (own.length === 0 || file === undefined) {
      continue;
    }
    const record = new Map(await readMade(file));
    const empty: string[] = [];
    for (const [change, made] of own) {
      if (change.after === undefined) {
        empty.push(...(change.made?.folders ?? []));
      }
      if (made === undefined) {
        record.delete(change.file);
      } else {
        record.set(change.file, made);
      }
    }
    await removeEmptyFolders(empty).catch(whenRefused(undefined));
    // Without it, disconnecting may leave behind something empty; the doctor names the folder that refuses.
    await writeMade(file, record).catch(whenRefused(undefined));
  }
}

/** @throws BelayError `config_changed`. */
async function expectUnchanged({ file, real, before }: FileChange): Promise<void> {
  // A file that can no longer be read has changed.
  const now = (await leadsElsewhere(file, real))
    ? null
    : await readConfigFile(file).catch(whenRefusedByBelay(null));
  if (now !== before) {
    throw new BelayError('config_changed', `${file} was changed by another program after it was read.`);
  }
}

/** Whether what would be written is not what the plan has shown: a file became a link, or a link leads to another one. */
async function leadsElsewhere(file: string, real: string | undefined): Promise<boolean> {
  const expected =
    real ?? path.join(await realpath(path.dirname(file)).catch(whenMissing('')), path.basename(file));
  return (await realpath(file).catch(whenMissing(expected))) !== expected;
}

async function disk<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw new BelayError('config_not_written', `${file} could not be written: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
}
