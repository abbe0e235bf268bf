import path from 'node:path';
import * as vscode from 'vscode';
import { plural } from '../platform/text/counts';
import { readCheckpoint } from '../../checkpoint/history';
import type { GitPath } from '../../git/path';
import { BelayError } from '../../errors';
import { agentName } from '../platform/agentLook';
import type { App } from './app';
import { gitPathOf, modelOfActiveEditor } from '../state/currentModel';
import type { RepositoryModel } from '../state/repositoryModel';
import { inert } from '../platform/text/inert';
import { exactTime, relativeTime } from '../platform/text/time';
import { checkpointTitle, sessionName, shortOid } from '../platform/text/words';
import type { Line, Look } from '../platform/dialogs';
import { fallenWords, kindWords, subjectWords } from './backupWords';
import type { OnBackup } from './command';
import type { ChosenBackup, Target, TreeNode } from './treeNode';

const firstPage = 200;

/**
 * The worktree that a command is about: the only one, or that of the active editor, or the one that the person
 * chooses. Undefined when the person chose none.
 * @throws BelayError `not_a_repository` when no repository is open, or what kept it from being opened.
 */
export async function pickModel(app: App, placeHolder: string): Promise<RepositoryModel | undefined> {
  const models = await openModels(app);
  const [only] = models;
  const chosen = models.length === 1 ? only : modelOfActiveEditor(app.repositories);
  if (chosen !== undefined) {
    return chosen;
  }
  return app.dialogs.one({
    placeHolder,
    lines: models.map((model) => ({
      label: `$(repo) ${inert(path.basename(model.root))}`,
      description: inert(path.dirname(model.root)),
      value: model,
    })),
  });
}

/** The open worktrees, at least one. */
export async function openModels(app: App): Promise<readonly RepositoryModel[]> {
  await app.repositories.ready();
  const { all, failures, state } = app.repositories;
  if (all.length > 0) {
    return all;
  }
  if (failures[0] !== undefined) {
    throw failures[0].thrown;
  }
  throw state === 'untrusted'
    ? new BelayError('not_a_repository', vscode.l10n.t('Belay runs git only in a workspace that you trust.'))
    : new BelayError(
        'not_a_repository',
        vscode.l10n.t('No folder of this window is inside a git repository.'),
      );
}

/** What there is of something in every repository of the window. @throws as {@link openModels}, and what `read` throws. */
export async function ofEach<T>(
  app: App,
  read: (model: RepositoryModel) => Promise<readonly T[]> | readonly T[],
): Promise<T[]> {
  await openModels(app);
  return (await Promise.all(app.repositories.distinct.map(async (model) => read(model)))).flat();
}

/** The one of several that the person chooses; undefined when they chose none, or there is none, which is said. */
export async function pickOne<T>(
  app: App,
  all: readonly T[],
  line: (one: T) => Look,
  { none, ...asked }: { readonly none: string; readonly placeHolder: string; readonly title?: string },
): Promise<T | undefined> {
  if (all.length === 0) {
    void app.dialogs.tell(none);
    return undefined;
  }
  return app.dialogs.one({ ...asked, lines: all.map((value) => ({ ...line(value), value })) });
}

/** Where the window has several repositories, the name of one for a line; else nothing. */
export function repositoryName({ repositories }: App, { root }: RepositoryModel): readonly string[] {
  return repositories.distinct.length > 1 ? [inert(path.basename(root))] : [];
}

/** A file of an open worktree. */
export interface FileInWorktree {
  readonly model: RepositoryModel;
  readonly gitPath: GitPath;
}

/** The file that a command was called on, else that of the active editor; undefined where it is of no open worktree. */
export async function fileOf(app: App, on: vscode.Uri | undefined): Promise<FileInWorktree | undefined> {
  const file = on ?? vscode.window.activeTextEditor?.document.uri;
  await app.repositories.ready();
  const model = file && app.repositories.ofFile(file);
  const gitPath = file && model && (await gitPathOf(model, file));
  return model === undefined || gitPath === undefined ? undefined : { model, gitPath };
}

