import path from 'node:path';
import * as vscode from 'vscode';
import { readCheckpoint } from '../../../checkpoint/history';
import { BelayError } from '../../../errors';
import { NotCovered } from '../../../fanout/notCovered';
import { removeWorktree as removeFrom, type RemovedWorktree } from '../../../fanout/removeWorktree';
import { isDirty } from '../../../fanout/pinState';
import type { GitPath } from '../../../git/path';
import { listWorktrees, type ListedWorktree } from '../../../git/worktreeList';
import { LeaseError } from '../../../leases/error';
import type { App } from '../../rows/app';
import type { Look, Question } from '../../platform/dialogs';
import { ofEach, pickOne } from '../../rows/pick';
import { showFailure } from '../../platform/failure';
import { withCancel } from '../../platform/progress';
import type { RepositoryModel } from '../../state/repositoryModel';
import { openSaved } from '../../rows/backupActions';
import { requestFor } from '../../state/syncRequestFor';
import { inert, inertLine } from '../../platform/text/inert';
import { branchName, shortOid } from '../../platform/text/words';
import type { WorktreeNode } from '../../rows/worktreeNode';

type Linked = Omit<ListedWorktree, 'bare'>;

interface Target {
  readonly model: RepositoryModel;
  readonly worktree: Linked;
  /** For people, inert. */
  readonly name: string;
}

/**
 * Removes a worktree after one question. Everything that is not committed in it is saved first; only where that cannot be done
 * for all of it is there a second question, which names what would be gone for good.
 */
export async function removeWorktree(app: App, on: WorktreeNode | undefined): Promise<void> {
  const target = await chosen(app, on);
  if (target === undefined) {
    return;
  }
  requireRemovable(app, target);
  if (!(await app.dialogs.confirm(await question(target)))) {
    return;
  }
  const removed = await removeAsking(app, target, []);
  app.pinStates.forget();
  await app.repositories.reload();
  if (removed !== undefined) {
    tell(app, target, removed);
  }
}

/** Asks about what cannot be saved, by name; about what has come since, once more. Undefined when the person did not want that. */
async function removeAsking(
  app: App,
  target: Target,
  given: readonly GitPath[],
): Promise<RemovedWorktree | undefined> {
  try {
    return await remove(app, target, given);
  } catch (thrown) {
    if (!(thrown instanceof NotCovered)) {
      throw thrown;
    }
    const isSure = await app.dialogs.confirm({
      message: vscode.l10n.t('Permanently delete what Belay cannot save from {0}?', target.name),
      detail: vscode.l10n.t(
        '{0} Removing the worktree would delete it permanently. The worktree has not been removed yet.',
        inertLine(thrown.message, 1_000),
      ),
      action: vscode.l10n.t('Delete for Good'),
    });
    return isSure ? removeAsking(app, target, thrown.names) : undefined;
  }
}

async function chosen(app: App, on: WorktreeNode | undefined): Promise<Target | undefined> {
  if (on !== undefined) {
    const { key, root, branch, base, locked, missing } = on.summary;
    const worktree = { key, root, branch, head: base, locked, missing };
    return { model: on.model, worktree, name: inert(path.basename(root)) };
  }
  const targets = await ofEach(app, async (model) =>
    (await listWorktrees(model.worktree))
      .filter(({ key, bare }) => key !== 'main' && !bare)
      .map((worktree) => ({ model, worktree, name: inert(path.basename(worktree.root)) })),
  );
  const line = ({ name, worktree }: Target): Look => ({
    label: `$(list-tree) ${name}`,
    description: branchWords(worktree),
    detail: inert(worktree.root),
  });
  return pickOne<Target>(app, targets, line, {
    title: vscode.l10n.t('Remove Worktree'),
    placeHolder: vscode.l10n.t('Which one? Uncommitted changes are saved first.'),
    none: vscode.l10n.t('There is no worktree to remove: the main one holds the repository itself.'),
  });
}

