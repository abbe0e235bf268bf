import path from 'node:path';
import * as vscode from 'vscode';
import { BelayError, messageOf } from '../../../errors';
import { isSettled, ResetFailed, type SyncOutcome } from '../../../sync/syncOutcome';
import type { App } from '../../rows/app';
import { openModels, pickModel } from '../../rows/pick';
import { failureText, showFailure } from '../../platform/failure';
import { withCancel } from '../../platform/progress';
import { report } from '../../platform/report';
import { inert } from '../../platform/text/inert';
import { toldSentences } from '../../platform/text/toldWords';
import { WorktreeNode } from '../../rows/worktreeNode';
import type { NetworkNode } from '../../rows/networkNode';
import type { OnSync } from './syncHandlers';
import { outcomeWords } from './syncWords';
import { NotingFetcher } from '../../../fanout/follow';
import { listWorktrees } from '../../../git/worktreeList';
import type { Ledger } from '../../../ledger';
import { withLedger } from '../../../withLedger';
import { syncWorktree } from '../../../sync/sync';
import { inWorktree } from '../../state/elsewhere';
import type { RepositoryModel } from '../../state/repositoryModel';
import { requestFor } from '../../state/syncRequestFor';

/** How long the status bar says that something was cancelled, in milliseconds. */
const said = 6_000;

/** Brings the branch of one worktree to its upstream: of a row, of a source control, or of the one that is chosen. */
export async function sync(app: App, on: OnSync | undefined): Promise<void> {
  const target = await chosen(app, on);
  if (target === undefined) {
    return;
  }
  const title = vscode.l10n.t('Syncing {0} with its upstream', target.name);
  const result = await withCancel(title, (signal) =>
    app.network.track((either) => syncTarget(app, target, either), signal),
  );
  await app.repositories.reload();
  tell(app, result);
}

/** Syncs every worktree of the window's repositories and tells of all in one message. */
export async function syncAll(app: App): Promise<void> {
  await openModels(app);
  const results = await withCancel(vscode.l10n.t('Syncing all worktrees'), (signal) =>
    app.network.track(async (either) => syncAllOf(app, await allTargets(app), either), signal),
  );
  await app.repositories.reload();
  const [only, ...others] = results;
  if (only !== undefined && others.length === 0) {
    tell(app, only);
  } else {
    tellAll(app, results);
  }
}

/** Stops the work with one remote, of its row, or everything that syncs in this window. */
export function cancelSync(app: App, on: NetworkNode | undefined): void {
  if (!app.network.cancel(on?.operation.id)) {
    void app.dialogs.tell(vscode.l10n.t('Nothing is being synced.'));
  }
}

async function chosen(app: App, on: OnSync | undefined): Promise<SyncTarget | undefined> {
  if (on instanceof WorktreeNode) {
    const { model, summary } = on;
    return { ...targetOf(model), key: summary.key, name: inert(path.basename(summary.root)) };
  }
  await app.repositories.ready();
  const root = on?.rootUri.fsPath;
  const model =
    app.repositories.all.find((one) => one.root === root) ??
    (await pickModel(app, vscode.l10n.t('Sync which worktree?')));
  return model && targetOf(model);
}

function tell(app: App, result: Synced): void {
  app.log.info(lineOf(result));
  if ('thrown' in result) {
    tellFailure(app, result, result.thrown);
    return;
  }
  const { outcome, ledger, name } = result;
  if (outcome.decision !== undefined) {
    // A decision is announced separately, with more detail, by every sync.
    return;
  }
  if (outcome.reason === 'cancelled') {
    // The person knows that they have cancelled it.
    app.dialogs.brief(
      [vscode.l10n.t('The sync of {0} was cancelled.', name), ...toldSentences(ledger)].join(' '),
      said,
    );
    return;
  }
  const words = outcomeWords(outcome, ledger, name);
  void (isSettled(outcome) ? app.dialogs.tell(words) : app.dialogs.warn(words));
}

function tellFailure(app: App, { key, model }: SyncTarget, thrown: unknown): void {
  if (thrown instanceof ResetFailed) {
    app.log.error(`${thrown.reason}: ${thrown.message}`);
    return;
  }
  if (!(thrown instanceof BelayError && thrown.reason === 'decision_pending')) {
    showFailure(app, thrown);
    return;
  }
  const review = vscode.l10n.t('Review');
  void app.dialogs.warn(failureText(thrown), review).then((choice) => {
    const decision = model.pending.find(({ worktree }) => worktree === key);
    return choice === review && decision !== undefined ? app.reviews.show(model, decision) : undefined;
  });
}

function tellAll(app: App, results: readonly Synced[]): void {
  for (const result of results) {
    app.log.info(lineOf(result));
  }
  const waiting = results.filter(isWaiting);
  const bad = results.filter(
    (result) => !isWaiting(result) && !('outcome' in result && isSettled(result.outcome)),
  );
  report(app, {
    summary: [
      vscode.l10n.t(
        '{0} of {1} worktrees are up to date with their upstreams.',
        results.length - waiting.length - bad.length,
        results.length,
      ),
      ...(waiting.length === 0 ? [] : [vscode.l10n.t('Needs you: {0}.', waiting.length)]),
    ],
    bad: bad.map(sentence),
    isGood: bad.length + waiting.length === 0,
  });
}

function isWaiting(result: Synced): boolean {
  return 'outcome' in result
    ? result.outcome.decision !== undefined
    : result.thrown instanceof BelayError &&
        ['decision_pending', 'reset_failed'].includes(result.thrown.reason);
}

function sentence(result: Synced): string {
  return 'outcome' in result
    ? outcomeWords(result.outcome, result.ledger, result.name)
    : vscode.l10n.t('{0}: {1}', result.name, failureText(result.thrown));
}

function lineOf(result: Synced): string {
  return 'outcome' in result
    ? [
        `Sync: ${result.key}: ${result.outcome.case}`,
        ...result.outcome.leftOut.map(
          ({ commit, subject, backup }) => `left out ${commit} ${inert(subject)}, which ${backup} holds`,
        ),
      ].join('; ')
    : `Sync: ${result.key}: ${messageOf(result.thrown)}`;
}

/** A worktree to sync, known by the model of one of its repository's worktrees. */
interface SyncTarget {
  readonly model: RepositoryModel;
  readonly key: string;
  /** For people, inert. */
  readonly name: string;
}

/** What came of it: an outcome, or what was thrown. */
type Synced = SyncTarget &
  ({ readonly outcome: SyncOutcome; readonly ledger: Ledger } | { readonly thrown: unknown });

function targetOf(model: RepositoryModel): SyncTarget {
  return { model, key: model.worktree.key, name: inert(path.basename(model.root)) };
}

/** Every worktree of the window's repositories that can be synced, open in it or not, by repository. */
async function allTargets(app: App): Promise<SyncTarget[][]> {
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
async function syncAllOf(
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
async function syncTarget(app: App, target: SyncTarget, signal: AbortSignal): Promise<Synced> {
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
