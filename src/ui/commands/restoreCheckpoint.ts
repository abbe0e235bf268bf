import * as vscode from 'vscode';
import type { App } from '../app';
import type { CommandArguments } from './ids';
import { targetOf } from './pick';
import { previewAndRestore } from './restoreFlow';
import { restoreInto } from './restoreInto';

/** Restores a whole checkpoint, after a preview. */
export async function restoreCheckpoint(app: App, args: CommandArguments): Promise<void> {
  const target = await targetOf(app, args, vscode.l10n.t('Restore which checkpoint?'));
  const worktree = target && (await restoreInto(app, target));
  if (target !== undefined && worktree !== undefined) {
    await previewAndRestore(app, worktree, target.checkpoint, undefined);
  }
}
