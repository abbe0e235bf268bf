import * as vscode from 'vscode';
import type { Decision } from '../../../decisions/decision';
import type { RepositoryModel } from '../../state/repositoryModel';
import { inertLine } from '../../platform/text/inert';
import { exactTime, relativeTime } from '../../platform/text/time';
import { lines } from '../../rows/tooltips';
import { TreeNode } from '../../rows/treeNode';
import { branchWords, caseSentence, optionLabel, worktreeName } from '../../rows/decisionWords';
import { contextValue } from '../../rows/contextValues';

/** An answer that no window on this machine is known to have given: said until the person says whether it is right. */
export class AnswerNode extends TreeNode {
  readonly parent = undefined;
  constructor(
    readonly model: RepositoryModel,
    readonly decision: Decision,
  ) {
    super(`answer:${model.commonDir}:${decision.version}`);
  }

  override item(): vscode.TreeItem {
    const { decision } = this;
    const item = new vscode.TreeItem(answeredWords(decision));
    item.description = this.details.join(' · ');
    item.iconPath = new vscode.ThemeIcon('unverified', new vscode.ThemeColor('list.warningForeground'));
    item.contextValue = contextValue('answer');
    item.accessibilityInformation = { label: [answeredWords(decision), ...this.details].join(', ') };
    return item;
  }

  private get details(): readonly string[] {
    const { decision, model } = this;
    const { answer, answeredAt } = decision;
    return [
      ...(answer === undefined ? [] : [optionLabel(answer, decision)]),
      branchWords(decision),
      ...(answeredAt === undefined ? [] : [relativeTime(answeredAt)]),
      worktreeName(decision, model),
    ];
  }

  override tooltip(): vscode.MarkdownString {
    const { decision, model } = this;
    const { answer, answeredAt } = decision;
    return lines(answeredWords(decision), [
      [vscode.l10n.t('Question'), caseSentence(decision)],
      [vscode.l10n.t('Answer'), answer === undefined ? '' : optionLabel(answer, decision)],
      [vscode.l10n.t('Worktree'), worktreeName(decision, model)],
      [vscode.l10n.t('Since'), answeredAt === undefined ? '' : exactTime(answeredAt)],
    ]);
  }
}

/** "Answered by NAME on HOST, not from a window on this machine: right?" Both are what the answer says of itself. */
export function answeredWords({ answeredBy, answeredOn }: Decision): string {
  const by = inertLine(answeredBy ?? '?', 60);
  return answeredOn === undefined
    ? vscode.l10n.t('Answered by {0}, not from a window on this machine. Is that right?', by)
    : vscode.l10n.t(
        'Answered by {0} on {1}, not from a window on this machine. Is that right?',
        by,
        inertLine(answeredOn, 60),
      );
}
