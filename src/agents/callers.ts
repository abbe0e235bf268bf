import { readFileSync } from 'node:fs';
import { identityOf, lifeOf, type ProcessIdentity } from '../refs/identity';

/** Programs that stand between an agent and its hook, and end with it. */
const between = /^(?:sh|bash|dash|ash|zsh|fish|ksh|busybox|env|timeout|nice)$/;

/** So many ancestors are looked at. */
const depth = 32;

interface Ancestor {
  readonly pid: number;
  readonly name: string;
}

/** The processes that this one was started by, the nearest first: an agent is told by the one that runs its hooks. */
export class Callers {
  private constructor(private readonly ancestors: readonly Ancestor[]) {}

  /** Those of a process; none where the system does not tell (it needs `/proc`). */
  static of(pid: number): Callers {
    const ancestors: Ancestor[] = [];
    let next = parentOf(pid);
    while (next !== undefined && next > 1 && ancestors.length < depth) {
      const stat = statOf(next);
      if (stat === undefined) {
        break;
      }
      ancestors.push({ pid: next, name: stat.name });
      next = stat.parent;
    }
    return new Callers(ancestors);
  }

  /** The process that stands for the agent: the nearest that is no shell. */
  agent(): ProcessIdentity | undefined {
    const found = this.ancestors.find(({ name }) => !between.test(name));
    return found === undefined ? undefined : identityOf(found.pid);
  }

  /** Whether that process is among them, or cannot be told from one that is. */
  include(process: ProcessIdentity): boolean {
    const life = this.ancestors.some(({ pid }) => pid === process.pid) ? lifeOf(process) : 'ended';
    return life === 'runs' || life === 'unclear';
  }
}

function parentOf(pid: number): number | undefined {
  return pid === process.pid ? process.ppid : statOf(pid)?.parent;
}

function statOf(pid: number): { readonly name: string; readonly parent: number } | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (thrown) {
    if (thrown instanceof Error) {
      return undefined;
    }
    throw thrown;
  }
  const end = stat.lastIndexOf(')');
  const parent = Number(stat.slice(end + 2).split(' ')[1]);
  return Number.isInteger(parent) ? { name: stat.slice(stat.indexOf('(') + 1, end), parent } : undefined;
}
