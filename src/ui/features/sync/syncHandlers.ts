import * as vscode from 'vscode';
import { command, type HandlersOf, type Of } from '../../rows/command';
import { NetworkNode } from '../../rows/networkNode';
import { WorktreeNode } from '../../rows/worktreeNode';
import type { syncContributions } from './syncContributions';

/** What VS Code hands over for a menu of source control. */
const sourceControl = {
  is: (value: unknown): value is { readonly rootUri: vscode.Uri } =>
    typeof value === 'object' && value !== null && 'rootUri' in value && value.rootUri instanceof vscode.Uri,
};

const syncKinds = [WorktreeNode, sourceControl] as const;

export type OnSync = Of<typeof syncKinds>;

export const syncHandlers: HandlersOf<typeof syncContributions> = {
  'belay.sync': command(syncKinds, async () => (await import('./syncCommands')).sync),
  'belay.syncAll': async (app) => (await import('./syncCommands')).syncAll(app),
  'belay.cancelSync': command([NetworkNode], async () => (await import('./syncCommands')).cancelSync),
};
