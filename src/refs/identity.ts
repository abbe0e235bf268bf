import nodeFs from 'node:fs';
import { hostname } from 'node:os';
import { hasCode } from '../git/diskErrors';

/** A process that can be told from every other: its number alone is used again, and means nothing on another machine. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the kernel's ticks; empty where the system does not say. */
  readonly started: string;
  /** Where process numbers are its own: a machine since its last start, and a container on it. */
  readonly host: string;
}

/**
 * What is known of a process. `elsewhere`: it is of another machine or container, or was when it is not known whether. `unclear`: its number is in use, and the system does not say since when.
 */
export type ProcessLife = 'runs' | 'ended' | 'elsewhere' | 'unclear';

/** The identity of a process of this machine. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, started: statusOf(pid).started, host: thisHost() };
}

export function formatIdentity({ pid, started, host }: ProcessIdentity): string {
  return `${pid}~${started}~${host}`;
}

export function parseIdentity(text: string): ProcessIdentity | undefined {
  const match = /^(\d+)~([^~]*)~([^~]*)$/.exec(text);
  return match === null
    ? undefined
    : { pid: Number(match[1]), started: match[2] ?? '', host: match[3] ?? '' };
}

/** Whether a process still runs, as far as this machine can tell without comparing clocks. */
export function lifeOf(identity: ProcessIdentity): ProcessLife {
  if (identity.host !== thisHost()) {
    return isBeforeRestart(identity.host) ? 'ended' : 'elsewhere';
  }
  try {
    process.kill(identity.pid, 0);
  } catch (thrown) {
    if (hasCode(thrown, 'ESRCH')) {
      return 'ended';
    }
  }
  const { started, over } = statusOf(identity.pid);
  if (over) {
    return 'ended';
  }
  if (started === '' || identity.started === '') {
    return 'unclear';
  }
  return started === identity.started ? 'runs' : 'ended';
}

/**
 * Where process numbers mean what they mean here: `platform.name.machine.container.start`. What the system does not tell
 * is empty.
 */
export function thisHost(): string {
  return [
    process.platform,
    hostname(),
    readText('/etc/machine-id').trim(),
    readLink('/proc/self/ns/pid'),
    readText('/proc/sys/kernel/random/boot_id').trim(),
  ]
    .map((part) => part.replace(/[^A-Za-z0-9-]/g, '_'))
    .join('.');
}

/** Whether it is this very machine, but before its last start: nothing of then still runs. */
function isBeforeRestart(host: string): boolean {
  const [then, now] = [host.split('.'), thisHost().split('.')];
  const [machine, start] = [now[2] ?? '', now[4] ?? ''];
  return (
    machine !== '' &&
    start !== '' &&
    then.length === now.length &&
    then.slice(0, 3).join('.') === now.slice(0, 3).join('.') &&
    then[4] !== '' &&
    then[4] !== start
  );
}

/** When a process started, and whether it is over and only its number is left, until its parent has asked for its end. */
function statusOf(pid: number): { readonly started: string; readonly over: boolean } {
  const stat = readText(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ended = fields[0] === 'Z' || fields[0] === 'X';
  // Where only its first thread has ended, the others still work.
  return { started: fields[19] ?? '', over: ended && threadsOf(pid) <= 1 };
}

function threadsOf(pid: number): number {
  try {
    return nodeFs.readdirSync(`/proc/${pid}/task`).length;
  } catch (thrown) {
    if (thrown instanceof Error) {
      return 0;
    }
    throw thrown;
  }
}

function readLink(file: string): string {
  try {
    return nodeFs.readlinkSync(file);
  } catch (thrown) {
    if (thrown instanceof Error) {
      return '';
    }
    throw thrown;
  }
}

function readText(file: string): string {
  try {
    return nodeFs.readFileSync(file, 'utf8');
  } catch (thrown) {
    if (thrown instanceof Error) {
      // Not Linux, or the process is gone: no answer, and the caller goes by the process number alone.
      return '';
    }
    throw thrown;
  }
}
