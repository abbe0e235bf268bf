import {
  spawn,
  type ChildProcess,
  type ChildProcessWithoutNullStreams,
  type SpawnOptions,
} from 'node:child_process';
import { hasCode } from './diskErrors';

/** How long a child that was asked to end may take before it is killed, in milliseconds. */
const killGraceMs = 2_000;

/**
 * Lets a child lead a process group of its own, so that it can be ended together with everything it started: killing only git
 * leaves its helpers running and its pipes open (measured: `close` then never comes).
 */
export function leadingGroup({ cwd, env }: Pick<SpawnOptions, 'cwd' | 'env'>): SpawnOptions {
  return { cwd, env, detached: process.platform !== 'win32', windowsHide: true, shell: false };
}

/** Starts a child as {@link leadingGroup} has it. */
export function spawnGroup(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): ChildProcessWithoutNullStreams {
  return spawn(program, args, { ...leadingGroup(options), stdio: 'pipe' });
}

/** What a child may take. */
export interface Bounds {
  /** In milliseconds. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How much it may print, in bytes. */
  readonly output?: number;
  /** Called when its group is asked to end, and when it was killed because it did not. */
  readonly onEnding?: () => void;
  readonly onKilled?: () => void;
}

/**
 * Keeps a child within its bounds: its whole group is asked to end for the first reason that there is, and killed when it has not
 * ended after two seconds.
 */
export class Bounded<More extends string = never> {
  /** Why it was told to end, if it was. */
  stopped: 'timed_out' | 'cancelled' | 'too_much_output' | More | undefined;
  private readonly chunks: Buffer[] = [];
  private size = 0;
  private readonly timer: NodeJS.Timeout | undefined;
  private killer: NodeJS.Timeout | undefined;

  constructor(
    private readonly child: ChildProcess,
    private readonly bounds: Bounds,
  ) {
    const { limit, signal } = bounds;
    const expire = (): void => {
      this.stop('timed_out');
    };
    this.timer = limit === undefined ? undefined : setTimeout(expire, limit);
    signal?.addEventListener('abort', this.cancel, { once: true });
    if (signal?.aborted === true) {
      this.cancel();
    }
  }

  /** What it has printed, as far as that was kept. */
  get output(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** Keeps what it prints; too much of that stops it. */
  collect(chunk: Buffer): void {
    this.size += chunk.length;
    if (this.size > (this.bounds.output ?? Infinity)) {
      this.stop('too_much_output');
    } else {
      this.chunks.push(chunk);
    }
  }

  /** Ends its group; the first reason counts. */
  stop(why: NonNullable<typeof this.stopped>): void {
    this.stopped ??= why;
    this.endGroup();
  }

  endGroup(): void {
    if (this.killer !== undefined) {
      return;
    }
    this.bounds.onEnding?.();
    signalGroup(this.child, 'SIGTERM');
    this.killer = setTimeout(() => {
      signalGroup(this.child, 'SIGKILL');
      this.bounds.onKilled?.();
    }, killGraceMs);
    this.killer.unref();
  }

  /** The child has ended: its bounds do not count any more. What it has started may still be there. */
  ended(): void {
    clearTimeout(this.timer);
    this.bounds.signal?.removeEventListener('abort', this.cancel);
  }

  /** Nothing is left to be ended. */
  gone(): void {
    this.ended();
    clearTimeout(this.killer);
  }

  private readonly cancel = (): void => {
    this.stop('cancelled');
  };
}

/** Sends a signal to the child's whole group. One that is gone, or that this user may not signal, is not told. */
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
    // The second is also what macOS says of a group in which nothing runs any more.
    if (!hasCode(thrown, 'ESRCH', 'EPERM')) {
      throw thrown;
    }
  }
}