/**
 * The checkpoint that a command was called on: a row of the views (a file's row means its checkpoint, a session's its
 * last one), or an object id. Called on nothing, the person chooses; undefined when they chose none.
 */
export async function targetOf(
  app: App,
  on: TreeNode | string | undefined,
  placeHolder: string,
): Promise<Target | undefined> {
  const target = typeof on === 'string' ? undefined : on?.target?.();
  if (target !== undefined) {
    return target;
  }
  return typeof on === 'string' ? byName(app, on) : pickCheckpoint(app, placeHolder);
}

async function byName(app: App, name: string): Promise<Target> {
  let last: unknown;
  for (const model of await openModels(app)) {
    try {
      return { model, checkpoint: await readCheckpoint(model.worktree, name) };
    } catch (thrown) {
      app.log.debug(`${name} is not in ${model.root}: ${String(thrown)}`);
      last = thrown;
    }
  }
  throw last;
}

/** Lets the person choose among the checkpoints of every repository, newest first, as far back as they like. */
export async function pickCheckpoint(app: App, placeHolder: string): Promise<Target | undefined> {
  for (let limit = firstPage; ; limit *= 4) {
    const lists = await ofEach(app, async (model) => [
      (await model.recent(limit)).map((checkpoint) => ({ model, checkpoint })),
    ]);
    const targets = lists.flat().toSorted((left, right) => right.checkpoint.time - left.checkpoint.time);
    if (targets.length === 0) {
      const take = vscode.l10n.t('Checkpoint Now');
      const words = vscode.l10n.t('There is no checkpoint yet.');
      if ((await app.dialogs.tell(words, take)) === take) {
        await vscode.commands.executeCommand('belay.checkpointNow');
      }
      return undefined;
    }
    const older: Line<'older'> = {
      label: `$(ellipsis) ${vscode.l10n.t('Older checkpoints')}`,
      alwaysShow: true,
      value: 'older',
    };
    const more = lists.some((list) => list.length === limit) ? [older] : [];
    const lines = targets.map((value) => ({
      ...checkpointLine(value, repositoryName(app, value.model)),
      value,
    }));
    const chosen = await app.dialogs.one<Target | 'older'>({ placeHolder, lines: [...lines, ...more] });
    if (chosen !== 'older') {
      return chosen;
    }
  }
}

/**
 * A checkpoint as a line to choose; text from outside is inert, the icon is ours.
 * @param where What else there is to say of where it is.
 */
export function checkpointLine({ checkpoint }: Target, where: readonly string[]): Look {
  const lacking = checkpoint.uncovered.length + checkpoint.uncoveredMore;
  return {
    label: `$(git-commit) ${checkpointTitle(checkpoint)}`,
    description: [relativeTime(checkpoint.time), shortOid(checkpoint.oid)].join(' · '),
    detail: [
      agentName(checkpoint.agent),
      `${sessionName(checkpoint.session)} #${checkpoint.step}`,
      inert(checkpoint.worktree),
      ...where,
      ...(lacking === 0 ? [] : [`$(warning) ${plural(lacking, 'uncovered')}`]),
    ].join(' · '),
  };
}

/** The backup of the row that a command was called on, else the one that the person chooses. */
export async function backupOf(
  app: App,
  on: OnBackup | undefined,
  placeHolder: string,
): Promise<ChosenBackup | undefined> {
  const kept = on?.keptIn();
  if (kept?.length === 1) {
    return kept[0];
  }
  const all = kept ?? (await allBackups(app));
  return pickOne(app, all, backupLine, { placeHolder, none: vscode.l10n.t('There are no backups.') });
}

async function allBackups(app: App): Promise<readonly ChosenBackup[]> {
  const all = await ofEach(app, async (model) =>
    (await model.backups()).map((backup) => ({ model, backup })),
  );
  return all.toSorted((a, b) => b.backup.time - a.backup.time);
}

function backupLine({ backup }: ChosenBackup): Look {
  return {
    label: `$(pinned) ${exactTime(backup.time)}`,
    description: [kindWords(backup.kind), subjectWords(backup)].join(' · '),
    detail: [...fallenWords(backup), shortOid(backup.tip)].join(' · '),
  };
}
