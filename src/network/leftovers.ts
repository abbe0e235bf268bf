import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { hasCode, whenMissing } from '../git/diskErrors';
import { makeOwnFolder, writeOwnFile } from '../git/own';
import type { Repository } from '../git/worktree';
import { membersOf } from './group';
import { formatIdentity, identityOf, lifeOf, parseIdentity } from '../refs/identity';
import type { Remote } from './remote';
import { networkFolder } from './status';

/** How long what is left of an operation may take to end before it is killed, in milliseconds. */
const killGraceMs = 2_000;

const schema = v.object({
  /** The process group that the operation runs in. */
  group: v.pipe(v.number(), v.safeInteger(), v.minValue(2)),
  /** What its processes carry in their environment: group numbers are used again. */
  operation: v.pipe(v.string(), v.minLength(8)),
  /** The process that waits for it (refs/identity.ts). */
  owner: v.string(),
});

/** Records which processes work on a remote, for the next process if this one is killed. */
export async function noteGroup(
  repository: Repository,
  remote: Remote,
  group: number,
  operation: string,
): Promise<void> {
  const owner = formatIdentity(identityOf(process.pid));
  await makeOwnFolder(repository, 'network');
  await writeOwnFile(
    repository,
    fileOf(repository, remote),
    `${JSON.stringify({ group, operation, owner })}\n`,
  );
}

export async function forgetGroup(repository: Repository, remote: Remote): Promise<void> {
  await rm(fileOf(repository, remote), { force: true });
}

/**
 * Whether an operation on the remote still runs that its lock no longer tells of: the process that started it is gone,
 * and the operation is ended, as nobody waits for it; or the lock was removed. To be asked by the holder of the lock.
 * Elsewhere than on Linux nothing is found: there the watcher in the operation's own group (group.ts) has to be enough.
 */
export async function endLeftovers(repository: Repository, remote: Remote): Promise<boolean> {
  if (process.platform !== 'linux') {
    return false;
  }
  const text = await readFile(fileOf(repository, remote), 'utf8').catch(whenMissing(''));
  const found = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  if (!found.success) {
    return false;
  }
  const { group, operation } = found.output;
  const owner = parseIdentity(found.output.owner);
  const members = await membersOf(group, operation);
  if (members.length > 0 && owner !== undefined && lifeOf(owner) === 'ended') {
    tell(members, 'SIGTERM');
    // In the background: the caller is told at once that it still runs.
    setTimeout(() => {
      void membersOf(group, operation).then((left) => {
        tell(left, 'SIGKILL');
      });
    }, killGraceMs).unref();
  }
  return members.length > 0;
}

function tell(members: readonly number[], signal: 'SIGTERM' | 'SIGKILL'): void {
  for (const pid of members) {
    try {
      process.kill(pid, signal);
    } catch (thrown) {
      if (!hasCode(thrown, 'ESRCH', 'EPERM')) {
        throw thrown;
      }
    }
  }
}

function fileOf(repository: Repository, remote: Remote): string {
  return path.join(networkFolder(repository), `${remote.id}.group`);
}
