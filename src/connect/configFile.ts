import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, realpath, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { BelayError, messageOf, whenRefusedByBelay } from '../errors';
import { hasCode, isDiskError, whenMissing } from '../git/diskErrors';

/** More than this, in bytes, no agent's settings hold; what does is left alone. */
const sizeLimit = 16 * 1024 ** 2;

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

/** A file of an agent's, or of Belay's beside them, as text; undefined where there is none, or none that can be read. */
export async function plainText(file: string): Promise<string | undefined> {
  const bytes = await readBytes(file).catch(whenRefusedByBelay(undefined));
  return bytes?.toString('utf8');
}

/** @throws BelayError `config_unexpected` for what is no file, or holds too much; `config_unreadable`. */
async function readBytes(file: string): Promise<Buffer | undefined> {
  try {
    // Without waiting: a pipe may have no writer.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) {
        const what = stat.isDirectory() ? 'It is a folder.' : 'It is no file.';
        throw new BelayError('config_unexpected', what);
      }
      if (stat.size > sizeLimit) {
        throw new BelayError('config_unexpected', `It holds ${stat.size} bytes, which no settings do.`);
      }
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT', 'ENOTDIR')) {
      return undefined;
    }
    if (!isDiskError(thrown)) {
      throw thrown;
    }
    throw hasCode(thrown, 'ENXIO')
      ? new BelayError('config_unexpected', 'It is no file.', { cause: thrown })
      : new BelayError('config_unreadable', `It could not be read: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/**
 * The file that writing to `file` writes: itself, or what it leads to where it is a link in a person's home, as those who keep
 * their settings elsewhere have it. Refuses what a careful person would not have written for them.
 * @param below neither the file nor a folder below this one may be a link: in a repository it may lead anywhere. Undefined: it
 * is a person's own.
 * @throws BelayError `config_link`, `config_read_only`, `config_unexpected`.
 */
export async function writableFile(file: string, below: string | undefined): Promise<string> {
  const real = below === undefined ? await afterLinks(file) : file;
  for (const place of below === undefined ? [real] : placesBetween(below, file)) {
    const found = await lstat(place).catch(whenMissing(undefined));
    if (found?.isSymbolicLink() === true) {
      throw new BelayError(
        'config_link',
        place === file ? 'It is a symbolic link.' : `${place} is a symbolic link.`,
      );
    }
    if (found !== undefined && place !== real && !found.isDirectory()) {
      throw new BelayError('config_unexpected', `${place} is not a folder.`);
    }
    if (found === undefined || place !== real) {
      continue;
    }
    // An administrator could write it nevertheless, which taking the permission away was not meant to allow.
    if ((found.mode & 0o222) === 0) {
      throw new BelayError('config_read_only', 'It may not be written to.');
    }
    if (found.nlink > 1) {
      throw new BelayError('config_link', 'It has other names (hard links), which would keep the old text.');
    }
  }
  return real;
}

/** @throws BelayError `config_link` for a link that leads nowhere. */
async function afterLinks(file: string): Promise<string> {
  const found = await lstat(file).catch(whenMissing(undefined));
  if (found?.isSymbolicLink() !== true) {
    return file;
  }
  try {
    return await realpath(file);
  } catch (thrown) {
    if (!hasCode(thrown, 'ENOENT', 'ENOTDIR', 'ELOOP')) {
      throw thrown;
    }
    throw new BelayError('config_link', 'It is a symbolic link that leads to no file.', { cause: thrown });
  }
}

/** The folders below one, down to the file. */
function placesBetween(below: string, file: string): string[] {
  const names = path.relative(below, file).split(path.sep);
  return names.map((_, index) => path.join(below, ...names.slice(0, index + 1)));
}

/**
 * Writes a file in one step: a reader sees the old text or the new one, never a part. Its mode and owner stay.
 * @returns the folders that had to be made, the outermost first.
 * @throws whatever keeps it from being written; then it is as it was.
 */
export async function replaceFile(file: string, text: string, executable: boolean): Promise<string[]> {
  const folder = path.dirname(file);
  const outermost = await mkdir(folder, { recursive: true });
  const beside = path.join(folder, `.${path.basename(file)}.${randomUUID()}.new`);
  const old = await lstat(file).catch(whenMissing(undefined));
  try {
    const handle = await open(beside, 'wx', executable ? 0o777 : 0o666);
    try {
      await handle.writeFile(text);
      if (old !== undefined) {
        const made = await handle.stat();
        if (made.uid !== old.uid || made.gid !== old.gid) {
          await handle.chown(old.uid, old.gid);
        }
        await handle.chmod(old.mode & 0o7777);
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
