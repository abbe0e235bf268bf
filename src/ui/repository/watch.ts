import path from 'node:path';
import * as vscode from 'vscode';
import type { Worktree } from '../../git/worktree';

/**
 * Calls `changed` when another process may have changed what Belay shows of a repository: every Belay process rewrites
 * the pulse file after each publish; refs can be moved by other programs too; HEAD moves with each commit and switch.
 * Nothing is polled. `changed` is called often and must be cheap.
 */
export function watchRepository(worktree: Worktree, changed: () => void): vscode.Disposable {
  const { commonDir, belayDir } = worktree.repository;
  const watchers = [
    watch(belayDir, 'pulse', changed),
    watch(path.join(commonDir, 'refs', 'belay'), '**', changed),
    // Before the first checkpoint the two folders above do not exist; their creation shows here.
    watch(commonDir, '{belay,packed-refs,worktrees}', changed),
    watch(worktree.gitDir, 'HEAD', changed),
    watch(path.join(commonDir, 'worktrees'), '*/HEAD', changed),
  ];
  return vscode.Disposable.from(...watchers);
}

/** Calls `created` when the folder becomes a repository. */
export function watchForRepository(folder: vscode.Uri, created: () => void): vscode.Disposable {
  const watcher = vscode.workspace.createFileSystemWatcher(
    new vscode.RelativePattern(folder, '.git'),
    false,
    true,
    true,
  );
  return vscode.Disposable.from(watcher, watcher.onDidCreate(created));
}

function watch(folder: string, pattern: string, changed: () => void): vscode.Disposable {
  const watcher = vscode.workspace.createFileSystemWatcher(
    new vscode.RelativePattern(vscode.Uri.file(folder), pattern),
  );
  return vscode.Disposable.from(
    watcher,
    watcher.onDidCreate(changed),
    watcher.onDidChange(changed),
    watcher.onDidDelete(changed),
  );
}
