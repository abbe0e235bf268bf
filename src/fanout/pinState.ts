import { readDecision } from '../decisions/read';
import type { Worktree } from '../git/worktree';
import { listWorktrees, type ListedWorktree } from '../git/worktreeList';
import { operationIn } from '../sync/worktreeState';
import { halfFilled, type HalfFilled } from './halfFilled';
import { isHere } from './resolve';

/** Position of a worktree relative to a pin, at the time of the look. */
export interface PinState {
  readonly worktree: string;
  readonly root: string;
  readonly head: string | undefined;
  /** `refs/heads/...`; undefined when HEAD is on no branch. */
  readonly branch: string | undefined;
  /**
   * `on`: HEAD is the pinned commit. `ahead`, `behind`, `diverged`: HEAD's history against the pin's. `unborn`: there is no
   * commit yet. `unknown`: the pinned commit is not in this repository.
   */
  readonly position: 'on' | 'ahead' | 'behind' | 'diverged' | 'unborn' | 'unknown';
  /** How many commits HEAD has that the pin has not, and the other way round. */
  readonly ahead: number;
  readonly behind: number;
  /** Something is not committed: staged, changed or untracked. */
  readonly dirty: boolean;
  /** The decision about it that waits for a person. */
  readonly held: string | undefined;
  /** The merge, rebase, cherry-pick, revert or bisect that is under way. */
  readonly operation: string | undefined;
  /** Its folder is gone. */
  readonly missing: boolean;
  readonly locked: boolean;
  /** Its making has not come to its end. */
  readonly halfFilled: HalfFilled | undefined;
}

/** The state of every worktree of the repository, the main one first. Changes nothing. */
export async function pinStates(worktree: Worktree, commit: string): Promise<PinState[]> {
  const listed = (await listWorktrees(worktree)).filter(({ bare }) => !bare);
  const states: PinState[] = [];
  for (const one of listed) {
    states.push(await pinState(worktree, one, commit));
  }
  return states;
}

/** The state of one worktree. `worktree` may be any of its repository. */
export async function pinState(
  worktree: Worktree,
  { key, root, branch, locked, ...listed }: Omit<ListedWorktree, 'bare'>,
  commit: string,
): Promise<PinState> {
  const [decision, half] = await Promise.all([
    readDecision(worktree, key),
    halfFilled(worktree, { key, root, head: listed.head }),
  ]);
  const usable = !listed.missing && half === undefined;
  const [position, dirty, operation] = await Promise.all([
    compare(worktree, commit, listed.head),
    usable ? isDirty(worktree, root) : false,
    usable ? operationIn({ ...worktree, key }) : undefined,
  ]);
  return {
    worktree: key,
    root,
    head: listed.head,
    branch,
    ...position,
    dirty,
    held: decision?.status === 'pending' ? decision.id : undefined,
    operation,
    missing: listed.missing,
    locked,
    halfFilled: half,
  };
}

async function compare(
  worktree: Worktree,
  commit: string,
  head: string | undefined,
): Promise<Pick<PinState, 'position' | 'ahead' | 'behind'>> {
  if (head === undefined) {
    return { position: 'unborn', ahead: 0, behind: 0 };
  }
  if (head === commit) {
    return { position: 'on', ahead: 0, behind: 0 };
  }
  if (!(await isHere(worktree, commit))) {
    return { position: 'unknown', ahead: 0, behind: 0 };
  }
  const text = await worktree.git.text({
    args: ['rev-list', '--left-right', '--count', `${commit}...${head}`, '--'],
    cwd: worktree.root,
  });
  const [behind = 0, ahead = 0] = text.split('\t').map(Number);
  const position = behind === 0 ? 'ahead' : ahead === 0 ? 'behind' : 'diverged';
  return { position, ahead, behind };
}

/** Whether anything in a folder is not committed. */
export async function isDirty(worktree: Worktree, root: string): Promise<boolean> {
  const { stdout } = await worktree.git.run({
    args: [
      '--no-optional-locks',
      'status',
      '--porcelain',
      '-z',
      '--untracked-files=normal',
      '--ignore-submodules=dirty',
    ],
    cwd: root,
    locale: 'user',
  });
  return stdout.length > 0;
}
