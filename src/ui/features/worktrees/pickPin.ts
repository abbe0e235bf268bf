import * as vscode from 'vscode';
import type { Pin } from '../../../fanout/pin';
import type { App } from '../../rows/app';
import type { Line } from '../../platform/dialogs';
import { openModels, repositoryName } from '../../rows/pick';
import type { RepositoryModel } from '../../state/repositoryModel';
import { relativeTime } from '../../platform/text/time';
import { shortOid } from '../../platform/text/words';
import type { RepositoryNode } from '../../rows/repositoryNode';
import type { WorktreeNode } from '../../rows/worktreeNode';
import { PinNode } from './pinNode';
import { pinName, setterName, sourceWords } from '../../rows/worktreeWords';

/** A pin in one of the window's repositories. */
export interface PinTarget {
  readonly model: RepositoryModel;
  readonly pin: Pin;
}

/** What a command about a pin can be called on: the pin, or what is of its repository. */
export type OnPin = PinNode | WorktreeNode | RepositoryNode;

/**
 * The pin that a command was called on; else the only one of the repository whose row it was called on, or of the window; else
 * the one that the person chooses. Where there is none they are told how to set one. Undefined when there is nothing to do.
 */
export async function pickPin(
  app: App,
  on: OnPin | undefined,
  placeHolder: string,
): Promise<PinTarget | undefined> {
  if (on instanceof PinNode) {
    return on;
  }
  await openModels(app);
  const models = on === undefined ? app.repositories.distinct : [on.model];
  const { listPins } = await import('../../../fanout/pin');
  const lists = await Promise.all(
    models.map(async (model) => (await listPins(model.worktree)).map((pin) => ({ model, pin }))),
  );
  const targets = lists.flat();
  const [only] = targets;
  if (only === undefined) {
    void offerToPin(app, on);
    return undefined;
  }
  return targets.length === 1
    ? only
    : app.dialogs.one({
        title: vscode.l10n.t('Pins'),
        placeHolder,
        lines: targets.map((target) => pinLine(app, target)),
      });
}

async function offerToPin(app: App, on: unknown): Promise<void> {
  const pinCommit = vscode.l10n.t('Pin a Commit');
  const words = vscode.l10n.t('There are no pins yet. A pin is the one commit that worktrees should be on.');
  if ((await app.dialogs.tell(words, pinCommit)) === pinCommit) {
    await vscode.commands.executeCommand('belay.pinWorktrees', on);
  }
}

function pinLine(app: App, target: PinTarget): Line<PinTarget> {
  const { pin, model } = target;
  return {
    label: `$(pinned) ${pinName(pin)}`,
    description: [shortOid(pin.commit), sourceWords(pin), ...repositoryName(app, model)].join(' · '),
    detail: vscode.l10n.t('set by {0}, {1}', setterName(pin, model.own), relativeTime(pin.time)),
    value: target,
  };
}
