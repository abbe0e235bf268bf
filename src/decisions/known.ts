import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { BelayError } from '../errors';
import { hasCode, whenRefused } from '../git/diskErrors';
import type { Worktree } from '../git/worktree';
import { forget, recallAll } from './memory';
import type { Decision } from './decision';
import { chainOf, recordedDecision } from './read';
import { isSigned, statementOf } from './signature';

/** Whose answers are a person's own on this machine: what their windows signed, and what they were asked about once. */
export interface Known {
  /** The public keys of their windows, as {@link Decision.signature} has them. */
  readonly keys: ReadonlySet<string>;
  /** Versions of decisions whose answer they know. */
  readonly accepted: ReadonlySet<string>;
  /** Answers from before that are not asked about: no window signed yet. In milliseconds since the epoch. */
  readonly since: number;
}

/** What the home knows; without a `since` as long as nothing was kept there. */
export type KnownAtHome = Omit<Known, 'since'> & { readonly since: number | undefined };

/** Kept as names of empty files, so that windows that write at once lose nothing. */
type Kind = 'keys' | 'accepted';

const folder = (...parts: readonly string[]): string => path.join(homedir(), '.belay', 'answers', ...parts);

/** What the person's home knows; a home that cannot be read knows nothing. Writes nothing there. */
export async function knownAtHome(): Promise<KnownAtHome> {
  const [keys, accepted, since] = await Promise.all([
    readdir(folder('keys')).catch(whenRefused([])),
    readdir(folder('accepted')).catch(whenRefused([])),
    sinceAtHome(),
  ]);
  return {
    keys: new Set(keys.map((name) => Buffer.from(name, 'base64url').toString('base64'))),
    accepted: new Set(accepted),
    since,
  };
}

/** Adds a key, or the version of a decision. @returns whether the home could be written. */
export async function knowAtHome(kind: Kind, what: string): Promise<boolean> {
  const name = kind === 'keys' ? Buffer.from(what, 'base64').toString('base64url') : what;
  return write(kind, name).then(() => true, whenRefused(false));
}

async function write(kind: Kind, name: string): Promise<void> {
  await makeFolder(kind);
  await writeFile(folder('since'), String(Date.now()), { flag: 'wx', mode: 0o600 }).catch(
    (thrown: unknown) => {
      if (!hasCode(thrown, 'EEXIST')) {
        throw thrown;
      }
    },
  );
  await writeFile(folder(kind, name), '', { mode: 0o600 });
}

/** What others of Belay keep beside it has modes of its own. */
async function makeFolder(...parts: readonly string[]): Promise<void> {
  await mkdir(path.join(homedir(), '.belay'), { recursive: true });
  await mkdir(folder(...parts), { recursive: true, mode: 0o700 });
}

/** When the person's first key was known there. */
async function sinceAtHome(): Promise<number | undefined> {
  const text = await readFile(folder('since'), 'utf8').catch(whenRefused(''));
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

export function isKnown({ repository }: Worktree, decision: Decision, known: Known): boolean {
  const { version, signature, answeredAt } = decision;
  return (
    known.accepted.has(version) ||
    (answeredAt !== undefined && signature === undefined && answeredAt < known.since) ||
    (signature !== undefined &&
      known.keys.has(signature.key) &&
      isSigned(statementOf(repository.commonDir, decision), signature))
  );
}

/**
 * The answers that a person is to be asked about: the latest about each worktree, and those to questions that are remembered as
 * open, whenever they say that they were given. What is remembered and was answered by a known window is struck.
 */
export async function answersToConfirm(
  worktree: Worktree,
  decisions: readonly Decision[],
  known: Known,
): Promise<Decision[]> {
  const unknown = new Map<string, Decision>();
  for (const [key, { questions }] of await recallAll(worktree.repository)) {
    const history = questions.length === 0 ? [] : await historyOf(worktree, key);
    for (const question of questions) {
      const answered = history.find(({ id, status }) => id === question.id && status === 'answered');
      const reopened = history.find(({ id }) => id === question.id)?.status === 'pending';
      if (answered === undefined || reopened) {
        continue;
      }
      if (isKnown(worktree, answered, { ...known, since: 0 })) {
        await forget(worktree.repository, question);
      } else {
        unknown.set(answered.version, answered);
      }
    }
  }
  for (const decision of decisions) {
    if (decision.status === 'answered' && !isKnown(worktree, decision, known)) {
      unknown.set(decision.version, decision);
    }
  }
  return [...unknown.values()];
}

/** What cannot be read has answered nothing. */
async function historyOf(worktree: Worktree, key: string): Promise<Decision[]> {
  try {
    const latest = await recordedDecision(worktree, key);
    return latest === undefined ? [] : await chainOf(worktree, latest);
  } catch (thrown) {
    if (thrown instanceof BelayError) {
      return [];
    }
    throw thrown;
  }
}
