import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { formatCommit, formatTrailers, readCommit, readTrailers, type Trailer } from '../git/commit';
import { whenRefused } from '../git/diskErrors';
import type { StoredObject } from '../git/plumbing';
import type { Worktree } from '../git/worktree';
import { foreignPrefix, foreignRef } from './names';
import { moveRef, type RefChange } from './change';
import { listRefObjects } from './listed';
import { changeRefs, ownComparison, type RefOutcome } from './transaction';

/** How often it is tried again while `gc --prune=now` runs beside. */
const attempts = 5;
/** How deep tags of tags are followed. */
const tagDepth = 10;
/** How much of a tag's own text is kept, in characters. */
const tagText = 20_000;

/** Something that a reference of Belay's named and that is none of Belay's, and where it is kept. */
export interface Foreign {
  /** Where it is. */
  readonly ref: string;
  /** The commit that holds it. */
  readonly at: string;
  /** The reference that it stood at. */
  readonly stoodAt: string;
  /** What it was: one of git's types, or `symbolic`. */
  readonly was: string;
  /** What the reference named: an object's id, or another reference's name. */
  readonly named: string;
  /** When it was set aside, in milliseconds since the epoch. */
  readonly time: number;
}

/**
 * Sets aside what a reference of Belay's names and is no record of its kind, so that nothing is built on it and nothing of it is
 * lost: as a commit below {@link foreignPrefix}. A tree is that commit's tree, a blob a file in it, a commit its parent, a tag
 * what it leads to, with its text in the message; a reference that leads to another one is that one's name in the message, and
 * the other one is not touched. What is done, or could not be, is put among the worktree's notices.
 * @param to what the reference is to name instead: the newest of Belay's own that is known; else there is none from then on.
 * @returns whether the reference is out of the way now. Not for one that holds no value, or names an object that is not there:
 * that may come back, and is left alone.
 * @throws GitError where git fails for another reason than the references' values and locks.
 */
export async function setAside(worktree: Worktree, ref: string, to?: string): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    const done = await setAsideOnce(worktree, ref, to, attempt >= attempts);
    if (done !== undefined) {
      return done;
    }
  }
}

/** One try; undefined where what holds it was cleared away before a reference named it. */
async function setAsideOnce(
  worktree: Worktree,
  ref: string,
  to: string | undefined,
  isLast: boolean,
): Promise<boolean | undefined> {
  const found = await look(worktree, ref);
  if (found === undefined || (found.target === undefined && found.object?.oid === to)) {
    return false;
  }
  const { target, object } = found;
  const held = await saveForeign(worktree, ref, target, object);
  const time = BigInt(Date.now()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n);
  const aside = foreignRef(ref, time);
  const create: RefChange = { kind: 'create', ref: aside, to: held.commit };
  // One that leads to nothing has no value that it could be compared with: it is overwritten, as if there were none.
  const value = object?.oid;
  const first: RefChange =
    value !== undefined && to === undefined
      ? { kind: 'delete', ref, from: value }
      : moveRef(ref, value, to ?? held.commit);
  const written = await changeRefs(worktree, 'set_aside', ownComparison, [create, first]);
  const outcome =
    !written.done && target !== undefined && /dangling symref/.test(written.message)
      ? await replaceLeading(worktree, create, { kind: 'delete_symbolic', ref, from: target }, first)
      : written;
  const what = `${ref} ${held.description}`;
  if (!outcome.done && outcome.reason === 'missing' && !isLast) {
    return undefined;
  }
  if (!outcome.done) {
    worktree.notices.add(
      `${what}, and it could not be set aside (${outcome.reason}). Nothing is built on it.`,
    );
    return false;
  }
  if (value === undefined && to === undefined) {
    await changeRefs(worktree, 'set_aside', ownComparison, [{ kind: 'delete', ref, from: held.commit }]);
  }
  worktree.notices.add(`${what}. It is set aside as ${aside}, and nothing is built on it.`);
  return true;
}

/** git 2.55 writes nothing over a reference that leads to nothing, and compares what it leads to. */
async function replaceLeading(
  worktree: Worktree,
  create: RefChange,
  away: RefChange,
  first: RefChange,
): Promise<RefOutcome> {
  const outcome = await changeRefs(worktree, 'set_aside', ownComparison, [create, away]);
  return outcome.done ? changeRefs(worktree, 'set_aside', ownComparison, [first]) : outcome;
}

interface ForeignTarget {
  /** The reference that it leads to, where it is symbolic. */
  readonly target: string | undefined;
  /** What it names in the end; undefined where it leads to a reference that is not there. */
  readonly object: StoredObject | undefined;
}

