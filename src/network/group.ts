import { spawn, type ChildProcess } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { signalGroup } from '../git/children';
import { hasCode } from '../git/missing';

/** In the environment of every process of an operation: its id. */
export const operationVariable = 'BELAY_NETWORK';

/**
 * Becomes git, after leaving a watcher in its process group. The watcher waits on the lifeline (3): a line on it means
 * that all is well; its end means that the process at the other side is gone, killed perhaps, and then nobody would end
 * an operation that hangs: the watcher does. It keeps none of the pipes that git writes to.
 */
const becomeGit = `(
  trap '' TERM INT HUP
  if ! read -r over <&3; then kill -TERM 0; sleep 2; kill -KILL 0; fi
) </dev/null >/dev/null 2>&1 &
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
  const child = spawn(file, given, {
    cwd: options.cwd,
    env: options.env,
    detached: !windows,
    windowsHide: true,
    shell: false,
    stdio: windows ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  child.stdio[3]?.on('error', () => undefined);
  return child;
}

/** Lets the watcher go; without it the group would not become empty. */
export function releaseWatcher(child: ChildProcess): void {
  const lifeline = child.stdio[3];
  if (lifeline !== null && lifeline !== undefined && 'end' in lifeline) {
    lifeline.end('\n');
  }
}

/** Sends a signal to all of a group. One that is gone, or that this user may not signal, is not told. */
export function tellGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    signalGroup(child, signal);
  } catch (thrown) {
    // Also what macOS says of a group in which nothing runs any more.
    if (!hasCode(thrown, 'EPERM')) {
      throw thrown;
    }
  }
}

/**
 * Whether no process of the group runs any more, once its leader has ended. Processes that have ended and were not yet
 * collected by whoever inherited them do not run: the kernel counts them, so on Linux they are looked at.
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
  const members: number[] = [];
  for (const name of names) {
    const stat = await readProcess(name, 'stat');
    // The command in parentheses may hold anything; what comes after the last of them is state, parent, group.
    const [state = 'X', , itsGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(itsGroup) === group && !'ZX'.includes(state)) {
      const marked =
        operation === undefined ||
        (await readProcess(name, 'environ')).split('\0').includes(`${operationVariable}=${operation}`);
      members.push(...(marked ? [Number(name)] : []));
    }
  }
  return members;
}

async function readProcess(pid: string, file: string): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/${file}`, 'latin1');
  } catch (thrown) {
    // It has ended meanwhile, or belongs to somebody else.
    if (hasCode(thrown, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) {
      return '';
    }
    throw thrown;
  }
}
