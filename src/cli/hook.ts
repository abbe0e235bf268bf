import { setTimeout as sleep } from 'node:timers/promises';
import { agentOf } from '../agents/registry';
import { Callers } from '../agents/callers';
import type { Refusal } from '../agents/adapter';
import { handle, needsNothing } from '../agents/handle';
import { noteHeard } from '../agents/heard';
import { LookTime } from '../agents/scene';
import { defaultTimeLimit, timeLimitOf } from '../agents/hookSettings';
import { secondLookArgument, startSecondLook } from '../agents/secondLookProcess';
import { BelayError } from '../errors';
import { inert, jsonText } from '../inert';
import { sinceStart } from '../git/clock';
import { Git } from '../git/git';
import { closeWorktree, openWorktree, type Worktree } from '../git/worktree';
import { runSecondLook } from './secondLook';

/** More than this of a payload is not read, in bytes: no agent sends so much. */
const payloadLimit = 256 * 1024 * 1024;

/** What a program is told to end by, as far as it hears of it. */
const endings = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const;

/** Time limit in ms for a hook to look at files: the two of one call together have their agent wait for 8 s at most. */
const longestLooksMs = 4_000;

/** Time limit in ms for a git that was asked to end, before it is killed. */
const killGraceMs = 200;

/** From its agent's side: what a hook is called with, and where its answer goes. */
interface HookStreams {
  readonly input: AsyncIterable<Uint8Array>;
  /** Gets the answer, if there is one. */
  readonly answer: (text: string) => Promise<void>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How Node is to be called to run this program again: its script, and what comes before the hook's own arguments. */
  readonly self: readonly string[];
}

/**
 * `belay hook AGENT [EVENT]`, called by an agent with a payload on standard input. It ends with 0 and in silence, whatever
 * happens, but for a tool call that must not run, which it answers in the agent's own way: two of the agents stop their
 * user's work at any other exit code, and all of them show, or hand to the model, what is printed. It gives up by itself when
 * its time is up.
 */
export async function runHook(args: readonly string[]): Promise<void> {
  if (args[0] === secondLookArgument) {
    return runSecondLook(args[1] ?? '');
  }
  const git = new Git();
  const give = (): never => {
    git.endAll();
    return process.exit(0);
  };
  // A hook may be told to end at any time; to have been killed would count as a failure.
  for (const signal of endings) {
    process.on(signal, give);
  }
  process.on('uncaughtException', give).on('unhandledRejection', give);
  await hook(git, args, {
    input: process.stdin,
    environment: process.env,
    self: process.argv.slice(1, process.argv.length - args.length),
    answer: (text) =>
      new Promise((resolve) => {
        // The caller may have gone.
        process.stdout.on('error', give).write(text, () => {
          resolve();
        });
      }),
  });
  give();
}

/** One hook, which never throws and ends in time. */
async function hook(git: Git, [name = '', event]: readonly string[], streams: HookStreams): Promise<void> {
  const limit = new TimeLimit(defaultTimeLimit);
  try {
    const refusal = await Promise.race([work(git, limit, name, event, streams), limit.over]);
    const adapter = agentOf(name)?.adapter;
    if (refusal !== undefined && adapter !== undefined) {
      await streams.answer(`${jsonText(adapter.refuse({ ...refusal, reason: inert(refusal.reason) }))}\n`);
    }
  } catch {
    // Whatever it was, the agent goes on. What was not covered, a mark tells the next hook.
    return;
  } finally {
    limit.end();
    git.endAll();
    if (limit.signal.aborted) {
      // One that does not hear, or a filter of the user's that it waits for, would go on behind the agent's back.
      await sleep(killGraceMs);
      git.endAll('SIGKILL');
    }
  }
}

async function work(
  git: Git,
  limit: TimeLimit,
  name: string,
  eventName: string | undefined,
  streams: HookStreams,
): Promise<Refusal | undefined> {
  const { input, environment } = streams;
  const agent = agentOf(name);
  const payload = await readAll(input);
  if (agent === undefined || payload === undefined) {
    return undefined;
  }
  const event = agent.adapter.read(JSON.parse(payload), { event: eventName, environment });
  if (event === undefined || needsNothing(event)) {
    return undefined;
  }
  const worktree = await openIfAny(git, event.cwd);
  try {
    if (worktree !== undefined) {
      limit.set(timeLimitOf(worktree));
      await noteHeard(worktree.repository, name);
    }
    const callers = Callers.of(process.pid);
    return await handle(git, worktree, event, {
      agent,
      callers,
      environment,
      finishLater: (where) => startSecondLook(streams.self, where),
      lookTime: new LookTime(longestLooksMs),
      signal: limit.signal,
    });
  } finally {
    if (worktree !== undefined) {
      closeWorktree(worktree);
    }
  }
}

/** An agent may work in a folder above its repositories, or above the worktrees of one. */
async function openIfAny(git: Git, folder: string): Promise<Worktree | undefined> {
  try {
    return await openWorktree(git, folder);
  } catch (thrown) {
    if (thrown instanceof BelayError && ['not_a_repository', 'bare_repository'].includes(thrown.reason)) {
      return undefined;
    }
    throw thrown;
  }
}

async function readAll(input: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of input) {
    size += chunk.length;
    if (size > payloadLimit) {
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** How long the hook may take, counted from when its process started. */
class TimeLimit {
  readonly over: Promise<undefined>;
  private readonly abort = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private elapsed: () => void = () => undefined;

  constructor(milliseconds: number) {
    this.over = new Promise((resolve) => {
      this.elapsed = () => {
        this.abort.abort();
        resolve(undefined);
      };
    });
    this.set(milliseconds);
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  set(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.elapsed, Math.max(1, milliseconds - sinceStart()));
  }

  end(): void {
    clearTimeout(this.timer);
  }
}
