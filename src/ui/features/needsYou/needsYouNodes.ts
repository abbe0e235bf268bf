import { FailureNode } from '../../rows/failureNode';
import { RepositoryNode } from '../../rows/repositoryNode';
import { TreeNode, type ChosenBackup } from '../../rows/treeNode';
import { Tree } from '../../rows/tree';
import * as vscode from 'vscode';
import { plural } from '../../platform/text/counts';
import type { Repositories } from '../../state/repositories';
import type { Decision } from '../../../decisions/decision';
import type { RepositoryModel } from '../../state/repositoryModel';
import { exactTime, relativeTime } from '../../platform/text/time';
import { lines } from '../../rows/tooltips';
import {
  branchWords,
  caseSentence,
  caseTitle,
  droppedCount,
  whyWords,
  worktreeName,
  optionLabel,
} from '../../rows/decisionWords';
import { contextValue } from '../../rows/contextValues';
import { inertLine } from '../../platform/text/inert';
import type { Notice } from '../../../backups/notices';
import { doerWords, noticeTitle, thingWords } from '../../rows/noticeWords';

/** Everything that waits for the person, then what they should know of, of all repositories of the window in one list: there is little of it. */
export class NeedsYouTree extends Tree {
  override async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    await this.repositories.ready();
    return node === undefined
      ? this.repositories.distinct.flatMap((model): TreeNode[] => [
          ...model.pending.map((decision) => new DecisionNode(model, decision)),
          ...model.decisions.unconfirmed.map((decision) => new AnswerNode(model, decision)),
          ...model.notices.map((notice) => new NoticeNode(model, notice)),
          ...(model.decisions.unreadable === undefined
            ? []
            : [
                new FailureNode(
                  new RepositoryNode(model, () => this.childrenOf()),
                  model.decisions.unreadable.thrown,
                ),
              ]),
        ])
      : [];
  }

  protected override childrenOf(): Promise<TreeNode[]> {
    return Promise.resolve([]);
  }
}

/** Shows the view while there is something for the person, or while it cannot be known, and counts on its badge. */
export function tellWaiting({ distinct }: Repositories, view: vscode.TreeView<TreeNode>): void {
  const waiting = distinct.reduce((count, { pending }) => count + pending.length, 0);
  const notices = distinct.reduce((count, model) => count + model.notices.length, 0);
  const answers = distinct.reduce((count, { decisions }) => count + decisions.unconfirmed.length, 0);
  const unreadable = distinct.some(({ decisions }) => decisions.unreadable !== undefined);
  void vscode.commands.executeCommand(
    'setContext',
    'belay.waiting',
    waiting + answers + notices > 0 || unreadable,
  );
  const words = [
    ...(waiting === 0 ? [] : [plural(waiting, 'decision')]),
    ...(answers === 0 ? [] : [plural(answers, 'elsewhere')]),
    ...(notices === 0 ? [] : [plural(notices, 'notice')]),
  ];
  view.badge =
    words.length === 0 ? undefined : { value: waiting + answers + notices, tooltip: words.join(', ') };
}

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

/** What the call of an agent made fall off: held by a backup, and said until the person dismisses it. */
export class NoticeNode extends TreeNode {
  readonly parent = undefined;
  constructor(
    readonly model: RepositoryModel,
    readonly notice: Notice,
  ) {
    super(`notice:${model.commonDir}:${notice.ref}`);
  }

  override item(): vscode.TreeItem {
    const { notice } = this;
    const item = new vscode.TreeItem(noticeTitle(notice));
    const details = [...doerWords(notice), relativeTime(notice.time)];
    item.description = details.join(' · ');
    item.iconPath = new vscode.ThemeIcon('info');
    item.contextValue = contextValue('notice');
    item.accessibilityInformation = {
      label: vscode.l10n.t('Notice: {0}, {1}. Saved in a backup.', noticeTitle(notice), details.join(', ')),
    };
    return item;
  }

  override tooltip(): vscode.MarkdownString {
    const { notice } = this;
    return lines(noticeTitle(notice), [
      [vscode.l10n.t('By'), doerWords(notice).join(', ')],
      ...notice.record.things.map(({ subjects, ...thing }): [string, string] => [
        thingWords({ ...thing, subjects }),
        subjects.map((subject) => inertLine(subject, 80)).join('; '),
      ]),
      [vscode.l10n.t('Note'), inertLine(notice.record.note ?? '', 200)],
      [vscode.l10n.t('Since'), exactTime(notice.time)],
      [vscode.l10n.t('Backup'), notice.ref],
    ]);
  }

  override keptIn(): readonly ChosenBackup[] {
    const { model, notice } = this;
    return notice.backups.map((backup) => ({ model, backup }));
  }
}
