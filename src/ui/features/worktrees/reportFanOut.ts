import * as vscode from 'vscode';
import { messageOf } from '../../../errors';
import { settlementOf, type FanOutOutcome } from '../../../fanout/fanOutOutcome';
import type { App } from '../../rows/app';
import { failureText } from '../../platform/failure';
import { report } from '../../platform/report';
import { shortOid } from '../../platform/text/words';
import { fanOutWords } from './outcomeWords';
import type { PinTarget } from './pickPin';
import { pinName } from '../../rows/worktreeWords';

/** What came of one worktree. */
export type Brought = { readonly name: string } & (
  { readonly outcome: FanOutOutcome } | { readonly thrown: unknown }
);

/** Tells the person of a fan-out in one message, and the log of each worktree. */
export function tellBrought(app: App, { pin }: PinTarget, results: readonly Brought[]): void {
  for (const result of results) {
    app.log.info(`Pin ${pin.name} at ${shortOid(pin.commit)}: ${result.name}: ${lineOf(result)}`);
  }
  const name = vscode.l10n.t('the pin {0}', pinName(pin));
  const [only] = results;
  const done = results.filter((result) => 'outcome' in result && settlementOf(result.outcome) === 'done');
  const waiting = results.filter((result) => 'outcome' in result && isWaiting(result.outcome));
  const cancelled = results.filter((result) => 'outcome' in result && result.outcome.outcome === 'cancelled');
  const rest = results.filter((result) => ![done, waiting, cancelled].some((some) => some.includes(result)));
  const first =
    results.length === 1 && only !== undefined && done.length === 1
      ? sentence(only, name)
      : vscode.l10n.t('{0} of {1} worktrees are on {2}.', done.length, results.length, name);
  report(app, {
    summary: [
      first,
      ...(waiting.length === 0 ? [] : [vscode.l10n.t('Needs you: {0}.', waiting.length)]),
      ...(cancelled.length === 0 ? [] : [vscode.l10n.t('Cancelled: {0}.', cancelled.length)]),
    ],
    bad: rest.map((result) => sentence(result, name)),
    isGood: done.length === results.length,
  });
}

function isWaiting({ outcome, decision }: FanOutOutcome): boolean {
  return decision !== undefined || outcome === 'held';
}

function sentence(result: Brought, pin: string): string {
  return 'outcome' in result
    ? fanOutWords(result.outcome, result.name, pin)
    : vscode.l10n.t('{0}: {1}', result.name, failureText(result.thrown));
}

function lineOf(result: Brought): string {
  if ('thrown' in result) {
    return messageOf(result.thrown);
  }
  const { outcome, head, reason, decision, backup, message: words } = result.outcome;
  const parts = [
    outcome,
    head === undefined ? undefined : `at ${shortOid(head)}`,
    reason,
    decision && `decision ${decision}`,
    backup && `backup ${backup}`,
    words,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}
