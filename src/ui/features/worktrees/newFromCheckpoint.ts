import path from 'node:path';
import * as vscode from 'vscode';
import { addWorktreeFrom } from '../../../fanout/fromCheckpoint';
import type { App } from '../../rows/app';
import type { OnCheckpoint } from '../../rows/command';
import { withCancel } from '../../platform/progress';
import { targetOf } from '../../rows/pick';
import { requestFor } from '../../state/syncRequestFor';
import { inert } from '../../platform/text/inert';
import { shortOid } from '../../platform/text/words';
import { connectNew, openOffer } from './making';
import { folderProblem } from './newWorktrees';
import { folderBeside, freeNames, placeholder } from './worktreeNames';
import { surroundingsOf } from './folderSuggestions';

/** Makes a worktree with what a checkpoint holds, at the commit that it was taken on, in a folder that the person sees. */
export async function newWorktreeFrom(app: App, on: OnCheckpoint | undefined): Promise<void> {
  const target = await targetOf(app, on, vscode.l10n.t('A new worktree from which checkpoint?'));
  if (target === undefined) {
    return;
  }
  const { model, checkpoint } = target;
  const around = await surroundingsOf(model.worktree);
  const [free = ''] = freeNames(`${checkpoint.worktree}-again-${placeholder}`, 1, around.isTaken);
  const folder = await app.dialogs.text({
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
  await connectNew(app, model, [added.worktree]);
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
  const { label, run } = openOffer(root);
  const said =
    left === 0
      ? app.dialogs.tell(words, label)
      : app.dialogs.warn(`${words} ${vscode.l10n.t('Left alone: {0}.', left)}`, label);
  void said.then((choice) => {
    if (choice === label) {
      run();
    }
  });
}
