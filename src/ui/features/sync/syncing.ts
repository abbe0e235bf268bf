import path from 'node:path';
import { NotingFetcher } from '../../../fanout/follow';
import { listWorktrees } from '../../../git/worktreeList';
import type { Ledger } from '../../../ledger';
import { withLedger } from '../../../withLedger';
import type { SyncOutcome } from '../../../sync/syncOutcome';
import { syncWorktree } from '../../../sync/sync';
import type { App } from '../../rows/app';
import { inWorktree } from '../../state/elsewhere';
import type { RepositoryModel } from '../../state/repositoryModel';
import { inert } from '../../platform/text/inert';
import { requestFor } from '../../state/syncRequestFor';

/** A worktree to sync, known by the model of one of its repository's worktrees. */
export interface SyncTarget {
  readonly model: RepositoryModel;
  readonly key: string;
  /** For people, inert. */
  readonly name: string;
}

/** What came of it: an outcome, or what was thrown. */
export type Synced = SyncTarget &
  ({ readonly outcome: SyncOutcome; readonly ledger: Ledger } | { readonly thrown: unknown });

export function targetOf(model: RepositoryModel): SyncTarget {
  return { model, key: model.worktree.key, name: inert(path.basename(model.root)) };
}

/** Every worktree of the window's repositories that can be synced, open in it or not, by repository. */
export async function allTargets(app: App): Promise<SyncTarget[][]> {
  return Promise.all(
    app.repositories.distinct.map(async (model) =>
      (await listWorktrees(model.worktree))
        .filter(({ bare, missing }) => !bare && !missing)
        .map(({ key, root }) => ({ model, key, name: inert(path.basename(root)) })),
    ),
  );
}

/**
 * Syncs worktrees, in the name of the person. Those of one repository one after the other, because they share their remotes;
 * repositories side by side, so that a dead remote of one holds up no other. One failure stops nothing else.
 */
export async function syncAllOf(
  app: App,
  groups: readonly (readonly SyncTarget[])[],
  signal: AbortSignal,
): Promise<Synced[]> {
  const lists = await Promise.all(
    groups.map(async (targets) => {
      const results: Synced[] = [];
      const network = new NotingFetcher(await app.network.get());
      for (const target of targets) {
        results.push(await syncOne(app, target, network, signal));
      }
      const [first] = targets;
      if (first !== undefined) {
        await app.following.after(first.model, network, signal);
      }
      return results;
    }),
  );
  return lists.flat();
}

/** As {@link syncAllOf}, for one. */
export async function syncTarget(app: App, target: SyncTarget, signal: AbortSignal): Promise<Synced> {
  const network = new NotingFetcher(await app.network.get());
  const synced = await syncOne(app, target, network, signal);
  await app.following.after(target.model, network, signal);
  return synced;
}

async function syncOne(
  app: App,
  target: SyncTarget,
  network: NotingFetcher,
  signal: AbortSignal,
): Promise<Synced> {
  const { model, key } = target;
  try {
    // A ledger of its own: what others came to is none of its words.
    return await withLedger(async (ledger) => {
      const outcome = await inWorktree(app.repositories, model, key, (worktree) =>
        app.own.write(model.worktree, (writer) =>
          syncWorktree(worktree, network, {
            ...writer,
            ...requestFor(app, worktree),
            explicit: true,
            signal,
          }),
        ),
      );
      return { ...target, outcome, ledger };
    });
  } catch (thrown) {
    return { ...target, thrown };
  }
}
