import * as vscode from 'vscode';
import type { Worktree } from '../../../git/worktree';
import { LeaseError } from '../../../leases/error';
import type { RestoreRequest } from '../../../restore/restoreRequest';
import { livenessOfOwner } from '../../../sessions/liveness';
import type { App } from '../../rows/app';
import type { Writer } from '../../state/ownSession';
import { holderWords, takeWorktreeQuestion } from '../../rows/sessionQuestions';

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
