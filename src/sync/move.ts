import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { changesBetween } from '../checkpoint/changes';
import { hashPaths, look } from '../checkpoint/hash';
import type { FileChange } from '../checkpoint/model';
import { entriesAt, treeOf, type PathEntry } from '../checkpoint/trees';
import { BelayError, messageOf } from '../errors';
import { pathFromBytes, pathText, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { changeRefs, type Fence } from '../refs/transaction';
import { applyPaths, type Applied } from '../restore/apply';
import type { RestoreAction } from '../restore/model';
import { hasCode, whenMissing } from '../git/missing';

/** A branch and the worktree that is on it, from one commit to another. */
export interface Move {
  readonly branch: string;
  readonly from: string;
  readonly to: string;
  /**
   * `keep`: what is not committed stays, staged or not, and what is in the way of it stops the move. `reset`: files and index
   * become the target's; what they were is in the checkpoint.
   */
  readonly mode: 'keep' | 'reset';
  /** The tree of the checkpoint that was taken before: what is on disk. */
  readonly captured: string;
}

export type Moved =
  | { readonly moved: true }
  /** Nothing was changed, or all of it was put back. */
  | { readonly moved: false; readonly why: string };

/** How many paths a sentence names. */
const namedPaths = 5;

/**
 * Moves files, index and branch, in this order, and the branch only by compare-and-swap and under the fence. A path that is not
 * what it was taken to be is never overwritten: then everything is put back. Should that fail too, the error says what state
 * things are in.
 * @throws BelayError `move_incomplete` when what was changed could not be put back.
 */
export async function moveWorktree(
  worktree: Worktree,
  move: Move,
  fence: Fence,
  check: () => Promise<void>,
): Promise<Moved> {
  const plan = move.mode === 'keep' ? await planToKeep(worktree, move) : await planToReset(worktree, move);
  if ('why' in plan) {
    return { moved: false, why: plan.why };
  }
  const target = await treeOf(worktree.plumbing, move.to);
  const index = await backUpIndex(worktree);
  try {
    const applied = await applyPaths(worktree, { from: plan.onDisk, to: target, paths: plan.paths }, check);
    const stopped = applied.stopped?.message ?? inTheWay(applied);
    const why = stopped ?? (await finish(worktree, move, plan, fence));
    if (why === undefined) {
      return { moved: true };
    }
    await putBack(worktree, { move, plan, target, index }, applied, why);
    return { moved: false, why };
  } finally {
    await fs.rm(index, { force: true });
  }
}

interface Plan {
  /** The tree that says what is on disk at the paths. */
  readonly onDisk: string;
  readonly paths: readonly { readonly path: GitPath; readonly action: RestoreAction }[];
  /** The entries to put into the index, or, for a reset, the whole of the target. */
  readonly index: ReadonlyMap<GitPath, PathEntry | undefined> | 'target';
}

/** Only what differs between the two commits moves, and only where disk and index are as the first of them has it. */
async function planToKeep(worktree: Worktree, { from, to }: Move): Promise<Plan | { readonly why: string }> {
  const changes = await changesBetween(worktree, from, to);
  const paths = changes.map(({ path: name }) => name);
  const [staged, hashed] = await Promise.all([
    stagedEntries(worktree, from),
    look(worktree, paths).then((found) => hashPaths(worktree, found)),
  ]);
  const blocked: GitPath[] = [];
  const selected: { path: GitPath; action: RestoreAction }[] = [];
  const index = new Map<GitPath, PathEntry | undefined>();
  for (const change of changes) {
    const { path: name, newOid, newMode } = change;
    const target = newOid === undefined || newMode === undefined ? undefined : { oid: newOid, mode: newMode };
    index.set(name, target);
    if (staged.has(name) && !isEntry(staged.get(name), newOid, newMode)) {
      blocked.push(name);
    } else if (change.oldMode !== '160000' && change.newMode !== '160000') {
      const now = hashed.get(name);
      const entry = now?.kind === 'stored' ? now.entry : undefined;
      const known = now?.kind === 'stored' || now?.kind === 'gone';
      if (known && isEntry(entry, newOid, newMode)) {
        // An earlier move was stopped after it had put this one in place.
        continue;
      }
      if (!known || !isEntry(entry, change.oldOid, change.oldMode)) {
        blocked.push(name);
      } else {
        selected.push({ path: name, action: newOid === undefined ? 'delete' : 'write' });
      }
    }
  }
  if (blocked.length > 0) {
    return { why: `Uncommitted work is in the way: ${list(blocked)}.` };
  }
  return { onDisk: await treeOf(worktree.plumbing, from), paths: selected, index };
}

/** What is tracked becomes the target's. Untracked files stay, unless the target has a file of that name. */
async function planToReset(worktree: Worktree, { to, captured }: Move): Promise<Plan> {
  const [changes, tracked] = await Promise.all([
    changesBetween(worktree, captured, to),
    trackedPaths(worktree),
  ]);
  const isFile = ({ oldMode, newMode }: FileChange): boolean => oldMode !== '160000' && newMode !== '160000';
  const paths = changes
    .filter((change) => isFile(change) && (change.newOid !== undefined || tracked.has(change.path)))
    .map(({ path: name, newOid }): { path: GitPath; action: RestoreAction } => ({
      path: name,
      action: newOid === undefined ? 'delete' : 'write',
    }));
  return { onDisk: captured, paths, index: 'target' };
}

function isEntry(entry: PathEntry | undefined, oid: string | undefined, mode: string | undefined): boolean {
  return entry?.oid === oid && entry?.mode === mode;
}

/** The staged changes against a commit; undefined for a path that is staged as deleted. Paths in conflict count as changed. */
async function stagedEntries(
  worktree: Worktree,
  commit: string,
): Promise<Map<GitPath, PathEntry | undefined>> {
  const { stdout } = await worktree.git.run({
    args: ['diff-index', '--cached', '-z', '--no-renames', '--no-abbrev', commit, '--'],
    cwd: worktree.root,
  });
  const fields = pathFromBytes(stdout).split('\0');
  const entries = new Map<GitPath, PathEntry | undefined>();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, , mode = '', oid = ''] = /^:(\d{6}) (\d{6}) [0-9a-f]+ ([0-9a-f]+) /.exec(fields[at] ?? '') ?? [];
    entries.set(fields[at + 1] ?? '', /^0+$/.test(oid) ? undefined : { mode, oid });
  }
  return entries;
}

