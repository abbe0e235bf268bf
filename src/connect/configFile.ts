import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, readFile, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { BelayError, messageOf } from '../errors';
import { hasCode, whenMissing } from '../git/missing';

/**
 * A configuration file's text, also through links; undefined where there is none.
 * @throws BelayError `config_unreadable`, `config_unexpected`.
 */
export async function readConfigFile(file: string): Promise<string | undefined> {
  const bytes = await readBytes(file);
  if (bytes === undefined) {
    return undefined;
  }
  const text = bytes.toString('utf8');
  if (!Buffer.from(text).equals(bytes)) {
    throw new BelayError('config_unreadable', 'It is not text in UTF-8.');
  }
  return text;
}

/** Whether a file may have something of Belay's in it: it names Belay's folder, or cannot be read. */
export async function mentionsBelay(file: string): Promise<boolean> {
  try {
    return (await readBytes(file))?.includes('.belay') === true;
  } catch (thrown) {
    if (thrown instanceof BelayError) {
      return thrown.reason !== 'config_unexpected';
    }
    throw thrown;
  }
}

async function readBytes(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file).catch(whenMissing(undefined));
  } catch (thrown) {
    throw hasCode(thrown, 'EISDIR')
      ? new BelayError('config_unexpected', 'It is a folder.', { cause: thrown })
      : new BelayError('config_unreadable', `It could not be read: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/**
 * Refuses to write what a careful person would not have written for them.
 * @param below no folder below this one may be a link: in a repository it may lead anywhere. Undefined: only the file itself
 * must be none.
 * @throws BelayError `config_link`, `config_read_only`, `config_unexpected`.
 */
export async function expectWritable(file: string, below: string | undefined): Promise<void> {
  for (const place of below === undefined ? [file] : placesBetween(below, file)) {
    const found = await lstat(place).catch(whenMissing(undefined));
    if (found?.isSymbolicLink() === true) {
      throw new BelayError(
        'config_link',
        place === file ? 'It is a symbolic link.' : `${place} is a symbolic link.`,
      );
    }
    if (found !== undefined && place !== file && !found.isDirectory()) {
      throw new BelayError('config_unexpected', `${place} is not a folder.`);
    }
    // An administrator could write it all the same; whoever took the permission away did not mean that.
    if (found !== undefined && place === file && (found.mode & 0o222) === 0) {
      throw new BelayError('config_read_only', 'It may not be written to.');
    }
  }
}

/** The folders below one, down to the file. */
function placesBetween(below: string, file: string): string[] {
  const names = path.relative(below, file).split(path.sep);
  return names.map((_, index) => path.join(below, ...names.slice(0, index + 1)));
}

/**
 * Writes a file in one step: whoever reads it meanwhile sees it as it was or as it is to be. Its mode stays.
 * @returns the folders that had to be made, the outermost first.
 * @throws whatever keeps it from being written; then it is as it was.
 */
export async function replaceFile(file: string, text: string, executable: boolean): Promise<string[]> {
  const folder = path.dirname(file);
  const outermost = await mkdir(folder, { recursive: true });
  const beside = path.join(folder, `.${path.basename(file)}.${randomUUID()}.new`);
  const mode = await lstat(file).then((found) => found.mode & 0o7777, whenMissing(undefined));
  try {
    const handle = await open(beside, 'wx', executable ? 0o777 : 0o666);
    try {
      await handle.writeFile(text);
      if (mode !== undefined) {
        await handle.chmod(mode);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (thrown) {
    await rm(beside, { force: true });
    throw thrown;
  }
  return outermost === undefined ? [] : [...new Set([outermost, ...placesBetween(outermost, folder)])];
}

/** Removes folders that hold nothing, the innermost first; the others stay. */
export async function removeEmptyFolders(folders: readonly string[]): Promise<void> {
  for (const folder of [...new Set(folders)].sort((a, b) => b.length - a.length)) {
    await rmdir(folder).catch((thrown: unknown) => {
      if (!hasCode(thrown, 'ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) {
        throw thrown;
      }
    });
  }
}
