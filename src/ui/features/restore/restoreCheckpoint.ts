import * as vscode from 'vscode';
import type { App } from '../../rows/app';
import type { OnCheckpoint } from '../../rows/command';
import { targetOf } from '../../rows/pick';
import { previewAndRestore } from './restoreFlow';
import { restoreInto } from './restoreInto';

/** Restores a whole checkpoint, after a preview. */
export async function restoreCheckpoint(app: App, on: OnCheckpoint | undefined): Promise<void> {
  const target = await targetOf(app, on, vscode.l10n.t('Restore which checkpoint?'));
  const worktree = target && (await restoreInto(app, target));
  if (target !== undefined && worktree !== undefined) {
    await previewAndRestore(app, worktree, target.checkpoint, undefined);
  }
}
