import { spawn, type ChildProcess } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { Duplex } from 'node:stream';
import { leadingGroup } from '../git/children';
import { hasCode } from '../git/diskErrors';

/** In the environment of every process of an operation: its id. */
export const operationVariable = 'BELAY_NETWORK';

/**
 * Becomes git, after leaving a watcher in its process group. The watcher waits on the lifeline (3): a line on it means
 * that all is well; its end means that the process at the other side is gone, killed perhaps, and then nobody would end
 * an operation that hangs: the watcher does. It keeps none of the pipes that git writes to, and its number is told on the
 * lifeline.
 */
const becomeGit = `(
  trap '' TERM INT HUP
  if ! read -r over <&3; then kill -TERM 0; sleep 2; kill -KILL 0; fi
) </dev/null >/dev/null 2>&1 &
echo $! >&3
exec 3<&-
exec "$@"`;

/**
 * Starts a program as the leader of a process group (and of a session, so that nothing in it can ask on a terminal). The
 * group ends with this process, however it ends, except on Windows.
 */
export function startGroup(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): ChildProcess {
  const windows = process.platform === 'win32';
  const [file, given] = windows ? [program, args] : ['/bin/sh', ['-c', becomeGit, 'sh', program, ...args]];
  return spawn(file, given, {
    ...leadingGroup(options),
    stdio: windows ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'pipe', 'pipe', 'pipe'],
  });
}

/** The process in a group that ends the group should this process be killed, while it is needed. */
export class Watcher {
  private said = '';

  constructor(private readonly child: ChildProcess) {
    const lifeline = this.lifeline();
    lifeline?.on('error', () => undefined);
    lifeline?.on('data', (chunk: Buffer) => {
      this.said += chunk.toString('latin1');
    });
  }

  /**
   * Whether nobody else is left of the group. Only Linux can tell; elsewhere it is taken to be so, and what ignores being
   * asked to end is out of the watcher's sight for the two seconds until it is killed.
   */
  async isAlone(): Promise<boolean> {
    const { pid } = this.child;
    if (process.platform !== 'linux' || pid === undefined) {
      return true;
    }
    const itself = Number(this.said);
    return (await membersOf(pid)).every((member) => member === itself);
  }

  /** Lets it go; without that the group would not become empty. */
  release(): void {
    this.lifeline()?.end('\n');
  }

  /** Keeps this process no longer waiting for it; it does what it does when this process has ended. */
  abandon(): void {
    this.lifeline()?.destroy();
  }

  private lifeline(): Duplex | undefined {
    const pipe = this.child.stdio[3];
    return pipe instanceof Duplex ? pipe : undefined;
  }
}

/**
 * Whether no process of the group runs any more, once its leader has ended. Processes that have ended and were not yet
 * reaped by the process that inherited them do not run: the kernel counts them, so on Linux they are looked at.
 */
export async function groupIsGone(leader: number): Promise<boolean> {
  if (process.platform === 'win32') {
    // taskkill has ended the whole tree, and there is no way to ask again.
    return true;
  }
  try {
    process.kill(-leader, 0);
  } catch (thrown) {
    if (hasCode(thrown, 'ESRCH') || process.platform !== 'linux') {
      return true;
    }
  }
  return process.platform === 'linux' && (await membersOf(leader)).length === 0;
}

/** The processes of a group that run, as Linux tells; with `operation` only those that carry its id. */
export async function membersOf(group: number, operation?: string): Promise<number[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const isMember = async (name: string): Promise<boolean> => {
    const stat = await readProcess(name, 'stat');
    // The command in parentheses may hold anything; what comes after the last of them is state, parent, group.
    const [state = 'X', , itsGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(itsGroup) !== group || 'ZX'.includes(state)) {
      return false;
    }
    const mark = `${operationVariable}=${operation ?? ''}`;
    return operation === undefined || (await readProcess(name, 'environ')).split('\0').includes(mark);
  };
  const marked = await Promise.all(names.map(isMember));
  return names.filter((_, index) => marked[index]).map(Number);
}

async function readProcess(pid: string, file: string): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/${file}`, 'latin1');
  } catch (thrown) {
    // It has ended by now, or belongs to another user.
    if (hasCode(thrown, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) {
      return '';
    }
    throw thrown;
  }
}
