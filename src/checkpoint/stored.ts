import fs from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { toleratesDisk, whenRefused } from '../git/diskErrors';
import { makeOwnFolder, writeOwnFile } from '../git/own';
import type { GitPath } from '../git/path';
import { uniqueName } from '../git/unique';
import type { Worktree } from '../git/worktree';
import { onDisk } from './hash';

/** How many files are remembered; further ones are stored again each time. */
const maxRemembered = 20_000;

/** A file that was changed so shortly before it was read may change again without `stat` telling, in milliseconds. */
const settlesAfterMs = 2_000;

/** What a file that is slow to store became, and how `stat` saw it then. */
const entry = v.object({ stamp: v.string(), oid: v.pipe(v.string(), v.regex(/^[0-9a-f]{40,64}$/)) });

const table = v.pipe(v.string(), v.parseJson(), v.record(v.string(), entry));

export type StoredBefore = v.InferOutput<typeof entry>;

/**
 * What slow files became when they were last stored, so that a look need not wait for them again. As with git's own index,
 * a file that `stat` sees unchanged is unchanged. Lost or unreadable, it costs time only.
 */
export async function readStored(worktree: Worktree): Promise<Map<GitPath, StoredBefore>> {
  const text = await fs.readFile(fileOf(worktree), 'utf8').catch(whenRefused(''));
  const found = v.safeParse(table, text);
  return new Map(found.success ? Object.entries(found.output) : []);
}

/** Adds to what is known; the disk may refuse it. */
export async function rememberStored(
  worktree: Worktree,
  fresh: ReadonlyMap<GitPath, StoredBefore>,
): Promise<void> {
  if (fresh.size === 0) {
    return;
  }
  const all = [...new Map([...(await readStored(worktree)), ...fresh])].slice(-maxRemembered);
  try {
    const folder = await makeOwnFolder(worktree.repository, 'worktrees', worktree.key);
    const next = path.join(folder, `stored-${uniqueName()}.json`);
    await writeOwnFile(worktree.repository, next, JSON.stringify(Object.fromEntries(all)));
    await fs.rename(next, path.join(folder, 'stored.json'));
  } catch (thrown) {
    toleratesDisk(thrown);
  }
}

/** Objects that it names may be gone: files are stored anew. */
export async function forgetStored(worktree: Worktree): Promise<void> {
  await fs.rm(fileOf(worktree), { force: true }).catch(toleratesDisk);
}

/** How `stat` sees a file: equal as long as nobody wrote to it; undefined where it is no file. */
export interface Stamp {
  readonly text: string;
  /** Whether its last change is long enough ago for the stamp to tell the next one. */
  readonly settled: boolean;
}

export async function stampOf(worktree: Worktree, name: GitPath): Promise<Stamp | undefined> {
  try {
    const stat = await fs.lstat(onDisk(worktree, name), { bigint: true });
    const changed = Number(stat.mtimeMs > stat.ctimeMs ? stat.mtimeMs : stat.ctimeMs);
    return stat.isFile()
      ? {
          text: [stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join('-'),
          settled: Math.abs(Date.now() - changed) > settlesAfterMs,
        }
      : undefined;
  } catch (thrown) {
    toleratesDisk(thrown);
    return undefined;
  }
}

function fileOf(worktree: Worktree): string {
  return path.join(worktree.repository.belayDir, 'worktrees', worktree.key, 'stored.json');
}
