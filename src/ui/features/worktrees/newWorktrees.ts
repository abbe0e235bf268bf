import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { whenMissing } from '../../../git/diskErrors';
import type { App } from '../../rows/app';
import { inert, inertLine } from '../../platform/text/inert';
import { makeWorktrees, connectNew, openOffer } from './making';
import {
  folderBeside,
  folderName,
  freeNames,
  placeholder,
  surroundingsOf,
  type Surroundings,
} from './worktreeNames';
import { pickPin, type OnPin } from './pickPin';
import { pinAt } from '../../rows/worktreeWords';
import { addWorktreeFrom } from '../../../fanout/fromCheckpoint';
import type { OnCheckpoint } from '../../rows/command';
import { withCancel } from '../../platform/progress';
import { targetOf } from '../../rows/pick';
import { requestFor } from '../../state/syncRequestFor';
import { shortOid } from '../../platform/text/words';

/** So many may be made at once, as on the command line. */
const most = 100;
/** How many one gets who only presses Enter. */
const usual = 3;
/** So many names are spelled out. */
const spelledOut = 5;

/** Makes one worktree at a pin, on a new branch or on none, in a folder that the person sees. */
export async function newWorktree(app: App, on: OnPin | undefined): Promise<void> {
  const target = await pickPin(app, on, vscode.l10n.t('A new worktree at which pin?'));
  if (target === undefined) {
    return;
  }
  const around = await surroundingsOf(target.model.worktree);
  const title = vscode.l10n.t('New worktree at the pin {0}', pinAt(target.pin));
  const [free = ''] = freeNames(`${folderName(target.pin.name)}-${placeholder}`, 1, around.isTaken);
  const branch = await app.dialogs.text({
    title,
    prompt: vscode.l10n.t(
      'Name of its new branch. Leave it empty for a worktree on no branch, only to look at.',
    ),
    value: free,
    remark: (name) =>
      around.branches.has(name.trim()) ? vscode.l10n.t('There is a branch of that name already.') : undefined,
  });
  if (branch === undefined) {
    return;
  }
  const name = branch.trim();
  const root = await app.dialogs.text({
    title,
    prompt: vscode.l10n.t('Its folder'),
    value: folderBeside(around.root, name === '' ? folderName(target.pin.name) : name),
    remark: folderProblem,
  });
  if (root !== undefined) {
    await makeWorktrees(app, target, [{ root: root.trim(), branch: name === '' ? undefined : name }]);
  }
}

/** Makes several worktrees at a pin, one for each agent, with names that the person sees beforehand. */
export async function newWorktrees(app: App, on: OnPin | undefined): Promise<void> {
  const target = await pickPin(app, on, vscode.l10n.t('New worktrees at which pin?'));
  if (target === undefined) {
    return;
  }
  const around = await surroundingsOf(target.model.worktree);
  const title = vscode.l10n.t('New worktrees at the pin {0}', pinAt(target.pin));
  const number = await app.dialogs.text({
    title,
    prompt: vscode.l10n.t('How many?'),
    value: String(usual),
    remark: (text) =>
      /^[1-9]\d*$/.test(text.trim()) && Number(text) <= most
        ? undefined
        : vscode.l10n.t('Type a whole number from 1 to {0}.', most),
  });
  if (number === undefined) {
    return;
  }
  const count = Number(number);
  const pattern = await app.dialogs.text({
    title,
    prompt: vscode.l10n.t('Names of their branches; {0} stands for the number', placeholder),
    value: `agent-${placeholder}`,
    remark: (text) => preview(text.trim(), count, around),
  });
  if (pattern !== undefined) {
    const names = freeNames(pattern.trim(), count, around.isTaken);
    await makeWorktrees(
      app,
      target,
      names.map((branch) => ({ root: folderBeside(around.root, branch), branch })),
    );
  }
}

/** What keeps a worktree from being made in a folder, if anything. */
async function folderProblem(text: string): Promise<string | undefined> {
  const folder = text.trim();
  if (!path.isAbsolute(folder)) {
    return vscode.l10n.t('Type the whole path of the folder.');
  }
  const inside = await readdir(folder).catch(whenMissing([]));
  return inside.length > 0 ? vscode.l10n.t('That folder is not empty.') : undefined;
}

/** The names that a pattern makes, as a note below it; or what is wrong with it. */
function preview(
  pattern: string,
  count: number,
  around: Surroundings,
): string | vscode.InputBoxValidationMessage {
  if (!pattern.includes(placeholder)) {
    return vscode.l10n.t('Use {0} where the number goes.', placeholder);
  }
  const names = freeNames(pattern, count, around.isTaken);
  const shown = names.slice(0, spelledOut).map((name) => inertLine(name, 40));
  const folders = inert(path.basename(folderBeside(around.root, names[0] ?? '')));
  return {
    message: vscode.l10n.t(
      'Creates {0}. Folders beside the repository: {1}…',
      names.length > spelledOut ? `${shown.join(', ')}, …` : shown.join(', '),
      folders,
    ),
    severity: vscode.InputBoxValidationSeverity.Info,
  };
}

/** Makes a worktree with what a checkpoint holds, at the commit that it was taken on, in a folder that the person sees. */
export async function newWorktreeFrom(app: App, on: OnCheckpoint | undefined): Promise<void> {
  const target = await targetOf(app, on, vscode.l10n.t('A new worktree from which checkpoint?'));
  if (target === undefined) {
    return;
  }
  const { model, checkpoint } = target;
  const around = await surroundingsOf(model.worktree);
  const [free = ''] = freeNames(`${checkpoint.worktree}-again-${placeholder}`, 1, around.isTaken);
  const folder = await app.dialogs.text({
    title: vscode.l10n.t('New worktree from checkpoint {0}', shortOid(checkpoint.oid)),
    prompt: vscode.l10n.t(
      'Its folder. It will be on no branch, at the commit that the checkpoint was taken on, with the files of the checkpoint.',
    ),
    value: folderBeside(around.root, free),
    remark: folderProblem,
  });
  if (folder === undefined) {
    return;
  }
  const root = folder.trim();
  const { added, restored } = await withCancel(vscode.l10n.t('Creating the worktree'), (signal) =>
    app.network.track(
      (either) =>
        app.own.write(model.worktree, (writer) =>
          addWorktreeFrom(
            model.worktree,
            checkpoint,
            { root, branch: undefined },
            { ...writer, ...requestFor(app, model.worktree), signal: either },
          ),
        ),
      signal,
    ),
  );
  await connectNew(app, model, [added.worktree]);
  await app.repositories.reload();
  app.agentStates.forget();
  const left = (restored?.blocked.length ?? 0) + (restored?.skipped.length ?? 0);
  const words = vscode.l10n.t(
    '{0} was created at {1} with the files of checkpoint {2}: {3} written, {4} deleted.',
    inert(path.basename(root)),
    shortOid(added.head),
    shortOid(checkpoint.oid),
    restored?.written.length ?? 0,
    restored?.deleted.length ?? 0,
  );
  const { label, run } = openOffer(root);
  const said =
    left === 0
      ? app.dialogs.tell(words, label)
      : app.dialogs.warn(`${words} ${vscode.l10n.t('Left alone: {0}.', left)}`, label);
  void said.then((choice) => {
    if (choice === label) {
      run();
    }
  });
}
