import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { whenRefused } from '../git/diskErrors';
import { makeOwnFolder, writeOwnFile } from '../git/own';
import type { Repository } from '../git/worktree';
import { thisHost } from '../refs/identity';
import { sessionComponent } from '../refs/names';
import type { Resource } from './lease';

/**
 * A sign of life. It says nothing about who may write: a session that misses its heartbeat is silent, and keeps its lease.
 * Its age is told by the machine's own count since its start, which no clock step moves.
 */
const heartbeat = v.object({
  host: v.string(),
  /** Milliseconds since the machine's start. */
  uptime: v.number(),
});

/** Leaves a sign of life. @throws when the disk refuses; that is no reason to stop, and never a lost lease. */
export async function recordHeartbeat(repository: Repository, resource: Resource): Promise<void> {
  const file = heartbeatFile(repository, resource);
  await makeOwnFolder(repository, 'heartbeats');
  await writeOwnFile(repository, file, `${JSON.stringify({ host: thisHost(), uptime: uptime() })}\n`);
}

/**
 * How long ago the last sign of life was left, in milliseconds; undefined where there is none, or where this machine cannot
 * tell: it was left on another one, or before this one's last start, or the disk does not give it out.
 */
export async function heartbeatAge(repository: Repository, resource: Resource): Promise<number | undefined> {
  const text = await readFile(heartbeatFile(repository, resource), 'utf8').catch(whenRefused(''));
  const found = v.safeParse(v.pipe(v.string(), v.parseJson(), heartbeat), text);
  if (!found.success || found.output.host !== thisHost()) {
    return undefined;
  }
  const age = uptime() - found.output.uptime;
  // Where the system does not tell one start from the next, the count began anew.
  return age < 0 ? undefined : age;
}

function uptime(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

function heartbeatFile(repository: Repository, { kind, name }: Resource): string {
  const component = kind === 'session' ? sessionComponent(name) : name;
  return path.join(repository.belayDir, 'heartbeats', `${kind}-${component}`);
}
