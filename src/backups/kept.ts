import { readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { formatCommit, readCommit } from '../git/commit';
import { hasCode, isDiskError } from '../git/diskErrors';
import { makeOwnFolder, writeOwnFile } from '../git/own';
import type { StoredObject } from '../git/plumbing';
import { uniqueName } from '../git/unique';
import type { Worktree } from '../git/worktree';
import { saysRef, setAside } from '../refs/foreign';
import { keptRef } from '../refs/names';
import { moveRef, type RefChange } from '../refs/change';
import { changeRefs, ownComparison, type RefOutcome } from '../refs/transaction';

/** A commit has at most so many of the kept ones as parents: git reads all of a commit's parents at once. */
const parentLimit = 500;
/** How many commits of the chain are read where the file is lost. */
const chainLimit = 50_000;

/** What the chain calls where an upstream branch was seen (./seen.ts). */
export const seenPrefix = 'seen/';

/** What a name stood for: the object itself, and the commit that it leads to where that is another one. */
export interface NamedObject {
  readonly oid: string;
  /** Undefined for a tag on something that is no commit, which the chain cannot hold. */
  readonly commit: string | undefined;
}

/** What the chain holds, by the names that it had. Names of references are bytes, one character each. */
export interface Kept {
  /** The newest commit of the chain. */
  readonly at: string | undefined;
  /** What the reference is at: undefined where it is gone although the chain is known. */
  readonly ref: string | undefined;
  readonly names: ReadonlyMap<string, NamedObject>;
}

/** A name that stands for something else from now on, or for nothing any more. */
export interface Change {
  readonly name: string;
  readonly to: NamedObject | undefined;
}

/**
 * What is kept, as of the commit that the reference was seen at: from the file that says so, else from the chain itself.
 * @throws GitError when the chain cannot be read.
 */
export async function readKept(
  worktree: Worktree,
  ref: string | undefined,
  remembered: Remembered | undefined,
): Promise<Kept> {
  if (remembered !== undefined && ref === remembered.at) {
    return { at: ref, ref, names: remembered.names };
  }
  if (remembered !== undefined && ref === undefined) {
    // It was deleted outside Belay. What it held is still there until git's garbage collection.
    const [info] = await worktree.plumbing.infos([`${remembered.at}^{commit}`]);
    return info === undefined
      ? { at: undefined, ref, names: new Map() }
      : { at: remembered.at, ref, names: remembered.names };
  }
  return { at: ref, ref, names: ref === undefined ? new Map() : await readChain(worktree, ref) };
}

/**
 * Where the chain ends, by its reference. What stands there and is none of it is set aside; then, or where that cannot be done,
 * it counts as gone.
 */
export async function chainOf(
  worktree: Worktree,
  { kept, keptLeads }: { readonly kept: string | undefined; readonly keptLeads: boolean },
  remembered: Remembered | undefined,
): Promise<string | undefined> {
  if (kept === undefined ? !(await saysRef(worktree, keptRef)) : kept === remembered?.at && !keptLeads) {
    return kept;
  }
  const [object, last] = await worktree.plumbing.objects([kept ?? keptRef, remembered?.at ?? keptRef]);
  if (object !== undefined && isOfChain(object) && !keptLeads) {
    return kept;
  }
  if (object === undefined && kept !== undefined) {
    // It cannot be read, which is not the same as something else's.
    return kept;
  }
  const to = isOfChain(last) ? last.oid : undefined;
  return (await setAside(worktree, keptRef, to)) ? to : undefined;
}

const subjects = { first: 'What the references of this repository have named', next: 'Kept' } as const;

/** Whether an object is a commit of the chain. */
export function isOfChain(object: StoredObject | undefined): object is StoredObject {
  if (object?.type !== 'commit') {
    return false;
  }
  const [subject = ''] = readCommit(object.content.toString('latin1')).message.split('\n');
  return subject === subjects.first || subject === subjects.next;
}

/**
 * Puts changes at the end of the chain, together with other changes of references: all of them or none.
 * @returns what is kept then; or why nothing was written, `moved` where another process has added to the chain.
 * @throws GitError.
 */
export async function appendKept(
  worktree: Worktree,
  kept: Kept,
  changes: readonly Change[],
  others: readonly RefChange[] = [],
): Promise<Kept | Extract<RefOutcome, { readonly done: false }>> {
  const at = await writeChain(worktree, kept, changes);
  const move: readonly RefChange[] = kept.ref === at ? [] : [moveRef(keptRef, kept.ref, at)];
  const outcome = await changeRefs(worktree, 'keep_names', ownComparison, [...move, ...others]);
  if (!outcome.done) {
    return outcome;
  }
  const names = new Map(kept.names);
  apply(names, changes);
  const now = { at, ref: at, names };
  await remember(worktree, now);
  return now;
}

/** Writes the commits: the first one of all has no parent, so that a walk along first parents ends in the chain. */
async function writeChain(worktree: Worktree, kept: Kept, changes: readonly Change[]): Promise<string> {
  const { plumbing } = worktree;
  const time = Math.floor(Date.now() / 1000);
  const tree = await emptyTree(worktree, kept.at);
  const write = async (
    parents: readonly string[],
    subject: string,
    lines: readonly string[],
  ): Promise<string> => {
    const message = `${subject}\n\n${lines.map((line) => `${trailer}${line}\n`).join('')}`;
    return plumbing.writeCommit(
      Buffer.from(formatCommit({ tree, parents, agent: 'Belay', time, message }), 'latin1'),
    );
  };
  let at = kept.at ?? (await write([], subjects.first, []));
  for (let from = 0; from < changes.length; from += parentLimit) {
    const part = changes.slice(from, from + parentLimit);
    const tips = new Set(part.flatMap(({ to }) => to?.commit ?? []));
    at = await write([at, ...tips], subjects.next, part.map(formatChange));
  }
  return at;
}

/** The chain's own, so that no process is needed to write it again. */
async function emptyTree({ plumbing }: Worktree, at: string | undefined): Promise<string> {
  return at === undefined
    ? plumbing.writeTree([])
    : readCommit((await plumbing.object(at)).content.toString('latin1')).tree;
}

const trailer = 'Belay-Named: ';

function formatChange({ name, to }: Change): string {
  return `${to === undefined ? '-' : formatHeld(to)} ${name}`;
}

function formatHeld({ oid, commit }: NamedObject): string {
  return commit === oid ? oid : `${oid}:${commit ?? ''}`;
}

const line = /^(?:-|([0-9a-f]{40,64})(?:(:)([0-9a-f]{40,64})?)?) (\S+)$/;

function parseChange(text: string): Change | undefined {
  const [, oid, other, commit, name] = line.exec(text) ?? [];
  return name === undefined
    ? undefined
    : {
        name,
        to: oid === undefined ? undefined : { oid, commit: other === undefined ? oid : commit },
      };
}

function apply(names: Map<string, NamedObject>, changes: readonly Change[]): void {
  for (const { name, to } of changes) {
    if (to === undefined) {
      names.delete(name);
    } else {
      names.set(name, to);
    }
  }
}

async function readChain(worktree: Worktree, at: string): Promise<Map<string, NamedObject>> {
  const text = await worktree.git.text({
    args: ['rev-list', '--first-parent', `--max-count=${chainLimit}`, at],
    cwd: worktree.root,
  });
  const names = new Map<string, NamedObject>();
  for (const object of await worktree.plumbing.objects(text.split('\n').reverse())) {
    const { message } = readCommit(object?.content.toString('latin1') ?? '');
    const lines = message.split('\n').filter((entry) => entry.startsWith(trailer));
    apply(
      names,
      lines.flatMap((entry) => parseChange(entry.slice(trailer.length)) ?? []),
    );
  }
  return names;
}

/** What a file says of the chain, so that it need not be read. It may be lost, or say anything: then it says nothing. */
export interface Remembered {
  readonly at: string;
  readonly names: ReadonlyMap<string, NamedObject>;
}

export async function recall(worktree: Worktree): Promise<Remembered | undefined> {
  let text: string;
  try {
    text = await readFile(namesFile(worktree), 'latin1');
  } catch (thrown) {
    toleratesDisk(thrown);
    return undefined;
  }
  const [first = '', ...lines] = text.split('\n');
  const [, at] = /^kept ([0-9a-f]{40,64})$/.exec(first) ?? [];
  const names = new Map<string, NamedObject>();
  // The last line is whole only where its end is there, too.
  const last = lines.pop();
  for (const entry of lines) {
    const change = parseChange(entry);
    if (change?.to === undefined) {
      return undefined;
    }
    names.set(change.name, change.to);
  }
  return at === undefined || last !== '' ? undefined : { at, names };
}

/** Appears whole or not at all. A disk that refuses it costs the next look a walk along the chain. */
export async function remember(worktree: Worktree, { at, names }: Pick<Kept, 'at' | 'names'>): Promise<void> {
  const file = namesFile(worktree);
  const fresh = `${file}.${uniqueName()}`;
  const lines = Array.from(names, ([name, to]) => `${formatChange({ name, to })}\n`);
  try {
    await makeOwnFolder(worktree.repository);
    const content = Buffer.from(`kept ${at ?? ''}\n${lines.join('')}`, 'latin1');
    await writeOwnFile(worktree.repository, fresh, content, { mode: 0o600 });
    await rename(fresh, file);
  } catch (thrown) {
    toleratesDisk(thrown);
  }
}

function namesFile({ repository }: Worktree): string {
  return path.join(repository.belayDir, 'named');
}

function toleratesDisk(thrown: unknown): void {
  if (!isDiskError(thrown) && !hasCode(thrown, 'ERR_STRING_TOO_LONG')) {
    throw thrown;
  }
}
