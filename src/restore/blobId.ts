import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import fs from 'node:fs/promises';
import { hasCode, isMissing } from '../git/diskErrors';
import type { Repository } from '../git/worktree';
import { lstat } from './statSnapshot';

/**
 * The id that git gives the very bytes of a file, or of a link's target, with no filter in between; undefined where it cannot be
 * read, or grows meanwhile.
 */
export async function blobId(
  { objectFormat }: Pick<Repository, 'objectFormat'>,
  file: Buffer,
): Promise<string | undefined> {
  const stat = await lstat(file);
  try {
    if (stat?.isSymbolicLink() === true) {
      const target = await fs.readlink(file, 'buffer');
      return createHash(objectFormat).update(`blob ${target.length}\0`).update(target).digest('hex');
    }
    return stat?.isFile() === true ? await idOfFile(objectFormat, file, Number(stat.size)) : undefined;
  } catch (thrown) {
    if (isMissing(thrown) || hasCode(thrown, 'EACCES', 'EIO', 'EINVAL')) {
      return undefined;
    }
    throw thrown;
  }
}

async function idOfFile(format: string, file: Buffer, size: number): Promise<string | undefined> {
  const hash = createHash(format).update(`blob ${size}\0`);
  let read = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    const bytes: unknown = chunk;
    if (Buffer.isBuffer(bytes)) {
      read += bytes.length;
      hash.update(bytes);
    }
  }
  return read === size ? hash.digest('hex') : undefined;
}
