import * as vscode from 'vscode';
import type { Decision, DecisionOption } from '../../../decisions/model';
import type { App } from '../../rows/app';
import {
  branchWords,
  caseSentence,
  optionEffect,
  optionLabel,
  whyWords,
  worktreeName,
} from '../../rows/decisionWords';
import { doneWords, giveAnswer, resetQuestion } from './answering';
import { safestFirst } from './review/reviewContent';
import { showInformationMessage, showQuickPick } from '../../platform/shown';
import { decisionOf, type OnDecision, type Waiting } from './pickDecision';

/** The way to answer without the review page: the same answers in a list, then one question. */
export async function answerReset(app: App, on: OnDecision | undefined): Promise<void> {
  const waiting = await decisionOf(app, on);
  if (waiting === undefined) {
    return;
  }
  const { model, decision } = waiting;
  const held = decision.sessions.length;
  const items = safestFirst(decision.options).map((option) => ({
    label: optionLabel(option, decision),
    detail: optionEffect(option, decision, held),
    option,
  }));
  const chosen = await showQuickPick(items, {
    title: vscode.l10n.t('{0} in {1}', branchWords(decision), worktreeName(decision, model)),
    placeHolder: caseSentence(decision),
    ignoreFocusOut: true,
  });
  if (chosen === undefined || !(await confirm(app, waiting, chosen.option, held))) {
    return;
  }
  let answered: Decision;
  try {
    answered = await giveAnswer(app, model, decision, chosen.option);
  } finally {
    await app.repositories.reload();
  }
  app.log.info(`The decision ${decision.id} was answered: ${chosen.option}`);
  void showInformationMessage(doneWords(answered, chosen.option));
}

function confirm(app: App, { decision }: Waiting, option: DecisionOption, held: number): Promise<boolean> {
  if (option === 'reset_to_upstream') {
    return app.confirmation.ask(resetQuestion(decision));
  }
  return app.confirmation.ask({
    message: vscode.l10n.t('{0}: {1}?', branchWords(decision), optionLabel(option, decision)),
    detail: [caseSentence(decision), whyWords(decision), optionEffect(option, decision, held)].join('\n\n'),
    action: optionLabel(option, decision),
  });
}
