import * as vscode from 'vscode';
import type { Decision } from '../../../decisions/model';
import type { App } from '../../rows/app';
import { DecisionNode } from './decisionNode';
import { branchWords, caseTitle, worktreeName } from '../../rows/decisionWords';
import type { RepositoryModel } from '../../state/repositoryModel';
import { showInformationMessage, showQuickPick } from '../../platform/shown';
import { relativeTime } from '../../platform/text/time';
import { WorktreeNode } from '../../rows/nodes';
import type { CommandArguments } from '../../rows/commandIds';
import { openModels } from '../../rows/pick';

/** A decision in one of the window's repositories, as the person sees it now. */
export interface Waiting {
  readonly model: RepositoryModel;
  readonly decision: Decision;
}

/**
 * The decision that a command was called on: a row, or an id. Called on nothing: the only one that waits, or the one that
 * the person chooses. Undefined when nothing waits, which is said, or they chose none.
 */
export async function decisionOf(app: App, args: CommandArguments): Promise<Waiting | undefined> {
  const [on] = args;
  if (on instanceof DecisionNode) {
    return on;
  }
  await openModels(app);
  await app.repositories.reload();
  const waiting = app.repositories.distinct.flatMap((model) =>
    model.pending.map((decision) => ({ model, decision })),
  );
  if (typeof on === 'string') {
    return waiting.find(({ decision }) => decision.id === on);
  }
  if (on instanceof WorktreeNode) {
    return waiting.find(
      ({ model, decision }) => model.commonDir === on.model.commonDir && decision.worktree === on.summary.key,
    );
  }
  const [only, ...others] = waiting;
  if (only === undefined) {
    void showInformationMessage(vscode.l10n.t('Nothing needs your attention.'));
    return undefined;
  }
  if (others.length === 0) {
    return only;
  }
  const items = waiting.map((one) => ({
    label: `$(question) ${caseTitle(one.decision)}`,
    description: [branchWords(one.decision), worktreeName(one.decision, one.model)].join(' · '),
    detail: relativeTime(one.decision.created),
    one,
  }));
  const placeHolder = vscode.l10n.t('Which one?');
  return (await showQuickPick(items, { placeHolder }))?.one;
}
