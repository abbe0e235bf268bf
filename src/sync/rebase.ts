import { somePaths } from '../git/path';
import type { Worktree } from '../git/worktree';
import { treeOf } from '../checkpoint/trees';
import { committerLine } from './committer';
import { treeMerger } from './mergeTrees';

/** How a rebase would end. Nothing but objects is written to find out. */
export type Rebased =
  | {
      readonly clean: true;
      readonly tip: string;
      /** From each commit that was made anew to the new one. */
      readonly rewritten: ReadonlyMap<string, string>;
    }
  | { readonly clean: false; readonly why: string };

/** A commit and what it stands on. */
export interface Replayed {
  readonly oid: string;
  readonly parents: readonly string[];
}

/**
 * Puts commits one after the other onto another one, in the object store alone: no branch, no index and no file is touched, so a
 * conflict costs nothing. The new commits keep their authors and messages. One whose change is there already is left out, as
 * git-rebase(1) does it.
 */
export async function replayInObjects(
  worktree: Worktree,
  commits: readonly Replayed[],
  onto: string,
): Promise<Rebased> {
  const committer = await committerLine(worktree);
  const merge = await treeMerger(worktree, commits.length);
  const rewritten = new Map<string, string>();
  let tip = onto;
  for (const { oid, parents } of commits) {
    const short = oid.slice(0, 10);
    const [parent, second] = parents;
    if (parent === undefined || second !== undefined) {
      return {
        clean: false,
        why: `${short} is a ${second === undefined ? 'root commit' : 'merge'}, which cannot be put on another commit.`,
      };
    }
    const base = await treeOf(worktree.plumbing, parent);
    const theirs = await treeOf(worktree.plumbing, oid);
    const ours = await treeOf(worktree.plumbing, tip);
    const merged = await merge({ base, ours, theirs });
    if ('conflicts' in merged) {
      return {
        clean: false,
        why: `${short} conflicts with ${onto.slice(0, 10)} in ${somePaths(merged.conflicts, 3)}.`,
      };
    }
    if (merged.tree === ours && base !== theirs) {
      continue;
    }
    tip = await rewrite(worktree, oid, { tree: merged.tree, parent: tip, committer });
    rewritten.set(oid, tip);
  }
  return { clean: true, tip, rewritten };
}

/** The commits that git-rev-list(1) finds, each after those that it stands on. */
export async function oldestFirst(worktree: Worktree, revisions: readonly string[]): Promise<Replayed[]> {
  const text = await worktree.git.text({
    args: ['rev-list', '--reverse', '--topo-order', '--parents', ...revisions, '--'],
    cwd: worktree.root,
  });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [oid = '', ...parents] = line.split(' ');
      return { oid, parents };
    });
}

/** The commit with another tree, parent and committer. Signatures would not fit any more and are left out. */
async function rewrite(
  worktree: Worktree,
  oid: string,
  to: { readonly tree: string; readonly parent: string; readonly committer: string },
): Promise<string> {
  const { content } = await worktree.plumbing.object(oid);
  const end = content.indexOf('\n\n');
  const split = end < 0 ? content.length - 1 : end;
  const header = content.subarray(0, split).toString('latin1').split('\n');
  const kept: string[] = [];
  let field = '';
  for (const line of header) {
    // A line that starts with a space goes on with the field before it.
    field = line.startsWith(' ') ? field : line.slice(0, line.indexOf(' '));
    if (field === 'author' || field === 'encoding') {
      kept.push(line);
    }
  }
  const author = kept.filter((line) => line.startsWith('author '));
  const encoding = kept.filter((line) => line.startsWith('encoding '));
  const lines = [`tree ${to.tree}`, `parent ${to.parent}`, ...author];
  const text = Buffer.concat([
    Buffer.from(`${lines.join('\n')}\n`, 'latin1'),
    Buffer.from(`committer ${to.committer}\n`, 'utf8'),
    Buffer.from(encoding.map((line) => `${line}\n`).join(''), 'latin1'),
    content.subarray(split + 1),
  ]);
  return worktree.plumbing.writeCommit(text);
}