/** What a reference names now; undefined where there is none, or nothing that could be kept. */
async function look(worktree: Worktree, ref: string): Promise<ForeignTarget | undefined> {
  const row = (await listRefObjects(worktree, [ref])).find((listed) => listed.ref === ref);
  if (row === undefined) {
    const target = await targetOf(worktree, ref);
    return target === undefined ? undefined : { target, object: undefined };
  }
  const { target, object } = row;
  if (target !== '') {
    return { target, object };
  }
  return object && { target: undefined, object };
}

/**
 * Whether a reference that git does not list leads to another one: git is silent about one that leads to nothing. It is asked
 * where the disk has something of that name, and, where references are kept in tables, if there is reason to expect one.
 */
export async function saysRef(
  worktree: Worktree,
  ref: string,
  isExpected: () => Promise<boolean> = () => Promise.resolve(false),
): Promise<boolean> {
  const { commonDir, refFormat } = worktree.repository;
  const found = await lstat(path.join(commonDir, ref)).catch(whenRefused(undefined));
  const asked =
    (found !== undefined && !found.isDirectory()) ||
    ((await refFormat()) === 'reftable' && (await isExpected()));
  return asked && (await targetOf(worktree, ref)) !== undefined;
}

/** The reference that one leads to, whether that is there or not; undefined where it is not symbolic, or cannot be read. */
async function targetOf(worktree: Worktree, ref: string): Promise<string | undefined> {
  const { exitCode, stdout } = await worktree.git.run({
    args: ['symbolic-ref', '-q', ref],
    cwd: worktree.root,
    answers: [1, 128],
  });
  return exitCode === 0 ? stdout.toString('utf8').trim() : undefined;
}

interface SavedForeign {
  readonly commit: string;
  /** What a person is told of it, after its name. */
  readonly description: string;
}

async function saveForeign(
  worktree: Worktree,
  ref: string,
  target: string | undefined,
  object: StoredObject | undefined,
): Promise<SavedForeign> {
  const { plumbing } = worktree;
  const held = target === undefined && object !== undefined ? await contentsOf(worktree, object) : nothing;
  const was = target === undefined ? (object?.type ?? 'symbolic') : 'symbolic';
  const named = target ?? object?.oid ?? '';
  const fields: Trailer[] = [
    ['Belay-Foreign', ref],
    ['Belay-Was', was],
    ['Belay-Named', named],
  ];
  const words =
    was === 'symbolic' ? `led to the reference ${named}` : `named a ${was} that is no record of its kind`;
  const commit = await plumbing.writeCommit(
    formatCommit({
      tree: held.tree ?? (await plumbing.writeTree(held.blob === undefined ? [] : [fileOf(held.blob)])),
      parents: held.commit === undefined ? [] : [held.commit],
      agent: 'Belay',
      time: Math.floor(Date.now() / 1000),
      message: formatTrailers(`Set aside: ${ref} ${words}\n\n${held.text ?? ''}`, fields),
    }),
  );
  return { commit, description: words };
}

function fileOf(blob: string): { mode: string; oid: string; name: string } {
  return { mode: '100644', oid: blob, name: 'content' };
}

interface Contents {
  readonly tree?: string;
  readonly blob?: string;
  readonly commit?: string;
  readonly text?: string;
}

const nothing: Contents = {};

async function contentsOf(worktree: Worktree, object: StoredObject): Promise<Contents> {
  let at: StoredObject | undefined = object;
  let text: string | undefined;
  for (let depth = 0; at?.type === 'tag' && depth < tagDepth; depth += 1) {
    const content: string = at.content.toString('utf8');
    text = `${text ?? ''}${content}\n`.slice(0, tagText);
    const tagged: string | undefined = /^object ([0-9a-f]+)$/m.exec(content)?.[1];
    [at] = tagged === undefined ? [] : await worktree.plumbing.objects([tagged]);
  }
  const told = text === undefined ? {} : { text };
  switch (at?.type) {
    case 'tree':
      return { ...told, tree: at.oid };
    case 'blob':
      return { ...told, blob: at.oid };
    case 'commit':
      return { ...told, commit: at.oid };
    case undefined:
    default:
      return told;
  }
}

/** What was set aside, newest first. */
export async function listForeign(worktree: Worktree): Promise<Foreign[]> {
  const listed = await listRefObjects(worktree, [foreignPrefix]);
  const found = listed.flatMap(({ ref, object }): Foreign[] => {
    if (object?.type !== 'commit') {
      return [];
    }
    const { message, time } = readCommit(object.content.toString('utf8'));
    const { trailers } = readTrailers(message);
    const one = (name: string): string => trailers.get(`Belay-${name}`)?.[0] ?? '?';
    const [stoodAt, was, named] = [one('Foreign'), one('Was'), one('Named')];
    return [{ ref, at: object.oid, stoodAt, was, named, time }];
  });
  // A commit's time is in seconds; the name ends with when it was set aside, in nanoseconds.
  return found.sort((a, b) => b.time - a.time || setAsideAt(b.ref).localeCompare(setAsideAt(a.ref)));
}

function setAsideAt(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1);
}
