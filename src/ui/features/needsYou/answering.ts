import * as vscode from 'vscode';
import type { Decision, DecisionOption, Signature } from '../../../decisions/decision';
import type { Worktree } from '../../../git/worktree';
import { answerDecision } from '../../../sync/answer';
import type { SyncRequest } from '../../../sync/request';
import type { Parts } from '../../rows/app';
import type { Question } from '../../platform/dialogs';
import {
  branchWords,
  broughtWords,
  droppedCount,
  goalName,
  optionEffect,
  optionLabel,
} from '../../rows/decisionWords';
import { withPatience } from '../../platform/progress';
import { inWorktree, isThere } from '../../state/elsewhere';
import type { RepositoryModel } from '../../state/repositoryModel';
import { plural } from '../../platform/text/counts';

/**
 * Gives the person's answer to a decision as they saw it, in the name of this window.
 * @throws what {@link answerDecision} throws, and BelayError `unknown_worktree`.
 */
export function giveAnswer(
  app: Parts,
  model: RepositoryModel,
  seen: Decision,
  option: DecisionOption,
): Promise<Decision> {
  const { own, answers, repositories } = app;
  const give = (worktree: Worktree, who: Omit<SyncRequest, 'onConflict'>): Promise<Decision> => {
    const sign = (signed: Omit<Decision, 'version'>): Promise<Signature | undefined> =>
      answers.sign(model.worktree, signed);
    const given = { option, seen: seen.version, by: who.session, sign };
    return answerDecision(worktree, given, { ...who, onConflict: 'ask' }, seen.worktree);
  };
  const inPlace = (worktree: Worktree): Promise<Decision> =>
    option === 'reset_to_upstream' || option === 'bring_my_commits_back'
      ? own.write(model.worktree, (writer) => give(worktree, writer))
      : give(worktree, { session: own.idIn(worktree), agent: own.agent });
  return withPatience(vscode.l10n.t('Answering'), async () => {
    const answered = (await isThere(repositories, model, seen.worktree))
      ? await inWorktree(repositories, model, seen.worktree, inPlace)
      : await give(model.worktree, { session: own.idIn(model.worktree), agent: own.agent });
    await answers.accept(answered);
    return answered;
  });
}

/** The one question more before something leaves the branch. */
export function resetQuestion(decision: Decision): Question {
  return {
    message: vscode.l10n.t('Reset {0} to {1}?', branchWords(decision), goalName(decision)),
    detail: vscode.l10n.t(
      '{0} and all uncommitted changes are removed from the branch and the files. A checkpoint and a backup are taken first.',
      plural(droppedCount(decision), 'commit'),
    ),
    action: optionLabel('reset_to_upstream', decision),
  };
}

/** What was done, for the page and for the dialog. */
export function doneWords(decision: Decision, option: DecisionOption): string {
  const effect =
    option === 'bring_my_commits_back'
      ? broughtWords(decision)
      : optionEffect(option, decision, decision.sessions.length);
  return vscode.l10n.t('Done: {0}. {1}', optionLabel(option, decision), effect);
}
