import { access, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { whenMissing } from '../git/diskErrors';
import { gitDirOf, type Worktree } from '../git/worktree';
import { formatIdentity, identityOf, lifeOf, parseIdentity } from '../refs/identity';

/** What git writes into the lock of a worktree that it is making (git-worktree.c); a git that is killed leaves it there. */
const gitsOwnMark = 'initializing';

/** What Belay writes into it until the worktree was found to be complete; who makes it follows. */
const mark = 'being made by belay ';

/** Time in ms after which a git that has written nothing counts as dead: nothing tells which process it was. */
const abandonedAfterMs = 10 * 60_000;

/** A worktree whose making has not come to its end. */
export interface HalfFilled {
  /** In a sentence. */
  readonly why: string;
  /** Its maker may still be at it. */
  readonly live: boolean;
  /** Its maker's mark says so: it was never completed, and nobody has worked in it. */
  readonly marked: boolean;
}

/** The reason under which Belay locks a worktree while it makes it. */
export function makersMark(): string {
  return mark + formatIdentity(identityOf(process.pid));
}

/** Whether a worktree was left half-filled, or is being made now; undefined for one that is complete. Changes nothing. */
export async function halfFilled(
  worktree: Worktree,
  { key, root, head }: { readonly key: string; readonly root: string; readonly head: string | undefined },
): Promise<HalfFilled | undefined> {
  if (key === 'main') {
    return undefined;
  }
  const gitDir = gitDirOf(worktree.repository.commonDir, key);
  const reason = (await readFile(path.join(gitDir, 'locked'), 'utf8').catch(whenMissing(''))).trim();
  if (reason.startsWith(mark)) {
    const maker = parseIdentity(reason.slice(mark.length));
    const life = maker === undefined ? 'unclear' : lifeOf(maker);
    const live = life === 'runs' || (life !== 'ended' && (await age(gitDir)) < abandonedAfterMs);
    const why = live
      ? 'It is being made now.'
      : 'The process that made it was stopped before it was complete.';
    return { why, live, marked: true };
  }
  if (reason === gitsOwnMark) {
    const live = (await age(gitDir)) < abandonedAfterMs;
    const why = `git was ${live ? 'making it a moment ago' : 'stopped while it made it'}.`;
    return { why, live, marked: true };
  }
  if (!(await isThere(root))) {
    return undefined;
  }
  if (!(await isThere(path.join(root, '.git')))) {
    return { why: 'Its folder has no .git file.', live: false, marked: false };
  }
  const files = head !== undefined && (await holdsFiles(worktree, head));
  return files && !(await isThere(path.join(gitDir, 'index')))
    ? { why: 'It has no index: none of its files are known to git.', live: false, marked: false }
    : undefined;
}

async function holdsFiles(worktree: Worktree, commit: string): Promise<boolean> {
  const [tree] = await worktree.plumbing.infos([`${commit}^{tree}`]);
  return tree === undefined || tree.size > 0;
}

/** How long ago, in milliseconds, anything of it was written that is always written in the end. */
async function age(gitDir: string): Promise<number> {
  const names = ['', 'locked', 'index', 'index.lock'];
  const times = await Promise.all(
    names.map(
      async (name) => (await stat(path.join(gitDir, name)).catch(whenMissing(undefined)))?.mtimeMs ?? 0,
    ),
  );
  return Date.now() - Math.max(...times);
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(() => true, whenMissing(false));
}
