import * as vscode from 'vscode';
import type { Checkpoint } from '../../../checkpoint/model';
import { messageOf } from '../../../errors';
import { pathText, type GitPath } from '../../../git/path';
import type { App } from '../../rows/app';
import { openFileDiff } from '../../rows/openDiff';
import type { RepositoryModel } from '../../state/repositoryModel';
import { shownLine } from '../../platform/shown';
import { inertLine } from '../../platform/text/inert';
import { changeWord } from '../../platform/text/words';
import { checkpointItem } from '../../rows/pick';

interface VersionItem extends vscode.QuickPickItem {
  readonly checkpoint: Checkpoint;
  readonly compare: () => Promise<void>;
}

/** How many checkpoints back a file's versions are looked for. */
const depth = 500;

/**
 * Lets the person choose among the checkpoints that changed a file, newest first. They are listed as they are found,
 * and each can be looked at before it is chosen.
 */
export async function pickVersion(
  app: App,
  model: RepositoryModel,
  gitPath: GitPath,
): Promise<Checkpoint | undefined> {
  const picker = vscode.window.createQuickPick<VersionItem>();
  picker.title = vscode.l10n.t('Restore {0}', inertLine(pathText(gitPath), 80));
  picker.placeholder = vscode.l10n.t('Looking for the checkpoints that changed this file');
  picker.busy = true;
  picker.ignoreFocusOut = true;
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;
  const closed = new AbortController();
  const answer = new Promise<Checkpoint | undefined>((resolve) => {
    picker.onDidAccept(() => {
      resolve(picker.selectedItems[0]?.checkpoint);
      picker.hide();
    });
    picker.onDidTriggerItemButton(({ item }) => item.compare());
    picker.onDidHide(() => {
      closed.abort();
      resolve(undefined);
      picker.dispose();
    });
  });
  picker.show();
  await fill(app, picker, model, gitPath, closed.signal);
  return answer;
}

async function fill(
  app: App,
  picker: vscode.QuickPick<VersionItem>,
  model: RepositoryModel,
  gitPath: GitPath,
  closed: AbortSignal,
): Promise<void> {
  const checkpoints = await model.recent(depth, model.worktree.key);
  for (const checkpoint of checkpoints) {
    if (closed.aborted) {
      return;
    }
    const item = await versionItem(model, checkpoint, gitPath).catch((thrown: unknown) => {
      // One checkpoint that cannot be read must not hide the others.
      app.log.warn(`The files of checkpoint ${checkpoint.oid} could not be read: ${messageOf(thrown)}`);
      return undefined;
    });
    if (item !== undefined) {
      picker.items = [...picker.items, shownLine(item)];
    }
  }
  picker.busy = false;
  picker.placeholder =
    picker.items.length === 0
      ? vscode.l10n.t(
          'None of the last {0} checkpoints of this worktree changed this file.',
          checkpoints.length,
        )
      : vscode.l10n.t('Restore the file from which checkpoint?');
}

async function versionItem(
  model: RepositoryModel,
  checkpoint: Checkpoint,
  gitPath: GitPath,
): Promise<VersionItem | undefined> {
  const change = (await model.changesOf(checkpoint)).find(({ path }) => path === gitPath);
  if (change === undefined) {
    return undefined;
  }
  const { label, description, detail } = checkpointItem({ model, checkpoint }, false);
  return {
    label,
    description: `${description ?? ''} · ${changeWord(change.kind)}`,
    ...(detail === undefined ? {} : { detail }),
    buttons: [{ iconPath: new vscode.ThemeIcon('git-compare'), tooltip: vscode.l10n.t('Open Diff') }],
    checkpoint,
    compare: () => openFileDiff(model, checkpoint, change),
  };
}
