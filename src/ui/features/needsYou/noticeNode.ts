import * as vscode from 'vscode';
import { contextValue } from '../../rows/contextValues';
import type { Notice } from '../../../backups/notices';
import type { RepositoryModel } from '../../state/repositoryModel';
import { inertLine } from '../../platform/text/inert';
import { exactTime, relativeTime } from '../../platform/text/time';
import { lines } from '../../rows/tooltips';
import { TreeNode, type ChosenBackup } from '../../rows/treeNode';
import { doerWords, noticeTitle, thingWords } from '../../rows/noticeWords';

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
