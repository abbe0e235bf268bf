import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { signalTo } from '../../support/processes';

/** How a run ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface RunningAgent {
  readonly pid: number;
  /** Kept once the agent itself has ended; what it started may still run. */
  readonly ended: Promise<Ended>;
  /** As Ctrl-C in a terminal does: to the agent and all of its process group. */
  readonly signal: (name: NodeJS.Signals) => void;
}

/** After this long an agent is killed, in milliseconds: nothing may hang. */
const limit = 120_000;

/** Starts a program in a process group of its own, with this environment and nothing else. */
export function startAgent(
  [program = '', ...args]: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): RunningAgent {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const { pid } = child;
  if (pid === undefined) {
    throw new Error(`${program} could not be started.`);
  }
  const texts = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (texts.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (texts.err += chunk.toString()));
  const ended = new Promise<Ended>((resolve, reject) => {
    const timer = setTimeout(() => {
      signalTo(-pid, 'SIGKILL');
      reject(new Error(`${program} did not end within ${limit} ms.\n${texts.out}\n${texts.err}`));
    }, limit);
    child.once('error', reject).once('exit', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, ...texts });
    });
  });
  return { pid, ended, signal: (name) => signalTo(-pid, name) };
}

/** A variable that marks all processes of a run. */
export const mark = 'BELAY_AGENT_RUN';

/** So long what an agent has left behind may go on, in milliseconds: hooks that outlive it. */
const patience = 15_000;

/** Waits until nothing of a run is left; what stays is ended. @returns what had to be. */
export async function leftovers(value: string): Promise<string[]> {
  const end = performance.now() + patience;
  for (;;) {
    const left = marked(value);
    if (left.length === 0) {
      return [];
    }
    if (performance.now() > end) {
      return left.filter(({ pid }) => signalTo(pid, 'SIGKILL')).map(({ command }) => command);
    }
    // Each look reads the environment of every process there is.
    await pause(100);
  }
}

function marked(value: string): { readonly pid: number; readonly command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && read(name, 'environ').includes(`${mark}=${value}`))
    .map((name) => ({ pid: Number(name), command: read(name, 'cmdline').join(' ').trim() }))
    .filter(({ command }) => command !== '');
}

/** A file of a process, in its parts; none where the process is gone, or nobody's business. */
function read(pid: string, file: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown) {
      return [];
    }
    throw thrown;
  }
}
