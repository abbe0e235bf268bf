import * as vscode from 'vscode';
import type { Told } from './failure';

/** So many of those that did not go well are spelled out; the log names them all. */
const spelledOut = 3;

/** What came of several things that were done at once. */
interface Report {
  /** How many of them went how, in sentences. */
  readonly summary: readonly string[];
  /** A sentence for each that did not go well. */
  readonly bad: readonly string[];
  /** Whether nothing is left to see to. */
  readonly isGood: boolean;
  /** What can be done with it where it is good. */
  readonly offer?: { readonly label: string; readonly run: () => void } | undefined;
}

/** Tells of several results in one message; unless all is good, with a button for the log. Resolves at once. */
export function report({ log, dialogs }: Told, { summary, bad, isGood, offer }: Report): void {
  const more = bad.length - spelledOut;
  const words = [
    ...summary,
    ...bad.slice(0, spelledOut),
    ...(more > 0 ? [vscode.l10n.t('And {0} more; see the log.', more)] : []),
  ].join(' ');
  const showLog = {
    label: vscode.l10n.t('Show Log'),
    run: () => {
      log.show();
    },
  };
  const action = isGood ? offer : showLog;
  const labels = action === undefined ? [] : [action.label];
  void dialogs[isGood ? 'tell' : 'warn'](words, ...labels).then((choice) => {
    if (choice !== undefined) {
      action?.run();
    }
  });
}
