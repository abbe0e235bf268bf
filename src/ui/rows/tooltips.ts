import * as vscode from 'vscode';
import type { Checkpoint } from '../../checkpoint/model';
import { pathText } from '../../git/path';
import type { Lease } from '../../leases/model';
import { agentName } from '../platform/agentLook';
import { failureText } from '../platform/failure';
import { pinAt, standingWords } from './worktreeWords';
import { standingOfSession, standingOfWorktree } from '../state/leaseRelation';
import { escapeMarkdown } from '../platform/text/inert';
import { fencedWord, ownerName, vitalWords } from '../platform/text/leaseWords';
import { exactTime } from '../platform/text/time';
import { changeWord, checkpointCount, uncoveredWord } from '../platform/text/words';
import {
  CheckpointNode,
  EndedNode,
  FailureNode,
  FileNode,
  SessionNode,
  UncoveredNode,
  WorktreeNode,
  type TreeNode,
} from './nodes';
import { plural } from '../platform/text/counts';

/** What hovering over a row tells, made only then; undefined where the row says it all. */
export function tooltip(node: TreeNode): vscode.MarkdownString | undefined {
  if (node instanceof SessionNode) {
    const { session, model } = node;
    const mine = ['own', 'mine'].includes(standingOfSession(session, model.own));
    return lines(session.id, [
      [vscode.l10n.t('Agent'), agentName(session.agent)],
      [vscode.l10n.t('State'), vitalWords(session.vital)],
      ...leaseFacts(session.lease, mine),
      [
        vscode.l10n.t('Rejected writes'),
        session.stale.length === 0 ? undefined : plural(session.stale.length, 'rejected'),
      ],
      [vscode.l10n.t('Checkpoints'), checkpointCount(session.steps)],
      [vscode.l10n.t('Last checkpoint'), session.latest && exactTime(session.latest.time)],
      [vscode.l10n.t('Worktree'), session.worktree],
    ]);
  }
  if (node instanceof EndedNode) {
    return lines(vscode.l10n.t('Ended'), [
      [
        vscode.l10n.t('Sessions'),
        vscode.l10n.t('Nothing can write for them any more. Their checkpoints stay.'),
      ],
    ]);
  }
  if (node instanceof CheckpointNode) {
    return checkpointTooltip(node.checkpoint);
  }
  if (node instanceof WorktreeNode) {
    return worktreeTooltip(node, []);
  }
  if (node instanceof FileNode) {
    return lines(pathText(node.change.path), [[vscode.l10n.t('Change'), changeWord(node.change.kind)]]);
  }
  if (node instanceof UncoveredNode) {
    const { path, reason } = node.uncovered;
    return lines(pathText(path), [[vscode.l10n.t('Not in this checkpoint'), uncoveredWord(reason)]]);
  }
  if (node instanceof FailureNode) {
    return lines(vscode.l10n.t('These rows could not be read'), [
      [vscode.l10n.t('Why'), failureText(node.thrown)],
    ]);
  }
  return undefined;
}

export type Fact = readonly [string, string | undefined];

/** What hovering over a worktree's row tells, with what else is known of it. */
export function worktreeTooltip(
  { summary, model, standing }: WorktreeNode,
  more: readonly Fact[],
): vscode.MarkdownString {
  return lines(summary.root, [
    ...leaseFacts(summary.lease, standingOfWorktree(summary, model.own) === 'mine'),
    [vscode.l10n.t('Owner'), summary.vital && vitalWords(summary.vital)],
    [vscode.l10n.t('Pin'), standing && pinAt(standing.pin)],
    [vscode.l10n.t('Against the pin'), standing && standingWords(standing).join(', ')],
    [vscode.l10n.t('Branch'), summary.branch?.replace(/^refs\/heads\//, '') ?? vscode.l10n.t('detached')],
    [vscode.l10n.t('Parent commit'), summary.base ?? vscode.l10n.t('no commit yet')],
    [
      vscode.l10n.t('Last checkpoint'),
      summary.latest === undefined ? undefined : exactTime(summary.latest.time),
    ],
    [vscode.l10n.t('State'), worktreeState(summary.missing, summary.locked)],
    ...more,
  ]);
}

function checkpointTooltip(checkpoint: Checkpoint): vscode.MarkdownString {
  const lacking = checkpoint.uncovered.length + checkpoint.uncoveredMore;
  return lines(checkpoint.message.slice(0, 500), [
    [vscode.l10n.t('Checkpoint'), checkpoint.oid],
    [vscode.l10n.t('Rejected writes'), checkpoint.stale && fencedWord(checkpoint.stale)],
    [vscode.l10n.t('Time'), exactTime(checkpoint.time)],
    [vscode.l10n.t('Session'), `${checkpoint.session} (${agentName(checkpoint.agent)}, #${checkpoint.step})`],
    [vscode.l10n.t('Tool'), checkpoint.tool],
    [vscode.l10n.t('Task'), checkpoint.task],
    [vscode.l10n.t('Branch'), checkpoint.branch?.replace(/^refs\/heads\//, '')],
    [vscode.l10n.t('Parent commit'), checkpoint.base],
    [vscode.l10n.t('In progress'), checkpoint.operation],
    [
      vscode.l10n.t('Captured'),
      checkpoint.mode === 'whole'
        ? vscode.l10n.t('the whole worktree')
        : vscode.l10n.t('only the paths the caller named'),
    ],
    [vscode.l10n.t('Staged State'), checkpoint.staged && vscode.l10n.t('staged but not committed')],
    [vscode.l10n.t('Left out'), lacking === 0 ? undefined : plural(lacking, 'uncovered')],
  ]);
}

/** Who holds a lease and since when, or who gave it up. */
function leaseFacts(lease: Lease | undefined, mine: boolean): [string, string | undefined][] {
  switch (lease?.status) {
    case 'held':
      return [
        [vscode.l10n.t('Held by'), mine ? ownerName(lease, mine) : lease.owner],
        [vscode.l10n.t('Since'), exactTime(lease.acquired)],
        [vscode.l10n.t('Taken over from'), lease.takenFrom],
      ];
    case 'released':
      return [
        [vscode.l10n.t('Released by'), lease.endedBy ?? lease.owner],
        [vscode.l10n.t('Since'), exactTime(lease.changed)],
      ];
    case 'ended':
      return [
        [vscode.l10n.t('Ended by'), lease.endedBy ?? lease.owner],
        [vscode.l10n.t('Since'), exactTime(lease.changed)],
      ];
    case undefined:
      return [];
  }
}

function worktreeState(missing: boolean, locked: boolean): string | undefined {
  if (missing) {
    return vscode.l10n.t('its folder is missing');
  }
  return locked ? vscode.l10n.t('locked') : undefined;
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
