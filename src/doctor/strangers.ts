import fs from 'node:fs/promises';
import path from 'node:path';
import { whenRefused } from '../git/diskErrors';
import type { Repository } from '../git/worktree';

/** What stands below Belay's own folder and is neither a file nor a folder. */
export interface Stranger {
  /** Absolute. */
  readonly file: string;
  readonly what: 'link' | 'special';
}

/** Folders in which a killed command may have left the user's files that it was to put in place, links among them. */
const scratch = new Set(['restore', 'tmp']);

/**
 * Links, pipes, sockets and devices below Belay's own folder, which makes none. A link may lead to anything of the user's, and
 * to read a pipe may take for ever: while there is one, the doctor neither reads nor fixes what lies there.
 */
export async function strangers({ belayDir }: Repository): Promise<Stranger[]> {
  const found: Stranger[] = [];
  const look = async (folder: string, depth: number): Promise<void> => {
    // What may not be read is a finding of its own.
    for (const entry of await fs.readdir(folder, { withFileTypes: true }).catch(whenRefused([]))) {
      const file = path.join(folder, entry.name);
      if (entry.isSymbolicLink()) {
        found.push({ file, what: 'link' });
      } else if (entry.isDirectory()) {
        if (depth > 0 || !scratch.has(entry.name)) {
          await look(file, depth + 1);
        }
      } else if (!entry.isFile()) {
        found.push({ file, what: 'special' });
      }
    }
  };
  const own = await fs.lstat(belayDir).catch(whenRefused(undefined));
  if (own?.isSymbolicLink() === true) {
    return [{ file: belayDir, what: 'link' }];
  }
  await look(belayDir, 0);
  return found;
}
