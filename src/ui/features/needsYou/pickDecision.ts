import * as vscode from 'vscode';
import type { Decision } from '../../../decisions/decision';
import type { App } from '../../rows/app';
import { DecisionNode } from './decisionNode';
import { branchWords, caseTitle, worktreeName } from '../../rows/decisionWords';
import type { RepositoryModel } from '../../state/repositoryModel';
import { relativeTime } from '../../platform/text/time';
import { WorktreeNode } from '../../rows/worktreeNode';
import type { Look } from '../../platform/dialogs';
import { ofEach, openModels, pickOne } from '../../rows/pick';

/** A decision in one of the window's repositories, as the person sees it now. */
export interface Waiting {
  readonly model: RepositoryModel;
  readonly decision: Decision;
}

/** What stands for a decision: its row, the worktree in which it waits, or its id. */
export type OnDecision = DecisionNode | WorktreeNode | string;

/**
 * The decision that a command was called on: a row, or an id. Called on nothing: the only one that waits, or the one that
 * the person chooses. Undefined when nothing waits, which is said, or they chose none.
 */
export async function decisionOf(app: App, on: OnDecision | undefined): Promise<Waiting | undefined> {
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
