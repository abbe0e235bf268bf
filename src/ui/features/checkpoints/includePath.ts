import * as vscode from 'vscode';
import { excludePaths, includePaths, readInclusion } from '../../../checkpoint/include';
import { pathText, type GitPath } from '../../../git/path';
import type { App } from '../../rows/app';
import { withCancel } from '../../platform/progress';
import type { RepositoryModel } from '../../state/repositoryModel';
import { inertLine } from '../../platform/text/inert';
import type { UncoveredNode } from '../../rows/fileNodes';
import { pickModel } from '../../rows/pick';

/** Has what an ignore rule leaves out captured from now on: the row's path, or those that the person picks. */
export async function includePath(app: App, on: UncoveredNode | undefined): Promise<void> {
  if (on !== undefined) {
    await change(app, on.parent.model, [on.uncovered.path], 'include');
    return;
  }
  const model = await pickModel(app, vscode.l10n.t('Include ignored files of which worktree?'));
  if (model === undefined) {
    return;
  }
  const { leftOut } = await readInclusion(model.worktree);
  if (leftOut.length === 0) {
    void app.dialogs.tell(vscode.l10n.t('No ignored files are left out.'));
    return;
  }
  const chosen = await pickPaths(
    app,
    leftOut,
    vscode.l10n.t('Which ones should checkpoints include from now on?'),
  );
  await change(app, model, chosen, 'include');
}

/** Takes back what was included. */
export async function stopIncluding(app: App): Promise<void> {
  const model = await pickModel(app, vscode.l10n.t('Stop including files of which worktree?'));
  if (model === undefined) {
    return;
  }
  const { included } = await readInclusion(model.worktree);
  if (included.length === 0) {
    void app.dialogs.tell(vscode.l10n.t('No ignored files are included.'));
    return;
  }
  const chosen = await pickPaths(
    app,
    included,
    vscode.l10n.t('Which ones should checkpoints stop including?'),
  );
  await change(app, model, chosen, 'exclude');
}

async function pickPaths(
  app: App,
  paths: readonly GitPath[],
  placeHolder: string,
): Promise<readonly GitPath[]> {
  const lines = paths.map((path) => ({ label: inertLine(pathText(path), 200), value: path }));
  return (await app.dialogs.several({ placeHolder, lines })) ?? [];
}

async function change(
  app: App,
  model: RepositoryModel,
  paths: readonly GitPath[],
  what: 'include' | 'exclude',
): Promise<void> {
  if (paths.length === 0) {
    return;
  }
  const step = what === 'include' ? includePaths : excludePaths;
  await withCancel(vscode.l10n.t('Taking a checkpoint'), (signal) =>
    model.own.write(model.worktree, (writer) => step(model.worktree, paths, writer, { signal })),
  );
  await app.repositories.reload();
  const names = inertLine(paths.map(pathText).join(', '), 200);
  const undo = vscode.l10n.t('Undo');
  const said =
    what === 'include'
      ? vscode.l10n.t('{0}: included from now on.', names)
      : vscode.l10n.t('{0}: no longer included where an ignore rule matches it.', names);
  const choice = await app.dialogs.tell(said, undo);
  if (choice === undo) {
    await change(app, model, paths, what === 'include' ? 'exclude' : 'include');
  }
}
