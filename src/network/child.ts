import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Bounded } from '../git/children';
import { groupIsGone, startGroup, Watcher } from './group';

/** How long what git started may take to follow it when git has ended by itself, in milliseconds. */
const stragglerGraceMs = 500;
/** Time limit in ms for waiting until a process group that was killed is gone. */
const groupExitTimeoutMs = 1_000;
/** How much a command may print, in bytes; a list of a million references is less. */
const outputLimit = 128 * 1024 * 1024;
const wordsLimit = 16_384;
/** How long a remote may say nothing before its operation makes room for others that wait, in milliseconds. */
const silence = 2_000;

export interface ChildEnd {
  /** Why it was told to end, if it was. */
  readonly stopped: Bounded<'made_room'>['stopped'];
  /** undefined when it was killed, could not be started or has not ended yet. */
  readonly exitCode: number | undefined;
  readonly stdout: Buffer;
  /** The last of what it said, or why it could not be started. */
  readonly stderr: string;
}

export interface ChildRequest {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** In milliseconds; 0 means without a limit. */
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Whether it is to end early, as nothing was heard and others wait. */
  readonly isInTheWay: () => boolean;
  readonly onEnding: () => void;
}

/**
 * One network command and everything that it starts: a process group that is ended as a whole, first politely, after
 * two seconds for certain.
 */
export class NetworkChild {
  /** How it ended. Comes when the group is gone, or a second after it was killed and nevertheless stayed. */
  readonly end: Promise<ChildEnd>;
  /** Comes when no process of the group runs any more, and not before. */
  readonly gone: Promise<void>;
  readonly pid: number | undefined;
  isGone = false;

  private readonly child: ChildProcess;
  private readonly watcher: Watcher;
  private readonly bounded: Bounded<'made_room'>;
  private words = '';
  private heard = false;
  private exitCode: number | undefined;
  private overdue: (() => void) | undefined;
  private patient = true;

  constructor(private readonly request: ChildRequest) {
    this.child = startGroup(request.program, request.args, request);
    this.watcher = new Watcher(this.child);
    this.pid = this.child.pid;
    this.bounded = new Bounded(this.child, {
      limit: request.limit === 0 ? undefined : request.limit,
      signal: request.signal,
      output: outputLimit,
      onEnding: request.onEnding,
      onKilled: () => {
        setTimeout(() => {
          this.giveUpWaiting();
        }, groupExitTimeoutMs).unref();
      },
    });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.heard = true;
      this.bounded.collect(chunk);
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.heard = true;
      this.words = (this.words + chunk.toString('utf8')).slice(-wordsLimit);
    });
    const overdue = new Promise<void>((resolve) => {
      this.overdue = resolve;
    });
    this.gone = this.live();
    this.end = Promise.race([this.gone, overdue]).then(() => ({
      stopped: this.bounded.stopped,
      exitCode: this.exitCode,
      stdout: this.bounded.output,
      stderr: this.words,
    }));
  }

  private async live(): Promise<void> {
    const began = performance.now();
    const watch = setInterval(() => {
      if (!this.heard && performance.now() - began >= silence && this.request.isInTheWay()) {
        this.bounded.stop('made_room');
      }
    }, silence / 4);
    try {
      await this.leaderEnds();
    } finally {
      clearInterval(watch);
      this.bounded.ended();
    }
    await this.groupEnds();
    this.bounded.gone();
    await this.readToTheEnd();
    this.isGone = true;
  }

  /** Nothing ends it (it hangs in the kernel, say): it is still watched, but keeps nobody waiting, nor this process. */
  private giveUpWaiting(): void {
    this.patient = false;
    this.child.unref();
    this.child.stdout?.destroy();
    this.child.stderr?.destroy();
    this.watcher.abandon();
    this.overdue?.();
  }

  private async leaderEnds(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.child.once('error', (thrown) => {
        // A signal that could not be delivered comes here too; the process is there then.
        if (this.child.pid === undefined) {
          this.words = thrown.message;
          resolve();
        }
      });
      this.child.once('exit', (code) => {
        this.exitCode = code ?? undefined;
        resolve();
      });
    });
  }

  /**
   * Waits until the group is gone. What is still there a moment after git has ended by itself was left behind (a helper
   * that hangs, say), and is ended.
   */
  private async groupEnds(): Promise<void> {
    if (this.pid === undefined) {
      return;
    }
    const since = performance.now();
    // What git started has ended before it, when all went well.
    let released = this.exitCode === 0;
    if (released) {
      this.watcher.release();
    }
    // The watcher takes a moment to leave; looking costs more than that.
    for (let pause = 3; ; pause = Math.min(pause * 2, 250)) {
      await sleep(pause, undefined, { ref: this.patient });
      if (!released && (await this.watcher.isAlone())) {
        this.watcher.release();
        released = true;
      }
      if (await groupIsGone(this.pid)) {
        return;
      }
      if (performance.now() - since > stragglerGraceMs) {
        this.bounded.endGroup();
      }
    }
  }

  /** What is in the pipes after the end. A process that left the group may hold them open for ever. */
  private async readToTheEnd(): Promise<void> {
    const { stdout, stderr } = this.child;
    const giveUp = AbortSignal.timeout(stragglerGraceMs);
    const closed = [stdout, stderr].map(async (pipe) => {
      if (pipe !== null && !pipe.closed) {
        await once(pipe, 'close', { signal: giveUp });
      }
    });
    await Promise.allSettled(closed);
    stdout?.destroy();
    stderr?.destroy();
  }
}
