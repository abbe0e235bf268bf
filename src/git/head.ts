import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { headFileOf } from './keptFiles';
import { gitDirOf, type Worktree } from './worktree';

/** What HEAD names. `oid` is undefined on an unborn branch, `branch` when detached. */
export interface Head {
  readonly oid: string | undefined;
  readonly branch: string | undefined;
}

/** Reads what HEAD names now. */
export async function readHead(worktree: Worktree): Promise<Head> {
  const [commit] = await worktree.plumbing.infos(['HEAD']);
  return { oid: commit?.oid, branch: await readBranch(worktree) };
}

async function readBranch(worktree: Worktree): Promise<string | undefined> {
  const { gitDir, repository, headBranch } = worktree;
  const ask = async (): Promise<string | undefined> => {
    const output = await worktree.git.run({
      args: ['symbolic-ref', '-q', 'HEAD'],
      cwd: worktree.root,
      answers: [1],
    });
    return output.exitCode === 0 ? output.stdout.toString('utf8').trim() : undefined;
  };
  const file = headFileOf(gitDir, repository.refsElsewhere ? undefined : await repository.refFormat());
  return file === undefined ? ask() : headBranch.of(file, ask);
}

const operationMarks: readonly (readonly [string, string])[] = [
  ['rebase-merge', 'rebase'],
  ['rebase-apply', 'rebase'],
  ['MERGE_HEAD', 'merge'],
  ['CHERRY_PICK_HEAD', 'cherry-pick'],
  ['REVERT_HEAD', 'revert'],
  ['BISECT_LOG', 'bisect'],
];

/** The marks that are references to git, and so no files under the reftable backend (gitglossary(7), "pseudoref"). */
const referenceMarks = ['CHERRY_PICK_HEAD', 'REVERT_HEAD'] as const;

/**
 * The merge, rebase, cherry-pick, revert or bisect that is under way in the worktree of that key, if any. Everything but the key
 * may be another worktree's of the same repository.
 */
export async function readOperation({
  key,
  repository,
  plumbing,
}: Pick<Worktree, 'key' | 'repository' | 'plumbing'>): Promise<string | undefined> {
  const gitDir = gitDirOf(repository.commonDir, key);
  const names = new Set(await readdir(gitDir));
  if ((await repository.refFormat()) !== 'files') {
    // What one worktree's references are called in another (gitrepository-layout(5), git-worktree(1)).
    const own = key === 'main' ? 'main-worktree' : `worktrees/${path.basename(gitDir)}`;
    const found = await plumbing.infos(referenceMarks.map((mark) => `${own}/${mark}`));
    for (const mark of referenceMarks.filter((_, index) => found[index] !== undefined)) {
      names.add(mark);
    }
  }
  return operationMarks.find(([mark]) => names.has(mark))?.[1];
}
