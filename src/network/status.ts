import { randomUUID } from 'node:crypto';
import { readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { hasCode, whenMissing } from '../git/diskErrors';
import { makeOwnFolder, writeOwnFile } from '../git/own';
import type { Repository, Worktree } from '../git/worktree';
import { thisHost } from '../refs/identity';
import { resolveRemote, type Remote } from './remote';

/** How long a remote is left alone after its first failure, in milliseconds; doubled with each further one. */
const firstPauseMs = 30_000;
/** The longest that a remote is left alone, in milliseconds. */
export const longestPauseMs = 30 * 60_000;

const time = v.pipe(v.number(), v.finite(), v.minValue(0));

const schema = v.object({
  version: v.literal(1),
  /** Its URL without credentials, for people who look into the file. */
  remote: v.string(),
  lastFetched: v.optional(time),
  lastAnswered: v.optional(time),
  /** How often it failed since it last answered. */
  failures: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  failed: v.optional(
    v.object({
      words: v.string(),
      /** In milliseconds since the epoch. */
      at: time,
      /** The same moment in milliseconds since the start of the machine, whose name and start `host` holds. */
      uptime: time,
      host: v.string(),
    }),
  ),
});

type Stored = v.InferOutput<typeof schema>;

/** What is known of a remote from earlier operations. Times are in milliseconds since the epoch. */
export interface RemoteStatus {
  /** When the last fetch that succeeded was *started*. */
  readonly lastFetched: number | undefined;
  /** When it last did what it was asked for, whatever that was. */
  readonly lastAnswered: number | undefined;
  /** How often it failed in a row. */
  readonly failures: number;
  /** Until when it is left alone, unless asked for explicitly; undefined when it is not. */
  readonly retryAfter: number | undefined;
  readonly lastFailure: string | undefined;
}

/**
 * What is known of a remote; asks no remote.
 * @throws BelayError when git cannot be asked what the name leads to.
 */
export async function remoteStatus(worktree: Worktree, remote: string): Promise<RemoteStatus> {
  return readStatus(worktree.repository, await resolveRemote(worktree, remote, 'fetch'));
}

export async function readStatus(repository: Repository, remote: Remote): Promise<RemoteStatus> {
  const stored = await read(repository, remote);
  const remaining = remainingPause(stored);
  return {
    lastFetched: stored.lastFetched,
    lastAnswered: stored.lastAnswered,
    failures: stored.failures,
    retryAfter: remaining === 0 ? undefined : Date.now() + remaining,
    lastFailure: stored.failed?.words,
  };
}

/** Records that a remote has answered. `fetchedAt`: when a fetch that has succeeded was started. */
export async function recordAnswer(
  repository: Repository,
  remote: Remote,
  fetchedAt: number | undefined,
): Promise<void> {
  const { lastFetched } = await read(repository, remote);
  const latest = fetchedAt ?? lastFetched;
  await write(repository, remote, {
    failures: 0,
    lastAnswered: Date.now(),
    ...(latest === undefined ? {} : { lastFetched: latest }),
  });
}

/** Records that a remote has not answered. */
export async function recordFailure(repository: Repository, remote: Remote, words: string): Promise<void> {
  const { lastFetched, lastAnswered, failures } = await read(repository, remote);
  await write(repository, remote, {
    failures: Math.min(failures + 1, 1_000),
    failed: { words, at: Date.now(), uptime: uptime(), host: thisHost() },
    ...(lastFetched === undefined ? {} : { lastFetched }),
    ...(lastAnswered === undefined ? {} : { lastAnswered }),
  });
}

/** How long a remote is left alone after so many failures in a row, in milliseconds. */
export function pauseAfter(failures: number): number {
  return failures === 0 ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures - 1, 20));
}

/**
 * Over as soon as the clock *or* the machine's own count says so: a clock that was set back holds nothing up, and the
 * count, which stands still while a machine sleeps, neither. After a restart, or on another machine, nothing is known
 * and nothing is held up.
 */
function remainingPause({ failures, failed }: Stored): number {
  if (failed === undefined || failed.host !== thisHost()) {
    return 0;
  }
  const pause = pauseAfter(failures);
  const passed = uptime() - failed.uptime;
  const byClock = Date.now() - failed.at;
  return passed < 0 ? 0 : Math.max(0, pause - Math.max(passed, byClock));
}

function uptime(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/** A file that is missing, broken or of another version is as good as none: the remote is simply tried. */
async function read(repository: Repository, remote: Remote): Promise<Stored> {
  const text = await readFile(fileOf(repository, remote), 'utf8').catch((thrown: unknown) => {
    if (hasCode(thrown, 'EISDIR', 'EACCES', 'EPERM')) {
      return '';
    }
    return whenMissing('')(thrown);
  });
  const found = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  return found.success ? found.output : { version: 1, remote: remote.address, failures: 0 };
}

async function write(
  repository: Repository,
  remote: Remote,
  stored: Omit<Stored, 'version' | 'remote'>,
): Promise<void> {
  const file = fileOf(repository, remote);
  const fresh = `${file}.${randomUUID()}`;
  await makeOwnFolder(repository, 'network');
  try {
    await writeOwnFile(
      repository,
      fresh,
      `${JSON.stringify({ version: 1, remote: remote.address, ...stored })}\n`,
    );
    await rename(fresh, file);
  } catch (thrown) {
    await rm(fresh, { force: true });
    throw thrown;
  }
}

function fileOf(repository: Repository, remote: Remote): string {
  return path.join(networkFolder(repository), `${remote.id}.json`);
}

/** Where what is known of remotes is kept; all of it can be lost. */
export function networkFolder(repository: Repository): string {
  return path.join(repository.belayDir, 'network');
}
