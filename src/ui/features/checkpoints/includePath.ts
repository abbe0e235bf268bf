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
  await changeSome(app, 'include', {
    where: vscode.l10n.t('Include ignored files of which worktree?'),
    none: vscode.l10n.t('No ignored files are left out.'),
    which: vscode.l10n.t('Which ones should checkpoints include from now on?'),
  });
}

/** Takes back what was included. */
export async function stopIncluding(app: App): Promise<void> {
  await changeSome(app, 'exclude', {
    where: vscode.l10n.t('Stop including files of which worktree?'),
    none: vscode.l10n.t('No ignored files are included.'),
    which: vscode.l10n.t('Which ones should checkpoints stop including?'),
  });
}

async function changeSome(
  app: App,
  what: 'include' | 'exclude',
  asked: Readonly<Record<'where' | 'none' | 'which', string>>,
): Promise<void> {
  const model = await pickModel(app, asked.where);
  if (model === undefined) {
    return;
  }
  const { leftOut, included } = await readInclusion(model.worktree);
  const paths = what === 'include' ? leftOut : included;
  if (paths.length === 0) {
    void app.dialogs.tell(asked.none);
    return;
  }
  const lines = paths.map((path) => ({ label: inertLine(pathText(path), 200), value: path }));
  const chosen = await app.dialogs.several({ placeHolder: asked.which, lines });
  await change(app, model, chosen ?? [], what);
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
