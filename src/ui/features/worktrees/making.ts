import path from 'node:path';
import * as vscode from 'vscode';
import { BelayError } from '../../../errors';
import { addWorktrees, type Addition, type WantedWorktree } from '../../../fanout/newWorktree';
import type { App } from '../../rows/app';
import { personalPlaces } from '../../state/agentStates';
import { hookTarget } from '../../platform/hookTarget';
import { agentNames } from '../../platform/agentLook';
import { failureText } from '../../platform/failure';
import { withCancel } from '../../platform/progress';
import { showInformationMessage, showWarningMessage } from '../../platform/shown';
import { requestFor } from '../../state/syncRequestFor';
import { inert, inertLine } from '../../platform/text/inert';
import { branchName, shortOid } from '../../platform/text/words';
import type { PinTarget } from './pickPin';
import { pinAt } from '../../rows/worktreeWords';

/** So many worktrees that were not made are spelled out. */
const spelledOut = 3;

/** Makes worktrees at a pin, in the name of the person, who sees how far it is, can cancel, and is told in the end. */
export async function makeWorktrees(
  app: App,
  target: PinTarget,
  wanted: readonly WantedWorktree[],
): Promise<void> {
  const { model, pin } = target;
  const title = vscode.l10n.t('Creating worktrees at {0}', pinAt(pin));
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
  const made = additions.flatMap((addition) => ('added' in addition ? [addition.added] : []));
  const { connectToo } = await import('../../../connect/newWorktrees');
  const connected = await connectToo(
    model.worktree,
    made.filter(({ created }) => created).map(({ worktree }) => worktree),
    personalPlaces(),
    hookTarget(app.context),
  );
  if (connected.words !== undefined) {
    app.log.warn(`Agents are not connected in every new worktree: ${connected.words}`);
  }
  app.pinStates.forget();
  await app.repositories.reload();
  app.agentStates.forget();
  for (const addition of additions) {
    app.log.info(`New worktree ${addition.root}: ${lineOf(addition)}`);
  }
  tell(app, target, additions, connected.agents);
}

function lineOf(addition: Addition): string {
  return 'added' in addition
    ? `${addition.added.created ? 'made' : 'there already'}, ${addition.added.branch ?? 'detached'} at ${addition.added.head}`
    : `${addition.reason ?? 'failed'}: ${addition.words}`;
}

function tell(
  app: App,
  { pin }: PinTarget,
  additions: readonly Addition[],
  connected: readonly string[],
): void {
  const added = additions.flatMap((addition) => ('added' in addition ? [addition.added] : []));
  const failed = additions.flatMap((addition) => ('added' in addition ? [] : [addition]));
  const cancelled = failed.filter(({ reason }) => reason === 'cancelled').length;
  const bad = failed.filter(({ reason }) => reason !== 'cancelled');
  const [only] = added;
  const first =
    only !== undefined && additions.length === 1
      ? vscode.l10n.t(
          '{0} was created at {1}, {2}.',
          inert(path.basename(only.root)),
          shortOid(only.head),
          only.branch === undefined
            ? vscode.l10n.t('on no branch')
            : vscode.l10n.t('on the branch {0}', branchName(only.branch)),
        )
      : vscode.l10n.t(
          '{0} of {1} worktrees were created at {2}.',
          added.length,
          additions.length,
          pinAt(pin),
        );
  const words = [
    first,
    ...added.flatMap((one) => (one.words === undefined ? [] : [inertLine(one.words, 200)])).slice(0, 1),
    ...(connected.length === 0 ? [] : [vscode.l10n.t('Also connected there: {0}.', agentNames(connected))]),
    ...(cancelled === 0 ? [] : [vscode.l10n.t('Cancelled, not created: {0}.', cancelled)]),
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
      ? [vscode.l10n.t('And {0} more; see the log.', bad.length - spelledOut)]
      : []),
  ].join(' ');
  const showLog = vscode.l10n.t('Show Log');
  const open = vscode.l10n.t('Open in New Window');
  const shown =
    failed.length > 0
      ? showWarningMessage(words, showLog)
      : showInformationMessage(words, ...(additions.length === 1 ? [open] : []));
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
