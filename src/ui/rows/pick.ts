import path from 'node:path';
import * as vscode from 'vscode';
import type { Checkpoint } from '../../checkpoint/model';
import { readCheckpoint } from '../../checkpoint/history';
import { BelayError } from '../../errors';
import { agentName } from '../platform/agentLook';
import type { App } from './app';
import { modelOfActiveEditor } from '../state/currentModel';
import type { RepositoryModel } from '../state/repositoryModel';
import { showInformationMessage, showQuickPick } from '../platform/shown';
import { inert } from '../platform/text/inert';
import { relativeTime } from '../platform/text/time';
import { checkpointTitle, sessionName, shortOid } from '../platform/text/words';
import { CheckpointNode, FileNode, SessionNode, UncoveredNode, WorktreeNode } from './nodes';
import type { CommandArguments } from './commandIds';
import { plural } from '../platform/text/counts';

/** A checkpoint in one of the window's repositories. */
export interface Target {
  readonly model: RepositoryModel;
  readonly checkpoint: Checkpoint;
}

interface CheckpointItem extends vscode.QuickPickItem {
  readonly target?: Target;
}

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
  const items = models.map((model) => ({
    label: `$(repo) ${inert(path.basename(model.root))}`,
    description: inert(path.dirname(model.root)),
    model,
  }));
  return (await showQuickPick(items, { placeHolder }))?.model;
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

/**
 * The checkpoint that a command was called on: a row of the views (a file's row means its checkpoint, a session's its
 * last one), or an object id. Called on nothing, the person chooses; undefined when they chose none.
 */
export async function targetOf(
  app: App,
  args: CommandArguments,
  placeHolder: string,
): Promise<Target | undefined> {
  const [on] = args;
  if (on instanceof CheckpointNode || on instanceof FileNode) {
    return on;
  }
  if (on instanceof UncoveredNode) {
    return on.parent;
  }
  if (on instanceof SessionNode) {
    return on.session.latest && { model: on.model, checkpoint: on.session.latest };
  }
  if (on instanceof WorktreeNode && on.summary.latest !== undefined) {
    return { model: on.model, checkpoint: on.summary.latest };
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
  await openModels(app);
  for (let limit = firstPage; ; limit *= 4) {
    const { items, more } = await checkpointItems(app, limit);
    if (items.length === 0) {
      const take = vscode.l10n.t('Checkpoint Now');
      const words = vscode.l10n.t('There is no checkpoint yet.');
      if ((await showInformationMessage(words, take)) === take) {
        await vscode.commands.executeCommand('belay.checkpointNow');
      }
      return undefined;
    }
    const older: CheckpointItem = {
      label: `$(ellipsis) ${vscode.l10n.t('Older checkpoints')}`,
      alwaysShow: true,
    };
    const options = { placeHolder, matchOnDescription: true, matchOnDetail: true };
    const chosen = await showQuickPick(more ? [...items, older] : items, options);
    if (chosen === undefined || chosen.target !== undefined) {
      return chosen?.target;
    }
  }
}

async function checkpointItems(app: App, limit: number): Promise<{ items: CheckpointItem[]; more: boolean }> {
  const lists = await Promise.all(
    app.repositories.distinct.map(async (model) =>
      (await model.recent(limit)).map((checkpoint) => ({ model, checkpoint })),
    ),
  );
  const several = lists.length > 1;
  const targets = lists.flat().toSorted((left, right) => right.checkpoint.time - left.checkpoint.time);
  return {
    items: targets.map((target) => checkpointItem(target, several)),
    more: lists.some((list) => list.length === limit),
  };
}

/** A checkpoint as a line of a quick pick; text from outside is inert, the icon is ours. */
export function checkpointItem(
  target: Target,
  nameRepository: boolean,
): CheckpointItem & { readonly target: Target } {
  const { checkpoint, model } = target;
  const lacking = checkpoint.uncovered.length + checkpoint.uncoveredMore;
  const where = nameRepository ? [inert(path.basename(model.root))] : [];
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
    target,
  };
}
