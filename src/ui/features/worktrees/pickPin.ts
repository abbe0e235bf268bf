import path from 'node:path';
import * as vscode from 'vscode';
import type { Pin } from '../../../fanout/pin';
import type { App } from '../../rows/app';
import type { CommandArguments } from '../../rows/commandIds';
import { openModels, pickModel } from '../../rows/pick';
import type { RepositoryModel } from '../../state/repositoryModel';
import { showInformationMessage } from '../../platform/shown';
import { inert } from '../../platform/text/inert';
import { relativeTime } from '../../platform/text/time';
import { shortOid } from '../../platform/text/words';
import { RepositoryNode, WorktreeNode } from '../../rows/nodes';
import { PinNode } from './pinNode';
import { pinName, setterName, sourceWords } from '../../rows/worktreeWords';

/** A pin in one of the window's repositories. */
export interface PinTarget {
  readonly model: RepositoryModel;
  readonly pin: Pin;
}

/** The repository that a command was called on, or that the person chooses; undefined when they chose none. */
export async function modelOf(
  app: App,
  [on]: CommandArguments,
  placeHolder: string,
): Promise<RepositoryModel | undefined> {
  return on instanceof WorktreeNode || on instanceof RepositoryNode || on instanceof PinNode
    ? on.model
    : pickModel(app, placeHolder);
}

/**
 * The pin that a command was called on; else the only one of the repository whose row it was called on, or of the window; else
 * the one that the person chooses. Where there is none they are told how to set one. Undefined when there is nothing to do.
 */
export async function pickPin(
  app: App,
  [on]: CommandArguments,
  placeHolder: string,
): Promise<PinTarget | undefined> {
  if (on instanceof PinNode) {
    return on;
  }
  await openModels(app);
  const models =
    on instanceof WorktreeNode || on instanceof RepositoryNode ? [on.model] : app.repositories.distinct;
  const { listPins } = await import('../../../fanout/pin');
  const lists = await Promise.all(
    models.map(async (model) => (await listPins(model.worktree)).map((pin) => ({ model, pin }))),
  );
  const targets = lists.flat();
  const [only] = targets;
  if (only === undefined) {
    void offerToPin(on);
    return undefined;
  }
  return targets.length === 1
    ? only
    : app.prompts.one({
        title: vscode.l10n.t('Pins'),
        placeHolder,
        lines: targets.map((target) => pinLine(target, lists.length > 1)),
      });
}

async function offerToPin(on: unknown): Promise<void> {
  const pinCommit = vscode.l10n.t('Pin a Commit');
  const words = vscode.l10n.t('There are no pins yet. A pin is the one commit that worktrees should be on.');
  if ((await showInformationMessage(words, pinCommit)) === pinCommit) {
    await vscode.commands.executeCommand('belay.pinWorktrees', on);
  }
}

function pinLine(
  target: PinTarget,
  nameRepository: boolean,
): { label: string; description: string; detail: string; value: PinTarget } {
  const { pin, model } = target;
  const where = nameRepository ? [inert(path.basename(model.root))] : [];
  return {
    label: `$(pinned) ${pinName(pin)}`,
    description: [shortOid(pin.commit), sourceWords(pin), ...where].join(' · '),
    detail: vscode.l10n.t('set by {0}, {1}', setterName(pin, model.own), relativeTime(pin.time)),
    value: target,
  };
}
