import { appendFile, chmod, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { isMissing, toleratesDisk, whenRefused } from '../git/diskErrors';
import { makeOwnFolder, writeOwnFile } from '../git/own';
import { uniqueName } from '../git/unique';
import { worktreeBirth, type Worktree } from '../git/worktree';
import { formatIdentity, lifeOf, parseIdentity, type ProcessIdentity } from '../refs/identity';

/** From this size on, in bytes, what is settled is taken out of a mark. */
const compactFrom = 64 * 1024;

/** So often a line is written again that was lost while another hook took the mark away. */
const tries = 5;

/** In whose name what is open is to be covered. */
export const asker = v.object({
  session: v.string(),
  agent: v.string(),
  leases: v.array(v.string()),
  task: v.optional(v.string()),
});

export type Asker = v.InferOutput<typeof asker>;

const line = v.pipe(
  v.string(),
  v.parseJson(),
  v.intersect([
    v.variant('is', [
      v.object({ is: v.literal('begun'), id: v.string(), by: v.string() }),
      v.object({ is: v.literal('covered'), id: v.string() }),
      v.object({ is: v.literal('open'), id: v.string(), why: v.string(), asked: v.optional(asker) }),
    ]),
    /** Which worktree of this key it is about. */
    v.object({ born: v.optional(v.string()) }),
  ]),
);

export type MarkLine = v.InferOutput<typeof line>;

/** What a hook left uncovered. */
export interface Open {
  /** Its line in the mark, or the name of a file of its own beside it. */
  readonly id: string;
  /** In one word, why: what the hook said, `interrupted` where it could say nothing, `unreadable` where that cannot be read. */
  readonly why: string;
  readonly asked: Asker | undefined;
  /** Set where it is no line of the mark but something else in its folder. */
  readonly file: string | undefined;
}

/** Whether it is open because looking takes too long. */
export function isSlow({ why }: Open): boolean {
  return why === 'too_slow' || why === 'scan_too_long';
}

/** Whether it is left to the process in the background: it is no use to look at everything in a hook for that. */
export function isForLater(open: Open): boolean {
  return isSlow(open) || open.why === 'worktree_not_looked_at';
}

/** The one file of a worktree that says what is not covered: each hook adds a line when it begins, and one when it has. */
export function markFile(worktree: Worktree): string {
  return path.join(markFolder(worktree), 'mark');
}

function markFolder({ repository, key }: Worktree): string {
  return path.join(repository.belayDir, 'agents', 'gaps', key);
}

/** Puts down that a hook has begun. @returns whether the disk took it. */
export async function begin(worktree: Worktree, id: string, by: ProcessIdentity): Promise<boolean> {
  const added = { is: 'begun', id, by: formatIdentity(by) } as const;
  try {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      await add(worktree, [added]);
      // Another hook may just have taken away a mark in which all was covered: what it had not read is then lost.
      if ((await readFile(markFile(worktree), 'utf8')).includes(id)) {
        return true;
      }
    }
  } catch (thrown) {
    toleratesDisk(thrown);
  }
  return false;
}

/**
 * Puts down that a hook has begun where no line can be added: a full disk still takes an empty file, whose name says whose it
 * is. @returns the file; undefined where the disk takes nothing at all.
 */
export async function beginBeside(worktree: Worktree, by: ProcessIdentity): Promise<string | undefined> {
  const file = path.join(markFolder(worktree), `${formatIdentity(by)}~${uniqueName()}`);
  return writeOwnFile(worktree.repository, file, '', { mode: 0o600 }).then(
    () => file,
    whenRefused(undefined),
  );
}

/** What such a hook has left: one file for all of them, which says no more than that. */
export async function leaveBeside(file: string): Promise<void> {
  await rename(file, path.join(path.dirname(file), 'open')).catch(whenRefused(undefined));
}

/** Adds lines. @throws what the system says. */
export async function add(worktree: Worktree, lines: readonly MarkLine[]): Promise<void> {
  const { repository, key } = worktree;
  await makeOwnFolder(repository, 'agents', 'gaps', key);
  const file = markFile(worktree);
  const born = await worktreeBirth(repository.commonDir, key);
  // One short write at the end of the file, so that lines of hooks that run at once do not mix.
  // It begins with a line end, should a full disk have cut off the one before.
  await appendFile(file, lines.map((one) => `\n${JSON.stringify({ born, ...one })}\n`).join(''), {
    mode: 0o600,
  });
  if (repository.shared !== undefined) {
    await chmod(file, repository.shared.file).catch(whenRefused(undefined));
  }
}

