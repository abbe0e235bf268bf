import * as vscode from 'vscode';
import { forget } from '../../../decisions/memory';
import { askAgain } from '../../../decisions/vanished';
import type { App } from '../../rows/app';
import { AnswerNode, answeredWords } from './answerNode';
import { branchWords, optionLabel } from '../../rows/decisionWords';
import type { Look } from '../../platform/dialogs';
import { ofEach, openModels, pickOne } from '../../rows/pick';

/** The person says that an answer from elsewhere is right: it is not asked about again. */
export async function acceptAnswer(app: App, on: AnswerNode | undefined): Promise<void> {
  const node = await answerOf(app, on);
  if (node === undefined) {
    return;
  }
  const { model, decision } = node;
  await app.answers.accept(decision);
  await forget(model.worktree.repository, decision);
  await app.repositories.reload();
}

/** The person says that it was nobody's: the question is open again, and holds. */
export async function refuseAnswer(app: App, on: AnswerNode | undefined): Promise<void> {
  const node = await answerOf(app, on);
  if (node === undefined) {
    return;
  }
  try {
    await askAgain(node.model.worktree, node.decision);
  } finally {
    await app.repositories.reload();
  }
}

async function answerOf(app: App, on: AnswerNode | undefined): Promise<AnswerNode | undefined> {
  if (on !== undefined) {
    return on;
  }
  await openModels(app);
  await app.repositories.reload();
  const nodes = await ofEach(app, (model) =>
    model.decisions.unconfirmed.map((decision) => new AnswerNode(model, decision)),
  );
  return pickOne(app, nodes, answerLine, {
    placeHolder: vscode.l10n.t('Which one?'),
    none: vscode.l10n.t('There is no answer to confirm.'),
  });
}

function answerLine({ decision }: AnswerNode): Look {
  const answer = decision.answer === undefined ? [] : [optionLabel(decision.answer, decision)];
  return {
    label: answeredWords(decision),
    description: [...answer, branchWords(decision)].join(' · '),
  };
}
