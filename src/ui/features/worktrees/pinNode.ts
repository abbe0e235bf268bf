import * as vscode from 'vscode';
import { pinHistory, type Pin } from '../../../fanout/pin';
import type { RepositoryModel } from '../../state/repositoryModel';
import { exactTime, relativeTime } from '../../platform/text/time';
import { shortOid } from '../../platform/text/words';
import type { RepositoryNode } from '../../rows/repositoryNode';
import { lines } from '../../rows/tooltips';
import { TreeNode } from '../../rows/treeNode';
import { pinName, setterName, sourceWords } from '../../rows/worktreeWords';
import { contextValue } from '../../rows/contextValues';

/** So many of the commits that a pin was at before are named. */
const named = 5;

/** A pin, on top of the worktrees that are to be on it. */
export class PinNode extends TreeNode {
  constructor(
    readonly model: RepositoryModel,
    readonly pin: Pin,
    readonly parent: RepositoryNode | undefined,
  ) {
    super(`pin:${model.commonDir}:${pin.name}`);
  }

  override item(): vscode.TreeItem {
    const { pin, model } = this;
    const item = new vscode.TreeItem(pinName(pin));
    const details = [
      shortOid(pin.commit),
      sourceWords(pin),
      vscode.l10n.t('set by {0}', setterName(pin, model.own)),
      relativeTime(pin.time),
    ];
    item.description = details.join(' · ');
    item.iconPath = new vscode.ThemeIcon('pinned');
    item.contextValue = contextValue('pin');
    item.accessibilityInformation = {
      label: vscode.l10n.t('Pin {0}, {1}', pinName(pin), details.join(', ')),
    };
    return item;
  }

  override async tooltip(): Promise<vscode.MarkdownString> {
    const { pin, model } = this;
    const [, ...earlier] = await pinHistory(model.worktree, pin);
    const before = earlier
      .slice(0, named)
      .map(({ commit, time }) => `${shortOid(commit)} (${exactTime(time)})`);
    return lines(vscode.l10n.t('Pin {0}', pin.name), [
      [vscode.l10n.t('Commit'), pin.commit],
      [vscode.l10n.t('From'), pin.source],
      [vscode.l10n.t('Reference'), pin.ref],
      [vscode.l10n.t('Remote'), pin.remote],
      [vscode.l10n.t('Set by'), setterName(pin, model.own)],
      [vscode.l10n.t('Session'), pin.session],
      [vscode.l10n.t('Time'), exactTime(pin.time)],
      [vscode.l10n.t('Before'), before.join(', ')],
    ]);
  }
}