/** What is known to be refused needs no question. @throws BelayError, LeaseError. */
function requireRemovable({ repositories, own }: App, { model, worktree, name }: Target): void {
  const { key, root } = worktree;
  if (key === 'main') {
    throw new BelayError(
      'usage',
      vscode.l10n.t('{0} is the main worktree: it holds the repository itself, and cannot be removed.', name),
    );
  }
  if (repositories.isStoodOn(root)) {
    throw new BelayError('worktree_in_use', vscode.l10n.t('{0} is open in this window.', name));
  }
  if (model.waitsFor(key)) {
    throw new BelayError('decision_pending', vscode.l10n.t('A decision about {0} needs you.', name));
  }
  const busy = (model.known ?? []).find(
    ({ live, agent, worktree: where, lease }) =>
      live && agent !== own.agent && where === key && !own.holds(lease),
  );
  if (busy !== undefined) {
    const session = { kind: 'session', name: busy.id } as const;
    throw new LeaseError('lease_held', session, `The session ${busy.id} works in it.`, busy.lease);
  }
}

async function question({ model, worktree, name }: Target): Promise<Question> {
  const { root, missing, branch } = worktree;
  const saved = missing
    ? vscode.l10n.t("Its folder is already missing: only git's record of it is removed.")
    : (await isDirty(model.worktree, root))
      ? vscode.l10n.t('Uncommitted changes are saved in a checkpoint first, which the Sessions view shows.')
      : vscode.l10n.t('Everything in it is committed. A checkpoint is still taken first.');
  const kept =
    branch === undefined
      ? vscode.l10n.t('It is on no branch: commits on no branch go into a backup.')
      : vscode.l10n.t('Its branch {0} stays.', branchName(branch));
  return {
    message: vscode.l10n.t('Remove the worktree {0}?', name),
    detail: [inert(root), saved, kept].join('\n\n'),
    action: vscode.l10n.t('Remove Worktree'),
  };
}

/** @param discardUncovered What may go although no checkpoint can hold it. */
function remove(app: App, target: Target, discardUncovered: readonly GitPath[]): Promise<RemovedWorktree> {
  const { model, worktree, name } = target;
  return withCancel(vscode.l10n.t('Removing {0}', name), (signal) =>
    app.own.write(model.worktree, (writer) =>
      removeFrom(model.worktree, worktree.key, {
        ...writer,
        ...requestFor(app, model.worktree),
        leases: [...new Set([...writer.leases, ...takenOver(app, target)])],
        signal,
        discardUncovered,
      }),
    ),
  );
}

/** The leases of sessions in a worktree that the person has taken over here: those belong to this window. */
function takenOver({ own }: App, { model, worktree }: Target): readonly string[] {
  return (model.known ?? []).flatMap(({ lease, worktree: where }) =>
    where === worktree.key && lease !== undefined && own.holds(lease) && lease.resource.kind === 'session'
      ? [lease.token]
      : [],
  );
}

function tell(app: App, { name, model }: Target, removed: RemovedWorktree): void {
  const { root, branch, checkpoint, backup, message: words } = removed;
  app.log.info(
    `Removed the worktree ${root}: checkpoint ${checkpoint ?? 'none'}, backup ${backup ?? 'none'}, ${branch ?? 'detached'}`,
  );
  const said = [
    vscode.l10n.t('{0} was removed.', name),
    ...(checkpoint === undefined
      ? []
      : [vscode.l10n.t('Its content is saved in checkpoint {0}.', shortOid(checkpoint))]),
    ...(branch === undefined ? [] : [vscode.l10n.t('Its branch {0} stays.', branchName(branch))]),
    ...(backup === undefined ? [] : [vscode.l10n.t('A backup holds the commits that are on no branch.')]),
    ...(words === undefined ? [] : [inertLine(words, 300)]),
  ].join(' ');
  const show = vscode.l10n.t('Show What Was Saved');
  void app.dialogs
    .tell(said, ...(checkpoint === undefined ? [] : [show]))
    .then((choice) =>
      choice === show && checkpoint !== undefined ? showSaved(app, model, checkpoint) : undefined,
    )
    .then(undefined, (thrown: unknown) => {
      showFailure(app, thrown);
    });
}

/** What was not committed in a worktree that is gone: its last checkpoint against the commit that it was on. */
async function showSaved(app: App, model: RepositoryModel, oid: string): Promise<void> {
  const { base } = await readCheckpoint(model.worktree, oid);
  if (base !== undefined) {
    await openSaved(app.dialogs, model, base, oid);
  }
}

function branchWords({ branch }: Linked): string {
  return branch === undefined ? vscode.l10n.t('detached') : branchName(branch);
}
