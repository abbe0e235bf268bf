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
import { DecisionNode, AnswerNode, answeredWords, NoticeNode } from './needsYouNodes';
import type { RepositoryModel } from '../../state/repositoryModel';
import { relativeTime } from '../../platform/text/time';
import { WorktreeNode } from '../../rows/worktreeNode';
import type { Look } from '../../platform/dialogs';
import { ofEach, openModels, pickOne, backupOf } from '../../rows/pick';
import { forget } from '../../../decisions/memory';
import { askAgain } from '../../../decisions/vanished';
import { dismissNotice as dismiss } from '../../../backups/backups';
import { putBackOnStash } from '../../../backups/stash';
import { openGuard } from '../../../leases/guard';
import type { OnBackup } from '../../rows/command';
import { doerWords, noticeTitle } from '../../rows/noticeWords';
import { branchOf } from '../../rows/backupActions';

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

/** Brings back what was dropped: an entry of the stash onto its list, all else as a branch. */
export async function bringBack(app: App, on: OnBackup | undefined): Promise<void> {
  const chosen = await backupOf(app, on, vscode.l10n.t('Bring back what?'));
  if (chosen === undefined) {
    return;
  }
  const { model, backup } = chosen;
  if (backup.fell?.what !== 'stash') {
    await branchOf(app, model, backup);
    return;
  }
  const { already } = await putBackOnStash(model.worktree, await openGuard(model.worktree, {}), backup);
  await app.repositories.reload();
  void app.dialogs.tell(
    already
      ? vscode.l10n.t('It is already on the stash and stays there.')
      : vscode.l10n.t('It is the newest stash entry again. Your files are unchanged.'),
  );
}

/** The person has seen it: its row goes, the backup stays. */
export async function dismissNotice(app: App, on: NoticeNode | undefined): Promise<void> {
  const chosen = on ?? (await pickNotice(app));
  if (chosen === undefined) {
    return;
  }
  const { model, notice } = chosen;
  try {
    await dismiss(model.worktree, await openGuard(model.worktree, {}), notice.backups[0]);
  } finally {
    await app.repositories.reload();
  }
}

async function pickNotice(app: App): Promise<NoticeNode | undefined> {
  const nodes = await ofEach(app, (model) => model.notices.map((notice) => new NoticeNode(model, notice)));
  const line = ({ notice }: NoticeNode): Look => ({
    label: noticeTitle(notice),
    description: [...doerWords(notice), relativeTime(notice.time)].join(' · '),
  });
  return pickOne(app, nodes, line, {
    placeHolder: vscode.l10n.t('Dismiss which notice? Its backup stays.'),
    none: vscode.l10n.t('There are no notices.'),
  });
}
