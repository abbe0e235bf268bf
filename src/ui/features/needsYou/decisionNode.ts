import * as vscode from 'vscode';
import { plural } from '../../platform/text/counts';
import type { Decision } from '../../../decisions/decision';
import type { RepositoryModel } from '../../state/repositoryModel';
import { exactTime, relativeTime } from '../../platform/text/time';
import { lines } from '../../rows/tooltips';
import { TreeNode } from '../../rows/treeNode';
import {
  branchWords,
  caseSentence,
  caseTitle,
  droppedCount,
  whyWords,
  worktreeName,
} from '../../rows/decisionWords';
import { contextValue } from '../../rows/contextValues';

/** Something that waits for the person: a click opens its review page. */
export class DecisionNode extends TreeNode {
  readonly parent = undefined;
  constructor(
    readonly model: RepositoryModel,
    readonly decision: Decision,
  ) {
    super(`decision:${model.commonDir}:${decision.worktree}`);
  }

  override item(): vscode.TreeItem {
    const { decision, model } = this;
    const item = new vscode.TreeItem(caseTitle(decision));
    const held = decision.sessions.length;
    const details = [
      branchWords(decision),
      plural(droppedCount(decision), 'commit'),
      relativeTime(decision.created),
      worktreeName(decision, model),
      ...(held === 0 ? [] : [plural(held, 'waiting')]),
    ];
    item.description = details.join(' · ');
    item.iconPath = new vscode.ThemeIcon('question', new vscode.ThemeColor('list.warningForeground'));
    item.contextValue = contextValue('decision');
    item.command = { command: 'belay.reviewReset', title: vscode.l10n.t('Review'), arguments: [this] };
    item.accessibilityInformation = {
      label: vscode.l10n.t('Needs you: {0}, {1}', caseTitle(decision), details.join(', ')),
    };
    return item;
  }

  override tooltip(): vscode.MarkdownString {
    const { decision, model } = this;
    return lines(caseSentence(decision), [
      [vscode.l10n.t('Why'), whyWords(decision)],
      [vscode.l10n.t('Branch'), branchWords(decision)],
      [vscode.l10n.t('Worktree'), worktreeName(decision, model)],
      [vscode.l10n.t('Since'), exactTime(decision.created)],
      [vscode.l10n.t('Waiting sessions'), decision.sessions.join(', ')],
      [vscode.l10n.t('Backup'), decision.backups.join(', ')],
    ]);
  }
}
