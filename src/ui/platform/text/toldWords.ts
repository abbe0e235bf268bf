import * as vscode from 'vscode';
import type { Ledger, MovedAway } from '../../../ledger';
import { doneSentences, movedLines, untouchedSentences } from '../../../toldWords';
import { inert, inertLine } from './inert';
import { branchName } from './words';

/** What was done before something failed, and what was left untouched, as sentences; nothing without a ledger. Inert. */
export function toldSentences(ledger: Ledger | undefined): string[] {
  return ledger === undefined
    ? []
    : [
        ...doneSentences(vscode.l10n, ledger, (name) => inertLine(branchName(name), 120)),
        ...untouchedSentences(vscode.l10n, ledger),
        ...movedSentences(ledger.moved),
      ];
}

/** A sentence for each path whose old content is not at its name: where it is. None is left out. Inert. */
export function movedSentences(moved: readonly MovedAway[]): string[] {
  return movedLines(vscode.l10n, moved).map((line) => `${inert(line)}.`);
}
