import { rmdir } from 'node:fs/promises';
import path from 'node:path';
import { BelayError } from '../errors';
import { whenMissing } from '../git/diskErrors';
import { pathFromBytes } from '../git/path';
import { noteChange } from '../ledger';
import { readHead } from '../git/head';
import { closeWorktree, openWorktree, type Worktree } from '../git/worktree';
import { listWorktrees } from '../git/worktreeList';
import { listPaths } from '../sync/syncPlan';
import { makersMark } from './halfFilled';
import type { Base } from './pin';
import { unmake } from './unmake';

/** How long git may take to fill a worktree, in milliseconds. */
const fillLimit = 15 * 60_000;

/**
 * Has git make a worktree, looks at what was made, and does it once more when it is not complete. Until then it is locked with
 * its maker's mark. What could not be completed is removed again.
 * @throws BelayError `worktree_incomplete`, or what git failed with.
 */
export async function fill(
  worktree: Worktree,
  root: string,
  branch: string | undefined,
  pin: Base,
  signal: AbortSignal | undefined,
): Promise<void> {
  const what = branch === undefined ? ['--detach', root, pin.commit] : [root, branch];
  for (const last of [false, true]) {
    noteChange('worktree', root, { to: 'there' });
    const fault = await make(worktree, what, signal).then(
      () => faultOf(worktree, root, pin, last),
      (thrown: unknown) => {
        if (thrown instanceof BelayError) {
          return thrown;
        }
        throw thrown;
      },
    );
    if (fault === undefined) {
      await worktree.git.run({ args: ['worktree', 'unlock', root], cwd: worktree.root });
      return;
    }
    await clear(worktree, root);
    if (last || signal?.aborted === true) {
      throw fault;
    }
  }
}

async function make(
  worktree: Worktree,
  what: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  await worktree.git.run({
    args: ['worktree', 'add', '--quiet', '--lock', '--reason', makersMark(), ...what],
    cwd: worktree.root,
    // The user's smudge filters run, as with their own git.
    locale: 'user',
    timeLimit: fillLimit,
    signal,
  });
}

/**
 * What is wrong with what was made; nothing, when HEAD is the pin and every file is there and clean. What differs in content
 * alone the second time, too, is the doing of a filter or of line ends, as `git status` shows it in any checkout.
 */
async function faultOf(
  worktree: Worktree,
  root: string,
  pin: Base,
  again: boolean,
): Promise<BelayError | undefined> {
  const made = await openWorktree(worktree.git, root);
  try {
    const head = await readHead(made);
    const { stdout } = await made.git.run({
      args: [
        '--no-optional-locks',
        'status',
        '--porcelain',
        '-z',
        '--untracked-files=normal',
        '--no-renames',
      ],
      cwd: root,
      locale: 'user',
    });
    const entries = pathFromBytes(stdout)
      .split('\0')
      .filter((entry) => entry !== '' && !(again && entry.startsWith(' M ')));
    if (path.resolve(made.root) === root && head.oid === pin.commit && entries.length === 0) {
      return undefined;
    }
    const names = listPaths(entries.map((entry) => entry.slice(3)));
    const what = head.oid === pin.commit ? `it differs in ${names}` : `it is at ${head.oid ?? 'no commit'}`;
    return new BelayError('worktree_incomplete', `The new worktree ${root} is not as it should be: ${what}.`);
  } finally {
    closeWorktree(made);
  }
}

/** Removes what was made, and a folder that git has left empty. */
async function clear(worktree: Worktree, root: string): Promise<void> {
  const listed = (await listWorktrees(worktree)).find((one) => one.root === root);
  if (listed !== undefined) {
    await unmake(worktree, listed);
  } else {
    await rmdir(root).catch(whenMissing(undefined));
    noteChange('worktree', root, { from: 'there' });
  }
}
