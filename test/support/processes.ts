import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From its start to its end, in milliseconds. */
  readonly ms: number;
}

export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<Ended>;
}

export interface StartOptions {
  readonly cwd: string;
  /** On top of this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** After this long, in milliseconds, the process is killed and the promise is rejected: nothing may hang. */
  readonly limit?: number;
}

const defaultLimit = 120_000;

/** Starts an operating-system process and collects what it prints. */
export function start(program: string, args: readonly string[], options: StartOptions): Running {
  const began = performance.now();
  const limit = options.limit ?? defaultLimit;
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => undefined);
  const ended = new Promise<Ended>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      // Whatever it started may hold its pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
      reject(new Error(`${program} ${args.join(' ')} did not end within ${limit} ms.`));
    }, limit);
    child.once('error', (thrown) => {
      clearTimeout(timer);
      reject(thrown);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({
        code,
        signal,
        stdout: Buffer.concat(stdout).toString('utf8'),
        stderr: Buffer.concat(stderr).toString('utf8'),
        ms: performance.now() - began,
      });
    });
  });
  if (child.pid === undefined) {
    throw new Error(`${program} could not be started.`);
  }
  return { child, pid: child.pid, ended };
}

/** Runs git to its end; whether it failed is in the answer. */
export function git(cwd: string, ...args: string[]): Promise<Ended> {
  const running = start('git', args, { cwd });
  running.child.stdin?.end();
  return running.ended;
}

export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
}

/** The live children of a process, as /proc has them (Linux). */
export function childrenOf(parent: number): FoundProcess[] {
  return childPids(parent).flatMap((pid) => {
    const stat = readProcess(pid, 'stat');
    // The command in parentheses may hold anything; state and parent come after the last of them.
    const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(ppid) === parent && state !== 'Z'
      ? [{ pid: Number(pid), command: readProcess(pid, 'cmdline').replaceAll('\0', ' ').trim() }]
      : [];
  });
}

/** The kernel's own list where it keeps one, which is quick enough to hit a child that lives for milliseconds. */
function childPids(parent: number): string[] {
  if (existsSync('/proc/self/task') && existsSync(`/proc/self/task/${process.pid}/children`)) {
    return readProcess(String(parent), `task/${parent}/children`)
      .split(' ')
      .filter((pid) => pid !== '');
  }
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}

function readProcess(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && ['ENOENT', 'ESRCH'].includes(String(thrown.code))) {
      return '';
    }
    throw thrown;
  }
}

/** Sends a signal; false when there is no such process any more. */
export function signalTo(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH') {
      return false;
    }
    throw thrown;
  }
}

/** How long nobody looks in between, in milliseconds. */
const pause = 5;

/** Looks again and again until `look` gives something, or the time is over, in milliseconds: nothing may hang. */
export async function waitUntil<T>(look: () => T | undefined, limit = 60_000): Promise<T | undefined> {
  return looking(look, limit, () => sleep(pause));
}

/** As {@link waitUntil}, without a pause, for what lives for milliseconds only: it takes a whole processor. */
export async function catchMoment<T>(look: () => T | undefined, limit: number): Promise<T | undefined> {
  return looking(look, limit, nextTurn);
}

async function looking<T>(
  look: () => T | undefined,
  limit: number,
  between: () => Promise<unknown>,
): Promise<T | undefined> {
  const end = performance.now() + limit;
  for (;;) {
    const found = look();
    if (found !== undefined || performance.now() > end) {
      return found;
    }
    await between();
  }
}

/** Runs something over and over beside the work, and stops it when the work is done. */
export async function beside<T, R>(
  disturbance: (stop: AbortSignal) => Promise<R>,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly disturbed: R }> {
  const stop = new AbortController();
  const disturbing = disturbance(stop.signal);
  try {
    const result = await work();
    stop.abort();
    return { result, disturbed: await disturbing };
  } finally {
    stop.abort();
    await disturbing;
  }
}
