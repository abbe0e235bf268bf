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
  caseTitle,
} from '../../rows/decisionWords';
import { doneWords, giveAnswer, resetQuestion } from './answering';
import { safestFirst } from './review/reviewContent';
import { DecisionNode } from './decisionNode';
import type { RepositoryModel } from '../../state/repositoryModel';
import { relativeTime } from '../../platform/text/time';
import { WorktreeNode } from '../../rows/worktreeNode';
import type { Look } from '../../platform/dialogs';
import { ofEach, openModels, pickOne } from '../../rows/pick';

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

/** Opens the review page of what waits for the person. */
export async function reviewReset(app: App, on: OnDecision | undefined): Promise<void> {
  const waiting = await decisionOf(app, on);
  if (waiting !== undefined) {
    await app.reviews.show(waiting.model, waiting.decision);
  }
}

/** A decision in one of the window's repositories, as the person sees it now. */
interface Waiting {
  readonly model: RepositoryModel;
  readonly decision: Decision;
}

/** What stands for a decision: its row, the worktree in which it waits, or its id. */
type OnDecision = DecisionNode | WorktreeNode | string;

/**
 * The decision that a command was called on: a row, or an id. Called on nothing: the only one that waits, or the one that
 * the person chooses. Undefined when nothing waits, which is said, or they chose none.
 */
async function decisionOf(app: App, on: OnDecision | undefined): Promise<Waiting | undefined> {
  if (on instanceof DecisionNode) {
    return on;
  }
  await openModels(app);
  await app.repositories.reload();
  const waiting = await ofEach(app, (model) => model.pending.map((decision) => ({ model, decision })));
  if (typeof on === 'string') {
    return waiting.find(({ decision }) => decision.id === on);
  }
  if (on instanceof WorktreeNode) {
    return waiting.find(
      ({ model, decision }) => model.commonDir === on.model.commonDir && decision.worktree === on.summary.key,
    );
  }
  return waiting.length === 1
    ? waiting[0]
    : pickOne(app, waiting, decisionLine, {
        placeHolder: vscode.l10n.t('Which one?'),
        none: vscode.l10n.t('Nothing needs your attention.'),
      });
}

function decisionLine({ model, decision }: Waiting): Look {
  return {
    label: `$(question) ${caseTitle(decision)}`,
    description: [branchWords(decision), worktreeName(decision, model)].join(' · '),
    detail: relativeTime(decision.created),
  };
}
