import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { whenRefused } from '../git/diskErrors';
import type { Repository } from '../git/worktree';

/**
 * Open questions are remembered outside of git as well, so that one whose reference is gone is missed: with the repository, for
 * everybody who shares it, and in the home of each person who asked or saw it. Either suffices. A question is one file, named by its id,
 * in a folder named by its worktree.
 */
export const folderName = 'questions';

/** Where questions are remembered. */
export interface MemoryPlace {
  readonly folder: string;
  readonly isHome: boolean;
}

/** The places there are: with the repository, and in the home where that can be told. */
export async function placesOf(
  repository: Pick<Repository, 'commonDir' | 'belayDir'>,
): Promise<MemoryPlace[]> {
  const own = { folder: path.join(repository.belayDir, folderName), isHome: false };
  const home = await homeFolder(repository).catch(whenRefused(undefined));
  return home === undefined ? [own] : [own, { folder: home, isHome: true }];
}

/** The folder in the home for one repository. @throws what the system says of the repository's folder. */
export async function homeFolder({ commonDir }: Pick<Repository, 'commonDir'>): Promise<string> {
  return path.join(homedir(), '.belay', folderName, await nameOf(commonDir));
}

/**
 * A repository by its place and by when its folder was made: a copy lies elsewhere, and one that was made anew at the same
 * place is younger. Where the file system does not say when a folder was made (0, or the time of its last change), its number
 * there stands for it.
 */
export async function nameOf(commonDir: string): Promise<string> {
  const { birthtimeNs, ctimeNs, ino } = await stat(commonDir, { bigint: true });
  const made = birthtimeNs > 0n && birthtimeNs !== ctimeNs ? `t${birthtimeNs}` : `n${ino}`;
  return `${hash(commonDir)}-${made}`;
}

/** FNV-1a in 64 bits (RFC 9923): `node:crypto` would take every hook of an agent three milliseconds to load. */
function hash(text: string): string {
  let value = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text, 'utf8')) {
    value = BigInt.asUintN(64, (value ^ BigInt(byte)) * 0x100000001b3n);
  }
  return value.toString(16).padStart(16, '0');
}
