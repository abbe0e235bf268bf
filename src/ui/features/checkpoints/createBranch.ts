import * as vscode from 'vscode';
import { createBranch } from '../../../restore/branch';
import type { App } from '../../rows/app';
import { withPatience } from '../../platform/progress';
import { branchName, shortOid } from '../../platform/text/words';
import type { OnCheckpoint } from '../../rows/command';
import { targetOf } from '../../rows/pick';

/** Puts a new branch on a checkpoint's state, without switching to it. */
export async function createBranchFrom(app: App, on: OnCheckpoint | undefined): Promise<void> {
  const target = await targetOf(app, on, vscode.l10n.t('Create a branch from which checkpoint?'));
  if (target === undefined) {
    return;
  }
  const { model, checkpoint } = target;
  const name = await app.dialogs.text({
    title: vscode.l10n.t('Branch from checkpoint {0}', shortOid(checkpoint.oid)),
    prompt: vscode.l10n.t('Name of the new branch. You stay on your current branch.'),
    value: `belay/${shortOid(checkpoint.oid)}`,
    remark: (value) => (value.trim() === '' ? vscode.l10n.t('Type a name.') : undefined),
  });
  if (name === undefined) {
    return;
  }
  const made = await withPatience(vscode.l10n.t('Creating the branch'), () =>
    app.own.write(model.worktree, ({ leases }) =>
      createBranch(model.worktree, checkpoint, name.trim(), leases),
    ),
  );
  const copy = vscode.l10n.t('Copy Name');
  const words = vscode.l10n.t(
    'Branch {0} now holds checkpoint {1}. HEAD and your files are unchanged.',
    branchName(made.branch),
    shortOid(checkpoint.oid),
  );
  if ((await app.dialogs.tell(words, copy)) === copy) {
    await vscode.env.clipboard.writeText(made.branch.replace(/^refs\/heads\//, ''));
  }
}
