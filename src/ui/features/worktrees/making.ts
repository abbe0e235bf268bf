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
import { report } from '../../platform/report';
import type { RepositoryModel } from '../../state/repositoryModel';
import { requestFor } from '../../state/syncRequestFor';
import { inert, inertLine } from '../../platform/text/inert';
import { branchName, shortOid } from '../../platform/text/words';
import type { PinTarget } from './pickPin';
import { pinAt } from '../../rows/worktreeWords';

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
  const agents = await connectNew(
    app,
    model,
    made.filter(({ created }) => created).map(({ worktree }) => worktree),
  );
  app.pinStates.forget();
  await app.repositories.reload();
  app.agentStates.forget();
  for (const addition of additions) {
    app.log.info(`New worktree ${addition.root}: ${lineOf(addition)}`);
  }
  tell(app, target, additions, agents);
}

/** Connects the agents in new worktrees, by their keys, that are connected beside them. @returns which agents. */
export async function connectNew(
  app: App,
  { worktree }: RepositoryModel,
  made: readonly string[],
): Promise<readonly string[]> {
  const { connectToo } = await import('../../../connect/connectNewWorktrees');
  const { agents, words } = await connectToo(worktree, made, personalPlaces(), hookTarget(app.context));
  if (words !== undefined) {
    app.log.warn(`Agents are not connected in every new worktree: ${words}`);
  }
  return agents;
}

/** Offers to open a folder in a window of its own. */
export function openOffer(root: string): { readonly label: string; readonly run: () => void } {
  return {
    label: vscode.l10n.t('Open in New Window'),
    run: () => {
      void vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(root), {
        forceNewWindow: true,
      });
    },
  };
}

function lineOf(addition: Addition): string {
  return 'added' in addition
    ? `${addition.added.created ? 'made' : 'there already'}, ${addition.added.branch ?? 'detached'} at ${addition.added.head}`
    : `${addition.reason ?? 'failed'}: ${addition.message}`;
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
  report(app, {
    summary: [
      first,
      ...added.flatMap((one) => (one.message === undefined ? [] : [inertLine(one.message, 200)])).slice(0, 1),
      ...(connected.length === 0 ? [] : [vscode.l10n.t('Also connected there: {0}.', agentNames(connected))]),
      ...(cancelled === 0 ? [] : [vscode.l10n.t('Cancelled, not created: {0}.', cancelled)]),
    ],
    bad: bad.map(({ root, reason, message: why }) =>
      vscode.l10n.t(
        '{0}: {1}',
        inert(path.basename(root)),
        reason === undefined ? inertLine(why, 300) : failureText(new BelayError(reason, why)),
      ),
    ),
    isGood: failed.length === 0,
    offer: additions.length === 1 && only !== undefined ? openOffer(only.root) : undefined,
  });
}
