import type * as vscode from 'vscode';
import { Git } from '../../git/git';
import { openWorktree } from '../../git/worktree';
import { findGitBinary } from '../gitBinary';
import type { OwnSession } from '../own/ownSession';
import type { WindowAnswers } from '../own/windowAnswers';
import { RepositoryModel } from './model';

/**
 * Opens the worktree that a folder lies in. Everything of the core hangs on this file, and only this file is loaded
 * late, so that activation costs nothing before a folder is looked at.
 */
export async function openModel(
  git: Git,
  folder: string,
  window: {
    readonly own: OwnSession;
    readonly answers: WindowAnswers;
    readonly log: vscode.LogOutputChannel;
  },
): Promise<RepositoryModel> {
  return new RepositoryModel(await openWorktree(git, folder), window.own, window.answers, window.log);
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