/** Records that a worktree was due to be looked at and there was no time. Where the disk refuses it, the next hook looks. */
export async function leaveOpen(worktree: Worktree, why: string, asked: Asker): Promise<void> {
  const waits = (await openIn(worktree)).some((one) => one.why === why);
  if (!waits) {
    await add(worktree, [{ is: 'open', id: uniqueName(), why, asked }]).catch(whenRefused(undefined));
  }
}

/** All that is open and whose hook is gone. What cannot be read is open, too. */
export async function openIn(worktree: Worktree): Promise<Open[]> {
  const lines = await readLines(worktree);
  return [
    ...(lines === 'unreadable' ? [unreadable(markFile(worktree))] : left(lines)),
    ...(await beside(worktree)),
  ];
}

/** Takes the mark away when nothing in it is open and no hook of it runs; else, when it is long, what is settled in it. */
export async function tidy(worktree: Worktree): Promise<void> {
  const file = markFile(worktree);
  const lines = await readLines(worktree);
  if (lines === 'unreadable' || lines.length === 0) {
    return;
  }
  const isOver = unsettled(lines).length === 0;
  if (!isOver && (await stat(file).then(({ size }) => size, whenRefused(0))) < compactFrom) {
    return;
  }
  const aside = path.join(await makeOwnFolder(worktree.repository, 'tmp'), `mark-${uniqueName()}`);
  await rename(file, aside);
  const taken = await readLines(worktree, aside);
  // Who began between the look and the rename is in it.
  const kept = taken === 'unreadable' ? [] : unsettled(taken);
  if (kept.length > 0) {
    await add(worktree, kept);
  }
  await rm(aside, { force: true });
}

/** Takes away something that lies beside the mark, as hooks of earlier versions have left it. */
export async function removeBeside(file: string): Promise<void> {
  await rm(file, { recursive: true, force: true }).catch(whenRefused(undefined));
}

/** Whether anything is put down at all, told by a look at the names. */
export async function hasMark(worktree: Worktree): Promise<boolean> {
  return (await readdir(markFolder(worktree)).catch(whenRefused([]))).length > 0;
}

function left(lines: readonly MarkLine[]): Open[] {
  const found: Open[] = [];
  for (const one of unsettled(lines)) {
    if (one.is === 'open') {
      found.push({ id: one.id, why: one.why, asked: one.asked, file: undefined });
    } else if (one.is === 'begun' && isGone(one.by)) {
      found.push({ id: one.id, why: 'interrupted', asked: undefined, file: undefined });
    }
  }
  return found;
}

/** The latest line of each hook that has not said that all is covered. */
function unsettled(lines: readonly MarkLine[]): MarkLine[] {
  const covered = new Set(lines.flatMap(({ is, id }) => (is === 'covered' ? [id] : [])));
  const latest = new Map<string, MarkLine>();
  for (const one of lines) {
    if (one.is !== 'covered' && !covered.has(one.id) && latest.get(one.id)?.is !== 'open') {
      latest.set(one.id, one);
    }
  }
  return [...latest.values()];
}

/** Without those about an earlier worktree that had the same key. */
async function readLines(worktree: Worktree, file = markFile(worktree)): Promise<MarkLine[] | 'unreadable'> {
  const born = await worktreeBirth(worktree.repository.commonDir, worktree.key);
  try {
    return (await readFile(file, 'utf8')).split('\n').flatMap((text) => {
      const found = v.safeParse(line, text);
      return found.success && (found.output.born ?? born) === born ? [found.output] : [];
    });
  } catch (thrown) {
    if (isMissing(thrown) && thrown.message.startsWith('ENOENT')) {
      return [];
    }
    toleratesDisk(thrown);
    return 'unreadable';
  }
}

/** What else is in the mark's folder: hooks of earlier versions left a file each, named by their process. */
async function beside(worktree: Worktree): Promise<Open[]> {
  const folder = markFolder(worktree);
  const found: Open[] = [];
  for (const name of await readdir(folder).catch(whenRefused([]))) {
    const file = path.join(folder, name);
    if (name === 'mark' || !isGone(name.slice(0, Math.max(0, name.lastIndexOf('~'))))) {
      continue;
    }
    const text = await readFile(file, 'utf8').catch(whenRefused(undefined));
    found.push(
      text === undefined
        ? unreadable(file)
        : { id: name, why: text.trim() || 'interrupted', asked: undefined, file },
    );
  }
  return found;
}

function unreadable(file: string): Open {
  return { id: file, why: 'unreadable', asked: undefined, file };
}

/** Where its process cannot be told, a hook counts as gone: to look at everything once more costs only time. */
function isGone(by: string): boolean {
  const identity = parseIdentity(by);
  const life = identity === undefined ? 'ended' : lifeOf(identity);
  return life === 'ended' || life === 'elsewhere';
}
