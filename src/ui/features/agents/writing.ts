import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { applyChanges } from '../../../connect/connectApply';
import type { ConnectionPlan } from '../../../connect/connectionModel';
import type { App } from '../../rows/app';
import { withPatience } from '../../platform/progress';
import type { RepositoryModel } from '../../state/repositoryModel';
import { personalPlaces } from '../../state/agentStates';
import { fileWord, noteAdvice, obstacleWords, wantsWords } from './connectWords';
import { plural } from '../../platform/text/counts';

/** How the person is asked about a plan. */
interface Asked {
  readonly title: string;
  /** The one line that does it. */
  readonly action: string;
  readonly placeHolder: string;
}

/**
 * Shows all that a plan would write, and writes it once the person says so.
 * @returns whether it was written. @throws BelayError when a file has changed since the plan was made.
 */
export async function writePlan(
  app: App,
  model: RepositoryModel,
  plan: ConnectionPlan,
  { title, action, placeHolder }: Asked,
): Promise<boolean> {
  await app.plannedFiles.show(title, plan);
  const word = (file: string): string => fileWord(file, model.root, homedir());
  const files = [
    ...(plan.program === undefined ? [] : [word(plan.program.file)]),
    ...plan.changes.map(({ file, real }) =>
      real === undefined ? word(file) : vscode.l10n.t('{0} (a link to {1})', word(file), word(real)),
    ),
  ];
  const said = await app.dialogs.one({
    title,
    placeHolder,
    lines: [
      {
        label: `$(check) ${action}`,
        description: plural(files.length, 'file'),
        detail: files.join(', '),
        value: true,
      },
    ],
  });
  if (said !== true) {
    return false;
  }
  try {
    await app.plannedFiles.close(title);
    await withPatience(title, () => applyChanges(model.worktree, plan, personalPlaces()));
  } finally {
    await app.agentStates.refresh();
  }
  for (const { file, after } of [plan.program ?? [], plan.changes].flat()) {
    app.log.info(`${title}: ${after === undefined ? 'removed' : 'wrote'} ${file}`);
  }
  return true;
}

/** Says what was done, what was left alone, and what the agents still want, in one message. */
export function tellPlan(app: App, plan: ConnectionPlan, done: string): void {
  const words = [done, ...plan.obstacles.map(obstacleWords), ...wantsWords(plan.notes)];
  for (const line of [...words, ...plan.notes.map(noteAdvice)]) {
    app.log.info(line);
  }
  const show = vscode.l10n.t('Show Agents');
  const shown =
    plan.obstacles.length > 0
      ? app.dialogs.warn(words.join(' '), show)
      : app.dialogs.tell(words.join(' '), show);
  void shown.then((choice) => {
    if (choice === show) {
      void vscode.commands.executeCommand('belay.agents.focus');
    }
  });
}
