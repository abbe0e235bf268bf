import path from 'node:path';
import * as vscode from 'vscode';
import { openWorktree, type Worktree } from '../../../git/worktree';
import type { Line } from '../../platform/dialogs';
import type { App } from '../../rows/app';
import { inert } from '../../platform/text/inert';
import type { Target } from '../../rows/treeNode';
import { LeaseError } from '../../../leases/error';
import type { RestoreRequest } from '../../../restore/restoreRequest';
import { livenessOfOwner } from '../../../sessions/liveness';
import type { Writer } from '../../state/ownSession';
import { holderWords, takeWorktreeQuestion } from '../../rows/sessionQuestions';

/**
 * The worktree that a checkpoint is restored into: its own, where that is open in this window. Otherwise the person
 * chooses, so that a checkpoint of one worktree never lands in another by surprise. Undefined when they chose none.
 */
export async function restoreInto(app: App, { model, checkpoint }: Target): Promise<Worktree | undefined> {
  const siblings = app.repositories.all.filter(({ commonDir }) => commonDir === model.commonDir);
  const own = siblings.find(({ worktree }) => worktree.key === checkpoint.worktree);
  if (own !== undefined) {
    return own.worktree;
  }
  const summaries = await model.worktrees();
  const elsewhere = summaries.find(({ key, missing }) => key === checkpoint.worktree && !missing);
  const lines: Line<() => Promise<Worktree>>[] = [
    ...(elsewhere === undefined
      ? []
      : [
          lineTo(elsewhere.root, vscode.l10n.t('the worktree it was taken in'), () =>
            openWorktree(model.worktree.git, elsewhere.root),
          ),
        ]),
    ...siblings.map(({ root, worktree }) =>
      lineTo(root, vscode.l10n.t('another worktree, open in this window'), () => Promise.resolve(worktree)),
    ),
  ];
  const placeHolder = vscode.l10n.t('The checkpoint is of another worktree. Restore it into which one?');
  return (await app.dialogs.one({ placeHolder, lines }))?.();
}

function lineTo(
  root: string,
  description: string,
  value: () => Promise<Worktree>,
): Line<() => Promise<Worktree>> {
  return { label: `$(list-tree) ${inert(path.basename(root))}`, description, detail: inert(root), value };
}

/** Who restores, and from whom the worktree may be taken. */
export type Restorer = Writer & Pick<RestoreRequest, 'takeOver'>;

/**
 * Restores under this window's lease. Where another session is changing the worktree, the person is told who; from one that
 * gives no sign of life any more they can take it, and only from that one. Undefined when nothing was restored.
 */
export async function restoring<T>(
  app: App,
  worktree: Worktree,
  work: (restorer: Restorer) => Promise<T>,
): Promise<T | undefined> {
  let seen: string | undefined;
  for (;;) {
    const takeOver = seen === undefined ? {} : { takeOver: { seen } };
    try {
      return await app.own.write(worktree, (writer) => work({ ...writer, ...takeOver }));
    } catch (thrown) {
      if (!(thrown instanceof LeaseError && thrown.reason === 'lease_held' && thrown.current !== undefined)) {
        throw thrown;
      }
      app.log.info(thrown.message);
      const { current } = thrown;
      const vital = await livenessOfOwner(worktree.repository, current);
      if (vital.state === 'alive') {
        const words = vscode.l10n.t('Nothing was restored: another session is changing this worktree.');
        void app.dialogs.warn(`${words} ${holderWords(current, vital)}`);
        return undefined;
      }
      if (!(await app.dialogs.confirm(takeWorktreeQuestion(current, vital)))) {
        return undefined;
      }
      seen = current.token;
    }
  }
}
