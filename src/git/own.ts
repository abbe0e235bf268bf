import { rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hasCode, isDiskError, isMissing } from './diskErrors';
import { uniqueName } from './unique';

/** The modes of what is made in a repository that several users share (`core.sharedRepository` in git-config(1)). */
export interface SharedModes {
  readonly file: number;
  readonly folder: number;
}

/** What of a repository tells where Belay's own files go, and with which modes. */
interface OwnFolder {
  readonly commonDir: string;
  readonly shared: SharedModes | undefined;
}

const setGroup = 0o2000;

/** What a value of `core.sharedRepository` means; undefined: each user's own umask decides. */
export function sharedModes(value: string | undefined): SharedModes | undefined {
  const text = (value ?? '').toLowerCase();
  if (/^0[0-7]{3}$/.test(text)) {
    return modesOf(Number.parseInt(text, 8));
  }
  if (['group', 'true', 'yes', 'on', '1'].includes(text)) {
    return modesOf(0o660);
  }
  return ['all', 'world', 'everybody', '2'].includes(text) ? modesOf(0o664) : undefined;
}

/** A folder may be entered by everyone who may read it, and passes its group on to new entries, as git's own folders do. */
function modesOf(file: number): SharedModes {
  return { file: file & 0o666, folder: (file & 0o666) | ((file & 0o444) >> 2) | setGroup };
}

/**
 * Makes a folder below Belay's own, with those above it, but never the common dir: a repository that is removed meanwhile does
 * not come back. @throws what the system says.
 */
export async function makeOwnFolder(
  { commonDir, shared }: OwnFolder,
  ...names: readonly string[]
): Promise<string> {
  const folder = path.join(commonDir, 'belay', ...names);
  await ownFolderAt(folder, shared, names.length + 1);
  return folder;
}

/** Makes a folder, and at most `depth - 1` of those above it. @throws what the system says. */
export async function ownFolderAt(
  folder: string,
  shared: SharedModes | undefined,
  depth: number,
): Promise<void> {
  try {
    await mkdir(folder);
    if (shared !== undefined) {
      await chmod(folder, shared.folder);
    }
  } catch (thrown) {
    if (hasCode(thrown, 'EEXIST')) {
      return;
    }
    if (!hasCode(thrown, 'ENOENT') || depth <= 1) {
      throw thrown;
    }
    await ownFolderAt(path.dirname(folder), shared, depth - 1);
    // Once only: a link that leads nowhere is there, and still nothing can be made in it.
    await ownFolderAt(folder, shared, 1);
  }
}

/**
 * Writes a file of Belay's own; where users share the repository, the others may read and write it, too.
 * @throws what the system says.
 */
export async function writeOwnFile(
  { shared }: Pick<OwnFolder, 'shared'>,
  file: string,
  content: string | Buffer,
  options: { readonly mode?: number; readonly flag?: string; readonly flush?: boolean } = {},
): Promise<void> {
  await writeFile(file, content, options);
  if (shared !== undefined) {
    await shareFile(file, shared);
  }
}

/** Gives a file the modes of a shared repository; one that is another user's has them from that one. */
async function shareFile(file: string, { file: mode }: SharedModes): Promise<void> {
  try {
    await chmod(file, mode);
  } catch (thrown) {
    if (!hasCode(thrown, 'EPERM') && !isMissing(thrown)) {
      throw thrown;
    }
  }
}

/** A folder for the time of one piece of work. */
export interface Scratch {
  readonly folder: string;
  /** Removes it, with all that is in it. */
  remove(): Promise<void>;
}

/** A fresh folder for one piece of work: below Belay's own, or, where that cannot be had, {@link scratchAway}. */
export async function makeScratch(repository: OwnFolder, name: string): Promise<Scratch> {
  try {
    const folder = await makeOwnFolder(repository, 'tmp', `${name}-${uniqueName()}`);
    return { folder, remove: () => removeQuietly(folder) };
  } catch (thrown) {
    if (!isDiskError(thrown)) {
      throw thrown;
    }
    return scratchAway();
  }
}

/** A fresh folder in the system's temporary one, which nobody else may enter. It does not outlive the process. */
export async function scratchAway(): Promise<Scratch> {
  const folder = await mkdtemp(path.join(tmpdir(), 'belay-'));
  const atExit = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', atExit);
  return {
    folder,
    remove: async () => {
      process.removeListener('exit', atExit);
      await removeQuietly(folder);
    },
  };
}

/** What cannot be removed is cleared away by the doctor. */
async function removeQuietly(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (thrown) {
    if (!isDiskError(thrown)) {
      throw thrown;
    }
  }
}