async function trackedPaths(worktree: Worktree): Promise<Set<GitPath>> {
  const { stdout } = await worktree.git.run({ args: ['ls-files', '-z', '--cached'], cwd: worktree.root });
  return new Set(
    pathFromBytes(stdout)
      .split('\0')
      .filter((name) => name !== ''),
  );
}

/** Index, then branch. @returns why not. */
async function finish(worktree: Worktree, move: Move, plan: Plan, fence: Fence): Promise<string | undefined> {
  try {
    await writeIndex(worktree, move, plan);
  } catch (thrown) {
    return `The index could not be written: ${messageOf(thrown)}`;
  }
  const outcome = await changeRefs(worktree, 'move_branch', fence, [
    { kind: 'update', ref: move.branch, to: move.to, from: move.from },
  ]);
  if (!outcome.done) {
    const [now] = await worktree.plumbing.infos([move.branch]);
    if (outcome.because !== 'unknown' || now?.oid !== move.to) {
      return `The branch could not be moved: ${outcome.words.trim()}`;
    }
  }
  // Only what git knows of the files' times; without it the next `git status` reads them once.
  await worktree.git.run({
    args: ['update-index', '-q', '--refresh'],
    cwd: worktree.root,
    answers: [1, 128],
  });
  return undefined;
}

async function writeIndex(worktree: Worktree, move: Move, plan: Plan): Promise<void> {
  if (plan.index === 'target') {
    await worktree.git.run({ args: ['read-tree', '--reset', move.to], cwd: worktree.root });
    return;
  }
  const zero = worktree.repository.zeroOid;
  const lines = [...plan.index].map(([name, entry]) =>
    entry === undefined ? `0 ${zero}\t${name}\0` : `${entry.mode} ${entry.oid}\t${name}\0`,
  );
  // Removals first: a file may take the place of a folder.
  lines.sort((a, b) => Number(b.startsWith('0 ')) - Number(a.startsWith('0 ')));
  await worktree.git.run({
    args: ['update-index', '-z', '--index-info'],
    cwd: worktree.root,
    input: Buffer.from(lines.join(''), 'latin1'),
  });
}

/** A copy of the user's index, to go back to. */
async function backUpIndex(worktree: Worktree): Promise<string> {
  const folder = path.join(worktree.repository.belayDir, 'tmp');
  const copy = path.join(folder, `index-${randomUUID()}`);
  await fs.mkdir(folder, { recursive: true });
  await fs.copyFile(path.join(worktree.gitDir, 'index'), copy).catch(whenMissing(undefined));
  return copy;
}

/** Puts a copied index back the way git does it: through its lock file. */
async function restoreIndex(worktree: Worktree, copy: string): Promise<void> {
  const index = path.join(worktree.gitDir, 'index');
  const lock = `${index}.lock`;
  const content = await fs.readFile(copy);
  if ((await fs.readFile(index).catch(whenMissing(undefined)))?.equals(content) === true) {
    return;
  }
  const handle = await fs.open(lock, 'wx');
  try {
    await handle.writeFile(content);
  } finally {
    await handle.close();
  }
  await fs.rename(lock, index);
}

async function putBack(
  worktree: Worktree,
  { move, plan, target, index }: { move: Move; plan: Plan; target: string; index: string },
  applied: Applied,
  why: string,
): Promise<void> {
  const before = await entriesAt(worktree.plumbing, plan.onDisk, [...applied.written, ...applied.deleted]);
  const paths = [...before].map(([name, entry]): { path: GitPath; action: RestoreAction } => ({
    path: name,
    action: entry === undefined || entry.mode === '040000' ? 'delete' : 'write',
  }));
  const back = await applyPaths(worktree, { from: target, to: plan.onDisk, paths }, () => Promise.resolve());
  const left = back.blocked.map(({ path: name }) => name);
  let indexLeft: string | undefined;
  try {
    await restoreIndex(worktree, index);
  } catch (thrown) {
    if (!hasCode(thrown, 'EEXIST', 'ENOENT', 'ENOSPC', 'EACCES', 'EPERM', 'EROFS')) {
      throw thrown;
    }
    indexLeft = messageOf(thrown);
  }
  if (left.length > 0 || indexLeft !== undefined) {
    const files =
      left.length === 0
        ? ''
        : ` These files are as ${move.to.slice(0, 10)} has them, or changed since: ${list(left)}.`;
    const staged = indexLeft === undefined ? '' : ` The index could not be put back (${indexLeft}).`;
    throw new BelayError('move_incomplete', `${why}${files}${staged} The branch was not moved.`);
  }
}

function inTheWay({ blocked }: Applied): string | undefined {
  return blocked.length === 0
    ? undefined
    : `Something is in the way of ${list(blocked.map(({ path: name }) => name))} (${blocked[0]?.reason.replaceAll('_', ' ') ?? ''}).`;
}

function list(paths: readonly GitPath[]): string {
  const more = paths.length > namedPaths ? ` and ${paths.length - namedPaths} more` : '';
  return paths.slice(0, namedPaths).map(pathText).join(', ') + more;
}
