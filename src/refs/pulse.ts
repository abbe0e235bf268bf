import path from 'node:path';
import { makeOwnFolder, writeOwnFile } from '../git/own';
import type { Repository } from '../git/worktree';

/** The file that every Belay process rewrites after it changed a reference: watch it instead of asking git. */
export function pulseFile(repository: Repository): string {
  return path.join(repository.belayDir, 'pulse');
}

/** Tells all watchers that there is something new. `what` is for people who look into the file. */
export async function pulse(repository: Repository, what: string): Promise<void> {
  await makeOwnFolder(repository);
  await writeOwnFile(repository, pulseFile(repository), `${what}\n`);
}
