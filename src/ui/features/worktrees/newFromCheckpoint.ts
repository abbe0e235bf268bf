import path from 'node:path';
import * as vscode from 'vscode';
import { addWorktreeFrom } from '../../../fanout/fromCheckpoint';
import type { App } from '../../rows/app';
import { personalPlaces } from '../../state/agentStates';
import { hookTarget } from '../../platform/hookTarget';
import { withCancel } from '../../platform/progress';
import { targetOf } from '../../rows/pick';
import type { CommandArguments } from '../../rows/commandIds';
import { showInformationMessage, showWarningMessage } from '../../platform/shown';
import { requestFor } from '../../state/syncRequestFor';
import { inert } from '../../platform/text/inert';
import { shortOid } from '../../platform/text/words';
import { folderProblem } from './newWorktrees';
import { folderBeside, freeNames, placeholder } from './worktreeNames';
import { surroundingsOf } from './folderSuggestions';

/** Makes a worktree with what a checkpoint holds, at the commit that it was taken on, in a folder that the person sees. */
export async function newWorktreeFrom(app: App, args: CommandArguments): Promise<void> {
  const target = await targetOf(app, args, vscode.l10n.t('A new worktree from which checkpoint?'));
  if (target === undefined) {
    return;
  }
  const { model, checkpoint } = target;
  const around = await surroundingsOf(model.worktree);
  const [free = ''] = freeNames(`${checkpoint.worktree}-again-${placeholder}`, 1, around.isTaken);
  const folder = await app.prompts.text({
    title: vscode.l10n.t('New worktree from checkpoint {0}', shortOid(checkpoint.oid)),
    prompt: vscode.l10n.t(
      'Its folder. It will be on no branch, at the commit that the checkpoint was taken on, with the files of the checkpoint.',
    ),
    value: folderBeside(around.root, free),
    remark: folderProblem,
  });
  if (folder === undefined) {
    return;
  }
  const root = folder.trim();
  const { added, restored } = await withCancel(vscode.l10n.t('Creating the worktree'), (signal) =>
    app.network.track(
      (either) =>
        app.own.write(model.worktree, (writer) =>
          addWorktreeFrom(
            model.worktree,
            checkpoint,
            { root, branch: undefined },
            { ...writer, ...requestFor(app, model.worktree), signal: either },
          ),
        ),
      signal,
    ),
  );
  const { connectToo } = await import('../../../connect/newWorktrees');
  const connected = await connectToo(
    model.worktree,
    [added.worktree],
    personalPlaces(),
    hookTarget(app.context),
  );
  if (connected.words !== undefined) {
    app.log.warn(`Agents are not connected in the new worktree: ${connected.words}`);
  }
  await app.repositories.reload();
  app.agentStates.forget();
  const left = (restored?.blocked.length ?? 0) + (restored?.skipped.length ?? 0);
  const words = vscode.l10n.t(
    '{0} was created at {1} with the files of checkpoint {2}: {3} written, {4} deleted.',
    inert(path.basename(root)),
    shortOid(added.head),
    shortOid(checkpoint.oid),
    restored?.written.length ?? 0,
    restored?.deleted.length ?? 0,
  );
  const open = vscode.l10n.t('Open in New Window');
  const shown =
    left === 0
      ? showInformationMessage(words, open)
      : showWarningMessage(`${words} ${vscode.l10n.t('Left alone: {0}.', left)}`, open);
  void shown.then((choice) => {
    if (choice === open) {
      void vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(root), {
        forceNewWindow: true,
      });
    }
  });
}
