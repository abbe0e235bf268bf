import path from 'node:path';
import * as vscode from 'vscode';
import { messageOf } from '../../errors';
import type { Worktree } from '../../git/worktree';
import { FolderWatch } from '../platform/folderWatch';
import { WorktreesWatch } from './worktreesWatch';

/** What is told of changes; both are called often and must be cheap. */
interface Changed {
  /** Something that is on show may be different. */
  readonly anything: () => void;
  /** A worktree may have come or gone. */
  readonly worktrees: () => void;
}

/**
 * Tells when another process may have changed what Belay shows of a repository: every Belay process rewrites
 * the pulse file after each publish; refs can be moved by other programs too; HEAD moves with each commit and switch.
 * Nothing is polled.
 */
export function watchRepository(
  worktree: Worktree,
  { anything: changed, worktrees: cameOrWent }: Changed,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const { commonDir, belayDir } = worktree.repository;
  const failed = (thrown: unknown): void => {
    log.warn(`Changes in ${commonDir} cannot be followed (${messageOf(thrown)}). Refresh shows them.`);
  };
  const pulse = new FolderWatch(belayDir, ['pulse'], changed, failed);
  const worktrees = new WorktreesWatch(commonDir, changed, failed, cameOrWent);
  const common = new FolderWatch(
    commonDir,
    ['HEAD', 'packed-refs', 'worktrees', 'reftable', path.basename(belayDir)],
    (name) => {
      if (name === path.basename(belayDir)) {
        pulse.start();
      } else if (name === 'reftable') {
        // The references have been migrated.
        tables.forEach((table) => {
          table.start();
        });
      } else if (name === 'worktrees') {
        worktrees.follow();
      }
      changed();
    },
    failed,
  );
  const own =
    worktree.gitDir === commonDir ? [] : [new FolderWatch(worktree.gitDir, ['HEAD'], changed, failed)];
  // Under the reftable backend each change of any reference, and of HEAD, writes this list anew.
  const tables = [...new Set([commonDir, worktree.gitDir])].map(
    (folder) => new FolderWatch(path.join(folder, 'reftable'), ['tables.list'], changed, failed),
  );
  // A commit does not change HEAD itself where that names a branch; only its log tells.
  const moves = new FolderWatch(path.join(worktree.gitDir, 'logs'), ['HEAD'], changed, failed);
  return vscode.Disposable.from(
    pulse,
    common,
    ...own,
    moves,
    ...tables,
    watchBelow(path.join(commonDir, 'refs', 'belay'), changed),
    worktrees,
  );
}

/** Calls `created` when the folder becomes a repository. */
export function watchForRepository(
  folder: vscode.Uri,
  created: () => void,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const failed = (thrown: unknown): void => {
    log.warn(`${folder.fsPath} cannot be watched (${messageOf(thrown)}). Refresh looks at it again.`);
  };
  return vscode.Disposable.from(new FolderWatch(folder.fsPath, ['.git'], created, failed));
}

/** What other programs do in a whole folder: rarer, so VS Code's own watcher, which shares what it has, is enough. */
function watchBelow(folder: string, changed: () => void): vscode.Disposable {
  const watcher = vscode.workspace.createFileSystemWatcher(
    new vscode.RelativePattern(vscode.Uri.file(folder), '**'),
  );
  return vscode.Disposable.from(
    watcher,
    watcher.onDidCreate(changed),
    watcher.onDidChange(changed),
    watcher.onDidDelete(changed),
  );
}
