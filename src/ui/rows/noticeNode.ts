import * as vscode from 'vscode';
import type { Notice } from '../../backups/notices';
import type { RepositoryModel } from '../state/repositoryModel';
import { inertLine } from '../platform/text/inert';
import { exactTime, relativeTime } from '../platform/text/time';
import { SelfDrawnNode } from './nodes';
import { lines } from './tooltips';
import { doerWords, noticeTitle, thingWords } from './noticeWords';

/** What the call of an agent dropped: kept in a backup, and shown until the person dismisses it. */
export class NoticeNode extends SelfDrawnNode {
  readonly parent = undefined;
  readonly id: string;

  constructor(
    readonly model: RepositoryModel,
    readonly notice: Notice,
  ) {
    super();
    this.id = `notice:${model.commonDir}:${notice.ref}`;
  }

  override item(): vscode.TreeItem {
    const { notice } = this;
    const item = new vscode.TreeItem(noticeTitle(notice));
    const details = [...doerWords(notice), relativeTime(notice.time)];
    item.description = details.join(' · ');
    item.iconPath = new vscode.ThemeIcon('info');
    item.contextValue = 'notice';
    item.accessibilityInformation = {
      label: vscode.l10n.t('Notice: {0}, {1}. Saved in a backup.', noticeTitle(notice), details.join(', ')),
    };
    return item;
  }

  override tooltip(): Promise<vscode.MarkdownString> {
    const { notice } = this;
    return Promise.resolve(
      lines(noticeTitle(notice), [
        [vscode.l10n.t('By'), doerWords(notice).join(', ')],
        ...notice.record.things.map(({ subjects, ...thing }): [string, string] => [
          thingWords({ ...thing, subjects }),
          subjects.map((subject) => inertLine(subject, 80)).join('; '),
        ]),
        [vscode.l10n.t('Note'), inertLine(notice.record.note ?? '', 200)],
        [vscode.l10n.t('Since'), exactTime(notice.time)],
        [vscode.l10n.t('Backup'), notice.ref],
      ]),
    );
  }
}
