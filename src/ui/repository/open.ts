import type * as vscode from 'vscode';
import { Git } from '../../git/git';
import { openWorktree } from '../../git/worktree';
import { RepositoryModel } from './model';

/**
 * Opens the worktree that a folder lies in. Everything of the core hangs on this file, and only this file is loaded
 * late, so that activation costs nothing before a folder is looked at.
 */
export async function openModel(
  git: Git,
  folder: string,
  log: vscode.LogOutputChannel,
): Promise<RepositoryModel> {
  return new RepositoryModel(await openWorktree(git, folder), log);
}

/** The window's one git runner; each command it ran is a line in the log at debug level. */
export function createGit(binary: string, log: vscode.LogOutputChannel): Git {
  return new Git({
    binary,
    onCommand: (line) => {
      log.debug(line);
    },
  });
}
