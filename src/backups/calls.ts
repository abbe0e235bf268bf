import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { toleratesDisk } from '../git/diskErrors';
import { makeOwnFolder, writeOwnFile } from '../git/own';
import type { Repository } from '../git/worktree';
import { sessionComponent } from '../refs/names';

/** A branch of a remote that a push may take something from. */
export interface Pushed {
  /** Its name here: `refs/remotes/…`. */
  readonly ref: string;
  /** What it was at before, as far as that was known. */
  readonly tip: string;
  /** What its name here was at. */
  readonly was?: string | undefined;
  /** Whether the remote itself said so. */
  readonly sure: boolean;
}

/**
 * A tool call of a connected agent that is under way: commits that the references lose during it may be its doing. Recorded before
 * it and removed after it. The file may be lost: then they count as the doing of the next one that looks.
 */
export interface Call {
  /** What it may take from remotes, where it pushes. */
  readonly pushed?: readonly Pushed[] | undefined;
  readonly session: string;
  readonly agent: string;
  readonly command?: string | undefined;
  /** Whether its own words say that it may drop something. */
  readonly suspect: boolean;
  /** The worktree that it was called in. */
  readonly worktree: string;
  /** When it began, in milliseconds since the epoch. */
  readonly since: number;
  /** What the names had left by then without anybody having judged it: not its doing. */
  readonly left: readonly string[];
  /** What there is to say of it beside. */
  readonly note?: string | undefined;
}

/** After so long, in milliseconds, a call that nobody has ended is taken for one whose agent was killed. */
const abandonedAfterMs = 60 * 60_000;

const schema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    session: v.string(),
    agent: v.string(),
    command: v.optional(v.string()),
    suspect: v.boolean(),
    worktree: v.string(),
    since: v.number(),
    left: v.array(v.string()),
    note: v.optional(v.string()),
    pushed: v.optional(
      v.array(v.object({ ref: v.string(), tip: v.string(), was: v.optional(v.string()), sure: v.boolean() })),
    ),
  }),
);

export async function beginCall(repository: Repository, call: Call): Promise<void> {
  const file = callFile(repository, call);
  try {
    await makeOwnFolder(repository, 'agents', 'calls');
    await writeOwnFile(repository, file, `${JSON.stringify(call)}\n`, { mode: 0o600 });
  } catch (thrown) {
    toleratesDisk(thrown);
  }
}

/** The calls that are under way. */
export async function openCalls(repository: Repository): Promise<Call[]> {
  const folder = callFolder(repository);
  const calls: Call[] = [];
  for (const name of await readdir(folder).catch(noneWhereRefused)) {
    const text = await readFile(path.join(folder, name), 'utf8').catch(noneWhereRefused);
    const parsed = v.safeParse(schema, typeof text === 'string' ? text : '');
    if (parsed.success && Math.abs(Date.now() - parsed.output.since) < abandonedAfterMs) {
      calls.push(parsed.output);
    }
  }
  return calls;
}

export async function endCall(repository: Repository, call: Pick<Call, 'session' | 'agent'>): Promise<void> {
  await rm(callFile(repository, call), { force: true }).catch(toleratesDisk);
}

function callFile(repository: Repository, { session, agent }: Pick<Call, 'session' | 'agent'>): string {
  return path.join(callFolder(repository), `${agent}-${sessionComponent(session)}`);
}

function callFolder({ belayDir }: Repository): string {
  return path.join(belayDir, 'agents', 'calls');
}

function noneWhereRefused(thrown: unknown): string[] {
  toleratesDisk(thrown);
  return [];
}
