import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { Socket } from 'node:net';
import { Bounded } from './children';
import { failureFromWords, GitError } from './errors';
import { startError, type Git } from './git';
import { stateOf } from './lasting';

/** How long an unused process is kept, in milliseconds. */
const idleLimit = 30_000;

/**
 * A git process that answers one request after another over its pipes. It starts with the first request, ends when it
 * has been idle, and a process that died or hung is replaced for the next request; the failed request is rejected. So is one
 * that was started under another configuration: after `git refs migrate` it would go on with references that nobody else sees.
 */
export class LongLived {
  private running: Running | undefined;
  private queue: Promise<unknown> = Promise.resolve();
  private idle: NodeJS.Timeout | undefined;

  constructor(
    private readonly git: Git,
    private readonly args: readonly string[],
    private readonly cwd: string,
    private readonly configFile: string,
  ) {}

  /**
   * Sends a request and reads its answer; requests are answered in the order in which they came.
   * @throws GitError when the process ends, or does not answer within the time limit.
   */
  request<T>(input: string | Buffer, read: (answer: OutputReader) => Promise<T>): Promise<T> {
    const turn = this.queue.then(() => this.serve(input, read));
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  close(): void {
    clearTimeout(this.idle);
    this.running?.child.stdin.end();
    this.running = undefined;
  }

  private async serve<T>(input: string | Buffer, read: (answer: OutputReader) => Promise<T>): Promise<T> {
    clearTimeout(this.idle);
    const configured = stateOf(this.configFile);
    if (this.running !== undefined && this.running.configured !== configured) {
      this.close();
    }
    const running = this.running ?? this.startProcess(configured);
    running.child.ref();
    const timer = setTimeout(() => {
      running.answer.fail(new GitError('timed_out', this.args.slice(0, 2).join(' '), ''));
      running.bounded.endGroup();
    }, this.git.timeLimit);
    try {
      running.child.stdin.write(input);
      return await read(running.answer);
    } catch (thrown) {
      if (this.running === running) {
        this.running = undefined;
      }
      // A caller that catches the failure may rely on the process being gone.
      running.bounded.endGroup();
      await running.gone;
      throw thrown;
    } finally {
      clearTimeout(timer);
      running.child.unref();
      this.idle = setTimeout(() => {
        this.close();
      }, idleLimit);
      this.idle.unref();
    }
  }

  private startProcess(configured: string): Running {
    const command = this.args.slice(0, 2).join(' ');
    const child = this.git.start(this.args, this.cwd, 'fixed');
    // Each request has a limit of its own.
    const bounded = new Bounded(child, {});
    const answer = new OutputReader();
    let words = '';
    child.stdout.on('data', (chunk: Buffer) => {
      answer.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString('utf8')).slice(-16_384);
    });
    child.stdin.on('error', () => undefined);
    child.once('error', (thrown) => {
      answer.fail(startError(command, this.cwd, thrown));
    });
    const gone = new Promise<void>((resolve) => {
      child.once('error', () => {
        resolve();
      });
      child.once('close', () => {
        resolve();
      });
    });
    const running = { child, bounded, answer, gone, configured };
    child.once('close', (exitCode, killedBy) => {
      bounded.gone();
      const failure = exitCode === null ? 'killed' : failureFromWords(words);
      answer.fail(
        new GitError(failure, command, words === '' ? (killedBy ?? `exit ${exitCode ?? '?'}`) : words),
      );
      if (this.running === running) {
        this.running = undefined;
      }
    });
    for (const pipe of [child.stdin, child.stdout, child.stderr]) {
      // Between requests the process must not keep ours alive; during one the pending timer does.
      if (pipe instanceof Socket) {
        pipe.unref();
      }
    }
    this.running = running;
    return running;
  }
}

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly bounded: Bounded;
  readonly answer: OutputReader;
  readonly gone: Promise<void>;
  /** The state of the configuration that it was started under. */
  readonly configured: string;
}

/** What a process has printed so far, read piece by piece. */
export class OutputReader {
  private chunks: Buffer[] = [];
  private size = 0;
  private failure: Error | undefined;
  private wake: (() => void) | undefined;

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
    this.wake?.();
  }

  fail(failure: Error): void {
    this.failure ??= failure;
    this.wake?.();
  }

  /** The bytes before the next `end`, which is consumed. */
  async until(end: number): Promise<Buffer> {
    for (let searched = 0; ;) {
      const at = this.joined().indexOf(end, searched);
      if (at >= 0) {
        const found = this.cut(at);
        this.cut(1);
        return found;
      }
      searched = this.size;
      await this.more(searched);
    }
  }

  /** The next `size` bytes. */
  async take(size: number): Promise<Buffer> {
    while (this.size < size) {
      await this.more(this.size);
    }
    return this.cut(size);
  }

  private joined(): Buffer {
    const [first] = this.chunks;
    if (first !== undefined && this.chunks.length === 1) {
      return first;
    }
    const joined = Buffer.concat(this.chunks);
    this.chunks = [joined];
    return joined;
  }

  private cut(size: number): Buffer {
    const joined = this.joined();
    this.chunks = [joined.subarray(size)];
    this.size -= size;
    return joined.subarray(0, size);
  }

  private more(known: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.wake = undefined;
        if (this.size > known) {
          resolve();
        } else if (this.failure !== undefined) {
          reject(this.failure);
        } else {
          this.wake = settle;
        }
      };
      settle();
    });
  }
}
