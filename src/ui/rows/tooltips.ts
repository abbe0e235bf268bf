import * as vscode from 'vscode';
import type { Lease } from '../../leases/lease';
import { escapeMarkdown } from '../platform/text/inert';
import { ownerName } from '../platform/text/leaseWords';
import { exactTime } from '../platform/text/time';

/** What a fact is called, and what it is; one without a value is left out. */
export type Fact = readonly [string, string | undefined];

/** Who holds a lease and since when, or who gave it up. */
export function leaseFacts(lease: Lease | undefined, mine: boolean): Fact[] {
  if (lease === undefined) {
    return [];
  }
  if (lease.status === 'held') {
    return [
      [vscode.l10n.t('Held by'), mine ? ownerName(lease, mine) : lease.owner],
      [vscode.l10n.t('Since'), exactTime(lease.acquired)],
      [vscode.l10n.t('Taken over from'), lease.takenFrom],
    ];
  }
  const by = { released: vscode.l10n.t('Released by'), ended: vscode.l10n.t('Ended by') }[lease.status];
  return [
    [by, lease.endedBy ?? lease.owner],
    [vscode.l10n.t('Since'), exactTime(lease.changed)],
  ];
}

/** A title and a list of facts. Every value is from outside, so every value is escaped and nothing is trusted. */
export function lines(title: string, facts: readonly Fact[]): vscode.MarkdownString {
  const rows = facts.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`**${escapeMarkdown(name)}:** ${escapeMarkdown(value)}`],
  );
  const text = [`**${escapeMarkdown(title)}**`, rows.join('  \n')].join('\n\n');
  const markdown = new vscode.MarkdownString(text, false);
  markdown.isTrusted = false;
  markdown.supportHtml = false;
  return markdown;
}
