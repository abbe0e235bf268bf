import * as vscode from 'vscode';
import { contextValue } from './contextValues';
import type { NetworkOperation } from '../../network/networkOutcome';
import { inertLine } from '../platform/text/inert';
import { clockTime } from '../platform/text/time';
import { lines } from './tooltips';
import { TreeNode } from './treeNode';

/** Work with a remote that has not ended, with the time it still has. */
export class NetworkNode extends TreeNode {
  readonly parent = undefined;
  constructor(public operation: NetworkOperation) {
    super(`network:${operation.id}`);
  }

  override item(): vscode.TreeItem {
    const { operation } = this;
    // Its URL is in the tooltip: beside it there would be no room for the rest.
    const name = inertLine(operation.remote.replace(/ \(.*\)$/, ''), 80);
    const item = new vscode.TreeItem(name);
    const details = [
      stateWords(operation),
      timeLeft(operation),
      vscode.l10n.t('since {0}', clockTime(operation.since)),
    ].filter((part) => part !== '');
    item.description = details.join(' · ');
    item.iconPath = new vscode.ThemeIcon(operation.state === 'waiting' ? 'clock' : 'sync~spin');
    item.contextValue = contextValue('network');
    item.accessibilityInformation = {
      label: vscode.l10n.t('Network: {0}, {1}', inertLine(operation.remote, 80), details.join(', ')),
    };
    return item;
  }

  override tooltip(): vscode.MarkdownString {
    const { operation } = this;
    return lines(operation.remote, [
      [vscode.l10n.t('State'), stateWords(operation)],
      [vscode.l10n.t('Since'), clockTime(operation.since)],
      [vscode.l10n.t('Time left'), timeLeft(operation)],
    ]);
  }
}

function stateWords({ state, kind }: NetworkOperation): string {
  return {
    waiting: vscode.l10n.t('queued'),
    ending: vscode.l10n.t('is being ended'),
    running: {
      fetch: vscode.l10n.t('fetching'),
      list: vscode.l10n.t('asking'),
      push: vscode.l10n.t('pushing'),
      clone: vscode.l10n.t('cloning'),
    }[kind],
  }[state];
}

/** Of what runs; what waits has not begun to use up its time. */
function timeLeft({ state, limit, elapsed }: NetworkOperation): string {
  if (state !== 'running') {
    return '';
  }
  return limit === 0
    ? vscode.l10n.t('without a limit')
    : vscode.l10n.t('{0} s left', Math.max(0, Math.ceil((limit - elapsed) / 1_000)));
}
