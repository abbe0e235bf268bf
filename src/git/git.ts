import { existsSync } from 'node:fs';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { messageOf } from '../errors';
import { Bounded, signalGroup, spawnGroup } from './children';
import { sinceStart } from './clock';
import { fixedOptions, gitEnvironment, withoutHooks, type Locale } from './environment';
import { failureFromWords, GitError } from './errors';

export interface GitOptions {
  /** The git program: a name on PATH or an absolute path. */
  readonly binary?: string;
  /** How long one local command may take, in milliseconds. */
  readonly timeLimit?: number;
  /** Told of each finished command, for the log. */
  readonly onCommand?: (line: string) => void;
}

export interface GitCall {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly input?: Buffer | string;
  readonly env?: Readonly<Record<string, string>>;
  readonly locale?: Locale;
  readonly timeLimit?: number;
  readonly signal?: AbortSignal | undefined;
  /** Exit codes that are answers, not failures. Always includes 0. */
  readonly answers?: readonly number[];
}

export interface GitOutput {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const defaultTimeLimit = 120_000;
const outputLimit = 1 << 30;

/**
 * The one door to the git program for plumbing: every call has the fixed options and environment, a time limit, and
 * its own process group; its end is judged by its exit code (a killed command is a failure, whatever it printed).
 * Reads for people go through {@link ./porcelain} instead.
 */
export class Git {
  readonly binary: string;
  readonly timeLimit: number;
  private readonly onCommand: (line: string) => void;
  private readonly live = new Set<ChildProcessWithoutNullStreams>();
  private readonly hooks = new Set<string>();

  constructor(options: GitOptions = {}) {
    this.binary = options.binary ?? 'git';
    this.timeLimit = options.timeLimit ?? defaultTimeLimit;
    this.onCommand = options.onCommand ?? (() => undefined);
  }

  /**
   * Runs one command to its end.
   * @throws GitError when it cannot start, fails, is killed, is cancelled or outlives its limit.
   */
  run(call: GitCall): Promise<GitOutput> {
    const command = call.args.slice(0, 2).join(' ');
    const started = sinceStart();
    return new Promise((resolve, reject) => {
      if (call.signal?.aborted === true) {
        reject(new GitError('cancelled', command, ''));
        return;
      }
      const child = this.start(call.args, call.cwd, call.locale ?? 'fixed', call.env);
      const stderr: Buffer[] = [];
      const bounded = new Bounded(child, {
        limit: call.timeLimit ?? this.timeLimit,
        signal: call.signal,
        output: outputLimit,
      });
      child.stdout.on('data', (chunk: Buffer) => {
        bounded.collect(chunk);
      });
      child.stderr.on('data', (chunk: Buffer) => {
        stderr.push(chunk);
      });
      child.on('error', (thrown) => {
        bounded.gone();
        reject(startError(command, call.cwd, thrown));
      });
      child.on('close', (exitCode, killedBy) => {
        bounded.gone();
        const words = Buffer.concat(stderr).toString('utf8');
        const took = Math.round(sinceStart() - started);
        this.onCommand(`git ${call.args.join(' ')} [${killedBy ?? exitCode ?? '?'}, ${took} ms]`);
        if (bounded.stopped !== undefined) {
          reject(new GitError(bounded.stopped, command, words));
        } else if (exitCode === null) {
          reject(new GitError('killed', command, killedBy ?? 'unknown signal'));
        } else if (exitCode !== 0 && call.answers?.includes(exitCode) !== true) {
          reject(new GitError(failureFromWords(words), command, words));
        } else {
          resolve({ exitCode, stdout: bounded.output, stderr: words });
        }
      });
      // A child that ends before it has read its input breaks the pipe; its exit code says why.
      child.stdin.on('error', () => undefined);
      child.stdin.end(call.input);
    });
  }

  /** Runs a command and gives what it printed, as text without the last line end. */
  async text(call: GitCall): Promise<string> {
    const { stdout } = await this.run(call);
    return stdout.toString('utf8').replace(/\n$/, '');
  }

  /** Starts a command that stays; the caller reads and writes its pipes. See {@link ./plumbing}. */
  start(
    args: readonly string[],
    cwd: string,
    locale: Locale,
    env?: Readonly<Record<string, string>>,
  ): ChildProcessWithoutNullStreams {
    const child = spawnGroup(this.binary, [...fixedOptions, ...args], {
      cwd,
      env: gitEnvironment(process.env, locale, this.withoutHooks(env)),
    });
    this.live.add(child);
    const forget = (): void => {
      this.live.delete(child);
    };
    child.once('error', forget);
    child.once('close', forget);
    return child;
  }

  /** Hooks of these names, which some configuration has, are never run from now on. */
  switchOffHooks(names: Iterable<string>): void {
    for (const name of names) {
      this.hooks.add(name);
    }
  }

  /** These variables, and those that keep hooks of configuration from running. */
  withoutHooks(own?: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    return withoutHooks(this.hooks, own);
  }

  /** Ends every child that is still running, with all that it started. */
  endAll(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): void {
    for (const child of this.live) {
      signalGroup(child, signal);
    }
  }
}

/** Node reports a missing program and a missing working folder with the same code. */
export function startError(command: string, cwd: string, thrown: unknown): GitError {
  const said = existsSync(cwd) ? messageOf(thrown) : `the folder ${cwd} does not exist`;
  return new GitError('not_started', command, said, { cause: thrown });
}
