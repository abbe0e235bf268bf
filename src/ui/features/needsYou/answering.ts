import * as vscode from 'vscode';
import type { Decision, DecisionOption } from '../../../decisions/decision';
import type { Worktree } from '../../../git/worktree';
import { answerDecision, answerForRemoved } from '../../../sync/answer';
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
  const { own, answers } = app;
  const given = {
    option,
    seen: seen.version,
    sign: (signed: Omit<Decision, 'version'>) => answers.sign(model.worktree, signed),
  };
  const inPlace = (worktree: Worktree): Promise<Decision> => {
    const answer = (who: Omit<SyncRequest, 'onConflict'>): Promise<Decision> =>
      answerDecision(worktree, { ...given, by: who.session }, { ...who, onConflict: 'ask' });
    return option === 'reset_to_upstream' || option === 'bring_my_commits_back'
      ? own.write(model.worktree, answer)
      : answer({ session: own.idIn(worktree), agent: own.agent });
  };
  const forRemoved = (): Promise<Decision> => {
    const who = { session: own.idIn(model.worktree), agent: own.agent, onConflict: 'ask' } as const;
    return answerForRemoved(model.worktree, seen.worktree, { ...given, by: who.session }, who);
  };
  return withPatience(vscode.l10n.t('Answering'), async () => {
    const answered = (await isThere(app.repositories, model, seen.worktree))
      ? await inWorktree(app.repositories, model, seen.worktree, inPlace)
      : await forRemoved();
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
