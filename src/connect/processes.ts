import { readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { knownAgents } from '../agents/registry';

/** A process of an agent. */
export interface RunningAgent {
  readonly agent: string;
  readonly pid: number;
  /** The folder that it works in, with links resolved. */
  readonly cwd: string;
  /** In milliseconds since 1970, by this machine's count since its start, so that a step of the clock moves it along. */
  readonly startedAt: number;
}

/** Programs whose first argument says what they run. */
const interpreters = /^(?:node|nodejs|bun|deno)$/;

/** The kernel counts in hundredths of a second towards programs, whatever it does itself (proc(5)). */
const ticks = 100;

/**
 * The agents that run now and may be looked at, by the names of their programs; a process that such a one has started of the
 * same agent is not named again. None where the system does not tell (it needs `/proc`).
 */
export async function runningAgents(): Promise<RunningAgent[]> {
  const uptime = Number((await told(readFile('/proc/uptime', 'utf8')))?.split(' ')[0]);
  const names = (await told(readdir('/proc'))) ?? [];
  if (!Number.isFinite(uptime)) {
    return [];
  }
  const now = Date.now();
  const found = new Map<number, RunningAgent & { readonly parent: number }>();
  for (const name of names.filter((one) => /^\d+$/.test(one))) {
    const agent = await agentOf(name);
    const stat = agent === undefined ? undefined : await told(readFile(`/proc/${name}/stat`, 'utf8'));
    const cwd = stat === undefined ? undefined : await told(readlink(`/proc/${name}/cwd`));
    if (agent !== undefined && stat !== undefined && cwd !== undefined) {
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const startedAt = Math.round(now - (uptime - Number(fields[19]) / ticks) * 1_000);
      found.set(Number(name), { agent, pid: Number(name), cwd, startedAt, parent: Number(fields[1]) });
    }
  }
  return [...found.values()]
    .filter(({ agent, parent }) => found.get(parent)?.agent !== agent)
    .map(({ agent, pid, cwd, startedAt }) => ({ agent, pid, cwd, startedAt }));
}

async function agentOf(pid: string): Promise<string | undefined> {
  const [program = '', ...args] = ((await told(readFile(`/proc/${pid}/cmdline`, 'utf8'))) ?? '').split('\0');
  const own = path.basename(program);
  const name = interpreters.test(own) ? path.basename(args.find((arg) => !arg.startsWith('-')) ?? '') : own;
  const bare = name.replace(/\.[cm]?js$/, '');
  return knownAgents.find(({ installation }) => installation.processes.includes(bare))?.name;
}

/** What is read of a process, unless it has ended or belongs to another user. */
async function told<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown) {
      return undefined;
    }
    throw thrown;
  }
}
