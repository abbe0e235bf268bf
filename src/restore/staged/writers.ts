import { listCheckpoints } from '../../checkpoint/history';
import type { Checkpoint } from '../../checkpoint/checkpoint';
import { entriesAt, treeOf, type PathEntry } from '../../checkpoint/trees';
import type { GitPath } from '../../git/path';
import type { Worktree } from '../../git/worktree';
import { listSessions } from '../../sessions/sessions';
import type { LastWriter } from '../writers';
import { treeOrEmpty } from './stagedState';

/** How many checkpoints back it is looked who staged a path. */
const lookBack = 300;

/**
 * Who staged what the index has of each path now, as far as it matters: the session whose checkpoint first shows it. `own` are
 * the sessions that give no caution.
 */
export async function stagedWriters(
  worktree: Worktree,
  now: ReadonlyMap<GitPath, PathEntry | undefined>,
  own: ReadonlySet<string>,
): Promise<Map<GitPath, LastWriter>> {
  const writers = new Map<GitPath, LastWriter>();
  if (now.size === 0) {
    return writers;
  }
  const [sessions, history] = await Promise.all([
    listSessions(worktree),
    listCheckpoints(worktree, { worktreeKey: worktree.key, limit: lookBack }),
  ]);
  const live = new Set(sessions.filter((session) => session.live).map(({ id }) => id));
  const first = new Map<GitPath, Checkpoint>();
  const open = new Set(now.keys());
  let known:
    { readonly of: string; readonly entries: ReadonlyMap<GitPath, PathEntry | undefined> } | undefined;
  for (const checkpoint of history) {
    if (open.size === 0) {
      break;
    }
    const of = checkpoint.staged ?? checkpoint.base ?? '';
    if (known?.of !== of) {
      known = {
        of,
        entries: await entriesAt(worktree.plumbing, await indexTree(worktree, checkpoint), [...open]),
      };
    }
    for (const name of [...open]) {
      const then = known.entries.get(name);
      if (then?.oid === now.get(name)?.oid && then?.mode === now.get(name)?.mode) {
        first.set(name, checkpoint);
      } else {
        open.delete(name);
      }
    }
  }
  for (const [name, { restoring, session }] of first) {
    if (restoring !== undefined) {
      writers.set(name, { kind: 'nobody' });
    } else if (live.has(session) && !own.has(session)) {
      writers.set(name, { kind: 'other_session', session });
    }
  }
  return writers;
}

/** The tree that the index stood for when a checkpoint was taken. */
export function indexTree(
  worktree: Worktree,
  { staged, base }: Pick<Checkpoint, 'staged' | 'base'>,
): Promise<string> {
  return staged === undefined ? treeOrEmpty(worktree, base) : treeOf(worktree.plumbing, staged);
}
