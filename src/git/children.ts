import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { hasCode } from './diskErrors';

/** How long a child that was asked to end may take before it is killed, in milliseconds. */
const killGraceMs = 2_000;

/**
 * Starts a child that leads a process group of its own, so that it can be ended together with everything it started:
 * killing only git leaves its helpers running and its pipes open (measured: `close` then never comes).
 */
export function spawnGroup(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): ChildProcessWithoutNullStreams {
  return spawn(program, args, {
    cwd: options.cwd,
    env: options.env,
    detached: process.platform !== 'win32',
    windowsHide: true,
    shell: false,
    stdio: 'pipe',
  });
}

/** Asks the child's whole group to end, and kills it when it has not ended after two seconds. */
export function endGroup(child: ChildProcessWithoutNullStreams): void {
  signalGroup(child, 'SIGTERM');
  const killer = setTimeout(() => {
    signalGroup(child, 'SIGKILL');
  }, killGraceMs);
  killer.unref();
  child.once('close', () => {
    clearTimeout(killer);
  });
}

/** Sends a signal to the child's whole group; a group that is gone already is no fault. */
export function signalGroup(
  child: { readonly pid?: number | undefined },
  signal: 'SIGTERM' | 'SIGKILL',
): void {
  if (child.pid === undefined) {
    return;
  }
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(child.pid), '/T', '/F'], { windowsHide: true, stdio: 'ignore' });
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch (thrown) {
    if (!hasCode(thrown, 'ESRCH')) {
      throw thrown;
    }
  }
}
