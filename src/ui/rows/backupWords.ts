import * as vscode from 'vscode';
import type { Backup, BackupContents } from '../../backups/backup';
import { inertLine } from '../platform/text/inert';
import { sizeWords } from '../platform/text/time';
import { plural } from '../platform/text/counts';

/** What dropped the commits of a kind of backups. */
export function kindWords(kind: string): string {
  const words = new Map([
    ['sync-recovery', vscode.l10n.t('Dropped by a sync')],
    ['fan-out', vscode.l10n.t('Dropped for a pin')],
    ['removed', vscode.l10n.t('From removed worktrees')],
    ['external', vscode.l10n.t('Dropped outside Belay')],
    ['agent', vscode.l10n.t('Dropped by an agent’s call')],
    ['before-command', vscode.l10n.t('Kept before an agent’s command')],
  ]);
  return words.get(kind) ?? inertLine(kind, 60);
}

export function subjectWords({ subject }: Pick<Backup, 'subject'>): string {
  return vscode.l10n.t('worktree {0}', inertLine(subject, 60));
}

/** What was dropped: its name, its newest commit's subject, and what did it; nothing where that is not known. */
export function fallenWords({ fell, record }: Pick<Backup, 'fell' | 'record'>): string[] {
  const words = [fell?.name ?? fell?.what, fell?.subjects[0], record?.command, record?.session];
  return words.filter((word) => word !== undefined && word !== '').map((word) => inertLine(word ?? '', 60));
}

/** What would be lost with it: what is on no branch, unless a checkpoint or another backup holds it as well. */
export function contentsWords({ onlyHere, size }: BackupContents): string {
  if (onlyHere.length === 0) {
    return vscode.l10n.t('All of its commits are also on a branch or tag');
  }
  return size === 0
    ? vscode.l10n.t('{0} on no branch or tag, also in checkpoints', plural(onlyHere.length, 'commit'))
    : vscode.l10n.t(
        '{0} on no branch or tag, {1} only here',
        plural(onlyHere.length, 'commit'),
        sizeWords(size),
      );
}
