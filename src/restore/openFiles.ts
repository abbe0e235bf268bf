import fs from 'node:fs/promises';
import { constants } from 'node:fs';
import { whenRefused } from '../git/diskErrors';

/**
 * Those of the files that some process of this user has open for writing, as far as the system tells (Linux: proc(5), which
 * gives an open file's present name). A process that opened one by its old name before it was moved can still write to it;
 * none can open it under a name that none knows.
 */
export async function openForWriting(files: readonly Buffer[]): Promise<Set<string>> {
  const asked = new Set(files.map((file) => file.toString('latin1')));
  const found = new Set<string>();
  const own = String(process.pid);
  for (const pid of asked.size === 0 ? [] : await names('/proc')) {
    if (!/^\d+$/.test(pid) || pid === own) {
      continue;
    }
    for (const fd of await names(`/proc/${pid}/fd`)) {
      const file = await fs.readlink(`/proc/${pid}/fd/${fd}`, 'buffer').catch(whenRefused(undefined));
      const name = file?.toString('latin1');
      if (name !== undefined && asked.has(name) && (await isForWriting(pid, fd))) {
        found.add(name);
      }
    }
  }
  return found;
}

async function isForWriting(pid: string, fd: string): Promise<boolean> {
  const text = await fs.readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8').catch(whenRefused(undefined));
  const flags = Number.parseInt(/^flags:\s*([0-7]+)/m.exec(text ?? '')?.[1] ?? '2', 8);
  return (flags & (constants.O_WRONLY | constants.O_RDWR)) !== 0;
}

/** Another user's processes are closed to us, and one may end at any moment. */
async function names(folder: string): Promise<string[]> {
  return fs.readdir(folder).catch(whenRefused([]));
}
