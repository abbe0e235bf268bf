import path from 'node:path';
import * as vscode from 'vscode';
import type { GitPath } from '../../../git/path';
import type { Worktree } from '../../../git/worktree';
import type { PlannedStaged, StagedPlan, StagedResult } from '../../../restore/staged/stagedResult';
import { planStaged } from '../../../restore/staged/planStaged';
import { restoreStaged } from '../../../restore/staged/restoreStaged';
import type { App } from '../../rows/app';
import type { OnCheckpoint } from '../../rows/command';
import { checkpointLine, ofEach, pickOne, repositoryName, targetOf } from '../../rows/pick';
import { restoring, restoreInto } from './restoreInto';
import { undoIn } from './undoRestore';
import type { Question } from '../../platform/dialogs';
import { withCancel, withPatience } from '../../platform/progress';
import { inert } from '../../platform/text/inert';
import { shortOid } from '../../platform/text/words';
import { StagedFileNode } from '../../rows/fileNodes';
import type { Target } from '../../rows/treeNode';
import { blockedLine, plannedLine, stagedResultWords } from './stagedWords';

/** How many checkpoints back one with a staged state is offered. */
const offeredBack = 1_000;

/** How many paths a question names. */
const questionPaths = 12;

/** Puts what was staged at a checkpoint into the index: called on its row, on one of its staged files, or on nothing. */
export async function restoreStagedState(app: App, on: OnCheckpoint | undefined): Promise<void> {
  const paths = on instanceof StagedFileNode ? [on.change.path] : undefined;
  const target =
    on === undefined ? await pickStaged(app) : await targetOf(app, on, vscode.l10n.t('Which checkpoint?'));
  const worktree = target && (await restoreInto(app, target));
  if (target !== undefined && worktree !== undefined) {
    await askAndRestore(app, worktree, target, paths);
  }
}

/** Lets the person choose among the checkpoints that hold a staged state: of those that hold the same one, the newest. */
async function pickStaged(app: App): Promise<Target | undefined> {
  const targets = await ofEach(app, async (model) => {
    const seen = new Set<string>();
    const found: Target[] = [];
    for (const checkpoint of await model.recent(offeredBack)) {
      if (checkpoint.staged !== undefined && !seen.has(checkpoint.staged)) {
        seen.add(checkpoint.staged);
        found.push({ model, checkpoint });
      }
    }
    return found;
  });
  return pickOne(app, targets, (target) => checkpointLine(target, repositoryName(app, target.model)), {
    placeHolder: vscode.l10n.t('Put what was staged at which checkpoint into the index?'),
    none: vscode.l10n.t('No checkpoint has staged changes: nothing was staged when they were taken.'),
  });
}

async function askAndRestore(
  app: App,
  worktree: Worktree,
  { checkpoint }: Target,
  paths: readonly GitPath[] | undefined,
): Promise<void> {
  const chosen = paths === undefined ? {} : { paths };
  const plan = await withCancel(vscode.l10n.t('Comparing with the index'), () =>
    planStaged(worktree, checkpoint, { ...chosen, session: app.own.idIn(worktree) }),
  );
  if (plan.paths.length === 0 && plan.blocked.length === 0) {
    void app.dialogs.tell(
      vscode.l10n.t('The index already matches checkpoint {0}.', shortOid(checkpoint.oid)),
    );
    return;
  }
  const safe = plan.paths.filter(({ caution }) => caution === undefined);
  // Where all of it asks for care, the question is about just that.
  const include = safe.length === 0 ? plan.paths.map(({ path: name }) => name) : [];
  if (!(await app.dialogs.confirm(question(worktree, plan, safe.length === 0 ? plan.paths : safe)))) {
    return;
  }
  const bring = (included: readonly GitPath[]): Promise<StagedResult | undefined> =>
    withPatience(vscode.l10n.t('Restoring staged state'), () =>
      restoring(app, worktree, (restorer) =>
        restoreStaged(worktree, checkpoint, { ...restorer, ...chosen, include: included }),
      ),
    );
  await tell(app, worktree, await bring(include), (left) => bring(left.map(({ path: name }) => name)));
}

function question(worktree: Worktree, plan: StagedPlan, touched: readonly PlannedStaged[]): Question {
  const left = plan.paths.filter((planned) => !touched.includes(planned));
  const all = [
    ...touched.map(plannedLine),
    ...left.map((planned) => vscode.l10n.t('Left alone: {0}.', plannedLine(planned))),
    ...plan.blocked.map(blockedLine),
  ];
  const more = all.length > questionPaths ? [vscode.l10n.t('and {0} more', all.length - questionPaths)] : [];
  return {
    message: vscode.l10n.t(
      'Put what was staged at checkpoint {0} into the index of {1}?',
      shortOid(plan.target.oid),
      inert(path.basename(worktree.root)),
    ),
    detail: [
      ...all.slice(0, questionPaths),
      ...more,
      '',
      vscode.l10n.t(
        'Files on disk do not change. What is staged now is saved in a checkpoint first, and this can be undone.',
      ),
    ].join('\n'),
    action: vscode.l10n.t('Restore Staged State'),
  };
}

/** Says what was done, offers to undo it, and where something was left alone, to have that as well. */
async function tell(
  app: App,
  worktree: Worktree,
  result: StagedResult | undefined,
  again: (left: readonly PlannedStaged[]) => Promise<StagedResult | undefined>,
): Promise<void> {
  await app.repositories.reload();
  if (result === undefined) {
    return;
  }
  const undo = vscode.l10n.t('Undo');
  const those = vscode.l10n.t('Restore Those Too');
  const words = [vscode.l10n.t('Restored staged state.'), ...stagedResultWords(result)].join(' ');
  const buttons = [
    ...(result.before === undefined ? [] : [undo]),
    ...(result.skipped.length === 0 ? [] : [those]),
  ];
  const isWhole = result.skipped.length + result.blocked.length === 0;
  const choice = await app.dialogs[isWhole ? 'tell' : 'warn'](words, ...buttons);
  if (choice === undo) {
    await undoIn(app, worktree);
  } else if (choice === those) {
    await tell(app, worktree, await again(result.skipped), again);
  }
}
