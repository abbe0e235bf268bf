import path from 'node:path';
import type * as vscode from 'vscode';
import type { HookTarget } from '../../connect/hookLauncher';

/** What the hooks of agents run: VS Code's own program as Node, and the bundle of this installation. */
export function hookTarget(context: vscode.ExtensionContext): HookTarget {
  return {
    executable: process.execPath,
    script: path.join(context.extensionUri.fsPath, 'dist', 'hook.js'),
  };
}
