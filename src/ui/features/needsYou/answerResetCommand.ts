import * as vscode from 'vscode';
import type { Decision, DecisionOption } from '../../../decisions/decision';
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
import { decisionOf, type OnDecision, type Waiting } from './pickDecision';

/** The way to answer without the review page: the same answers in a list, then one question. */
export async function answerReset(app: App, on: OnDecision | undefined): Promise<void> {
  const waiting = await decisionOf(app, on);
  if (waiting === undefined) {
    return;
  }
  const { model, decision } = waiting;
  const held = decision.sessions.length;
  const option = await app.dialogs.one({
    title: vscode.l10n.t('{0} in {1}', branchWords(decision), worktreeName(decision, model)),
    placeHolder: caseSentence(decision),
    lines: safestFirst(decision.options).map((one) => ({
      label: optionLabel(one, decision),
      detail: optionEffect(one, decision, held),
      value: one,
    })),
  });
  if (option === undefined || !(await confirm(app, waiting, option, held))) {
    return;
  }
  let answered: Decision;
  try {
    answered = await giveAnswer(app, model, decision, option);
  } finally {
    await app.repositories.reload();
  }
  app.log.info(`The decision ${decision.id} was answered: ${option}`);
  void app.dialogs.tell(doneWords(answered, option));
}

function confirm(app: App, { decision }: Waiting, option: DecisionOption, held: number): Promise<boolean> {
  if (option === 'reset_to_upstream') {
    return app.dialogs.confirm(resetQuestion(decision));
  }
  return app.dialogs.confirm({
    message: vscode.l10n.t('{0}: {1}?', branchWords(decision), optionLabel(option, decision)),
    detail: [caseSentence(decision), whyWords(decision), optionEffect(option, decision, held)].join('\n\n'),
    action: optionLabel(option, decision),
  });
}
