import * as vscode from 'vscode';
import { pathText, type GitPath } from '../../../git/path';
import type { FileOwner } from '../../../sessions/ownership';
import type { App } from '../../rows/app';
import { openCheckpointDiff, openFileDiff } from '../../rows/openDiff';
import { ownerTooltip } from './ownerWords';
import { fileOf } from '../../rows/pick';
import type { RepositoryModel } from '../../state/repositoryModel';
import { inertLine } from '../../platform/text/inert';

/** Says which live session last wrote a file: the one the command was called on, or that of the active editor. */
export async function whoOwns(app: App, on: vscode.Uri | undefined): Promise<void> {
  const file = await fileOf(app, on);
  if (file === undefined) {
    void app.dialogs.tell(
      vscode.l10n.t('Open a file of a git repository first, or choose one in the explorer.'),
    );
    return;
  }
  const { model, gitPath } = file;
  const name = inertLine(pathText(gitPath), 120);
  const owner = await app.owners.ownerOf(model, gitPath);
  if (owner === undefined) {
    void app.dialogs.tell(
      vscode.l10n.t(
        '{0}: no live session has written it since the last commit, as far as checkpoints tell.',
        name,
      ),
    );
    return;
  }
  const showSession = vscode.l10n.t('Show Session');
  const openDiff = vscode.l10n.t('Open Diff');
  const words = vscode.l10n.t('{0}: {1}.', name, ownerTooltip(owner, model.own));
  const choice = await app.dialogs.tell(words, showSession, openDiff);
  if (choice === showSession) {
    await app.views.showSession(model, owner.session.id);
  } else if (choice === openDiff) {
    await openOwnDiff(app, model, owner, gitPath);
  }
}

async function openOwnDiff(
  app: App,
  model: RepositoryModel,
  { checkpoint }: FileOwner,
  gitPath: GitPath,
): Promise<void> {
  const change = (await model.changesOf(checkpoint)).find(({ path }) => path === gitPath);
  await (change === undefined
    ? openCheckpointDiff(app.dialogs, model, checkpoint)
    : openFileDiff(model, checkpoint, change));
}
