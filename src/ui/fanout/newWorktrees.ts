import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { addWorktrees, type Addition, type WantedWorktree } from '../../fanout/newWorktree';
import { whenMissing } from '../../git/missing';
import type { App } from '../app';
import type { CommandArguments } from '../commands/ids';
import { BelayError } from '../../errors';
import { failureText } from '../failure';
import { withCancel } from '../progress';
import { requestFor } from '../sync/requestFor';
import { inert, inertLine } from '../text/inert';
import { branchName, shortOid } from '../text/words';
import { folderBeside, folderName, freeNames, placeholder } from './names';
import { pickPin, type PinTarget } from './pickPin';
import { pinAt } from './stateWords';
import { surroundingsOf, type Surroundings } from './surroundings';

/** So many may be made at once, as on the command line. */
const most = 100;
/** How many one gets who only presses Enter. */
const usual = 3;
/** So many names are spelled out. */
const spelledOut = 5;

/** Makes one worktree at a pin, on a new branch or on none, in a folder that the person sees. */
export async function newWorktree(app: App, args: CommandArguments): Promise<void> {
  const target = await pickPin(app, args, vscode.l10n.t('A new worktree at which pin?'));
  if (target === undefined) {
    return;
  }
  const around = await surroundingsOf(target.model.worktree);
  const title = vscode.l10n.t('New worktree at the pin {0}', pinAt(target.pin));
  const [free = ''] = freeNames(`${folderName(target.pin.name)}-${placeholder}`, 1, around.isTaken);
  const branch = await app.prompts.text({
    title,
    prompt: vscode.l10n.t(
      'Name of its new branch. Leave it empty for a worktree on no branch, to look at only.',
    ),
    value: free,
    remark: (name) =>
      around.branches.has(name.trim()) ? vscode.l10n.t('There is a branch of that name already.') : undefined,
  });
  if (branch === undefined) {
    return;
  }
  const name = branch.trim();
  const root = await app.prompts.text({
    title,
    prompt: vscode.l10n.t('Its folder'),
    value: folderBeside(around.root, name === '' ? folderName(target.pin.name) : name),
    remark: folderProblem,
  });
  if (root !== undefined) {
    await make(app, target, [{ root: root.trim(), branch: name === '' ? undefined : name }]);
  }
}

/** Makes several worktrees at a pin, one for each agent, with names that the person sees beforehand. */
export async function newWorktrees(app: App, args: CommandArguments): Promise<void> {
  const target = await pickPin(app, args, vscode.l10n.t('New worktrees at which pin?'));
  if (target === undefined) {
    return;
  }
  const around = await surroundingsOf(target.model.worktree);
  const title = vscode.l10n.t('New worktrees at the pin {0}', pinAt(target.pin));
  const number = await app.prompts.text({
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
  const pattern = await app.prompts.text({
    title,
    prompt: vscode.l10n.t('Names of their branches; {0} stands for the number', placeholder),
    value: `agent-${placeholder}`,
    remark: (text) => preview(text.trim(), count, around),
  });
  if (pattern !== undefined) {
    const names = freeNames(pattern.trim(), count, around.isTaken);
    await make(
      app,
      target,
      names.map((branch) => ({ root: folderBeside(around.root, branch), branch })),
    );
  }
}

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
    return vscode.l10n.t('Put {0} where the number goes.', placeholder);
  }
  const names = freeNames(pattern, count, around.isTaken);
  const shown = names.slice(0, spelledOut).map((name) => inertLine(name, 40));
  const folders = inert(path.basename(folderBeside(around.root, names[0] ?? '')));
  return {
    message: vscode.l10n.t(
      'Makes {0}. Folders beside the repository: {1}…',
      names.length > spelledOut ? `${shown.join(', ')}, …` : shown.join(', '),
      folders,
    ),
    severity: vscode.InputBoxValidationSeverity.Info,
  };
}

async function make(app: App, target: PinTarget, wanted: readonly WantedWorktree[]): Promise<void> {
  const { model, pin } = target;
  const title = vscode.l10n.t('Making worktrees at {0}', pinAt(pin));
  const additions = await withCancel(title, (signal, say) =>
    app.network.track((either) => {
      const done: string[] = [];
      const tell = (): void => {
        const next = wanted[done.length];
        const now = next === undefined ? [] : [inert(path.basename(next.root))];
        say([vscode.l10n.t('{0} of {1} done', done.length, wanted.length), ...now].join(' · '));
      };
      tell();
      return app.own.write(model.worktree, (writer) =>
        addWorktrees(model.worktree, pin, wanted, {
          ...writer,
          ...requestFor(app, model.worktree),
          signal: either,
          onProgress: ({ root }) => {
            done.push(root);
            tell();
          },
        }),
      );
    }, signal),
  );
  app.pinStates.forget();
  await app.repositories.reload();
  for (const addition of additions) {
    app.log.info(`New worktree ${addition.root}: ${lineOf(addition)}`);
  }
  tell(app, target, additions);
}

function lineOf(addition: Addition): string {
  return 'added' in addition
    ? `${addition.added.created ? 'made' : 'there already'}, ${addition.added.branch ?? 'detached'} at ${addition.added.head}`
    : `${addition.reason ?? 'failed'}: ${addition.words}`;
}

function tell(app: App, { pin }: PinTarget, additions: readonly Addition[]): void {
  const added = additions.flatMap((addition) => ('added' in addition ? [addition.added] : []));
  const failed = additions.flatMap((addition) => ('added' in addition ? [] : [addition]));
  const cancelled = failed.filter(({ reason }) => reason === 'cancelled').length;
  const bad = failed.filter(({ reason }) => reason !== 'cancelled');
  const [only] = added;
  const first =
    only !== undefined && additions.length === 1
      ? vscode.l10n.t(
          '{0} was made at {1}, {2}.',
          inert(path.basename(only.root)),
          shortOid(only.head),
          only.branch === undefined
            ? vscode.l10n.t('on no branch')
            : vscode.l10n.t('on the branch {0}', branchName(only.branch)),
        )
      : vscode.l10n.t('{0} of {1} worktrees were made at {2}.', added.length, additions.length, pinAt(pin));
  const words = [
    first,
    ...added.flatMap((one) => (one.words === undefined ? [] : [inertLine(one.words, 200)])).slice(0, 1),
    ...(cancelled === 0 ? [] : [vscode.l10n.t('Cancelled, and not made: {0}.', cancelled)]),
    ...bad
      .slice(0, spelledOut)
      .map(({ root, reason, words: why }) =>
        vscode.l10n.t(
          '{0}: {1}',
          inert(path.basename(root)),
          reason === undefined ? inertLine(why, 300) : failureText(new BelayError(reason, why)),
        ),
      ),
    ...(bad.length > spelledOut
      ? [vscode.l10n.t('And {0} more, see the log.', bad.length - spelledOut)]
      : []),
  ].join(' ');
  const showLog = vscode.l10n.t('Show Log');
  const open = vscode.l10n.t('Open in New Window');
  const shown =
    failed.length > 0
      ? vscode.window.showWarningMessage(words, showLog)
      : vscode.window.showInformationMessage(words, ...(additions.length === 1 ? [open] : []));
  void shown.then((choice) => {
    if (choice === showLog) {
      app.log.show();
    } else if (choice === open && only !== undefined) {
      void vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(only.root), {
        forceNewWindow: true,
      });
    }
  });
}
