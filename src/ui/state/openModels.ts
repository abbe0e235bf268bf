import type * as vscode from 'vscode';
import { Git } from '../../git/git';
import { openAnyWorktree } from '../../git/anyWorktree';
import { whenMissing } from '../../git/diskErrors';
import type { Worktree } from '../../git/worktree';
import { listWorktrees, openListed } from '../../git/worktreeList';
import { findGitBinary } from '../platform/gitBinary';
import type { OwnSession } from './ownSession';
import type { WindowAnswers } from './windowAnswers';
import { RepositoryModel } from './repositoryModel';

/** So many worktrees are opened in a window on a folder above them; the views show the others as well. */
const openAtMost = 8;

/** The worktrees that one of the window's folders stands for. */
export interface OpenedFolder {
  readonly models: readonly RepositoryModel[];
  /** Whether the folder lies in none of them: a bare repository, or what holds one beside its worktrees. */
  readonly isAbove: boolean;
}

/**
 * Opens the worktree that a folder lies in; for one that lies in none of its repository, those that there are. Everything of the
 * core hangs on this file, and only this file is loaded late, so that activation costs nothing before a folder is looked at.
 */
export async function openModels(
  git: Git,
  folder: string,
  window: {
    readonly own: OwnSession;
    readonly answers: WindowAnswers;
    readonly log: vscode.LogOutputChannel;
  },
): Promise<OpenedFolder> {
  const model = (worktree: Worktree): RepositoryModel =>
    new RepositoryModel(worktree, window.own, window.answers, window.log);
  const askedAt = Date.now();
  const { worktree, elsewhere } = await openAnyWorktree(git, folder);
  if (elsewhere === undefined) {
    return { models: [model(worktree)], isAbove: false };
  }
  const models = [model(worktree)];
  for (const listed of await listWorktrees(worktree)) {
    if (listed.key !== worktree.key && !listed.bare && !listed.missing && models.length < openAtMost) {
      const other = await openListed(worktree, listed, askedAt).catch(whenMissing(undefined));
      models.push(...(other === undefined ? [] : [model(other)]));
    }
  }
  return { models, isAbove: true };
}

/** The window's one git runner; each command it ran is a line in the log at debug level. */
export async function createGit(log: vscode.LogOutputChannel): Promise<Git> {
  return new Git({
    binary: await findGitBinary(log),
    onCommand: (line) => {
      log.debug(line);
    },
  });
}
