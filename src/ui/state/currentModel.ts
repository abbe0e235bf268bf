import { realpath } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { pathFromText, type GitPath } from '../../git/path';
import type { RepositoryModel } from './repositoryModel';
import type { Repositories } from './repositories';

/** The worktree of the active editor, else the first one that is open. */
export function currentModel(repositories: Repositories): RepositoryModel | undefined {
  return modelOfActiveEditor(repositories) ?? repositories.all[0];
}

/** The worktree of the active editor, undefined where it shows nothing from an open worktree. */
export function modelOfActiveEditor(repositories: Repositories): RepositoryModel | undefined {
  const active = vscode.window.activeTextEditor?.document.uri;
  return active && repositories.ofFile(active);
}

/**
 * A file's path as git names it in a worktree, also where the editor came to it through a symbolic link. Undefined
 * for a file outside. The file itself need not exist (any more), and is not followed where it is a link.
 */
export async function gitPathOf(model: RepositoryModel, file: vscode.Uri): Promise<GitPath | undefined> {
  const folder = await nearestRealFolder(path.dirname(file.fsPath));
  const relative = path.relative(await realpath(model.root), path.join(folder, path.basename(file.fsPath)));
  if (
    relative === '' ||
    relative === '..' ||
    relative.startsWith('..' + path.sep) ||
    path.isAbsolute(relative)
  ) {
    return undefined;
  }
  return pathFromText(relative.split(path.sep).join('/'));
}

/** The folder with symbolic links resolved, as far up as it exists. */
async function nearestRealFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (thrown) {
    const above = path.dirname(folder);
    if (above === folder) {
      throw thrown;
    }
    return path.join(await nearestRealFolder(above), path.basename(folder));
  }
}
