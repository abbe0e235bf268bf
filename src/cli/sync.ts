import type { Command } from 'commander';
import { BelayError } from '../errors';
import { oneLine } from '../git/commit';
import { closeWorktree, openWorktree, type Worktree } from '../git/worktree';
import { listWorktrees } from '../git/worktreeList';
import { followPins, NotingFetcher } from '../fanout/follow';
import { configuredNetworkLimits } from '../network/networkOutcome';
import { Network } from '../network/network';
import { isSettled, type LeftOut, type SyncOutcome } from '../sync/syncOutcome';
import { syncWorktree } from '../sync/sync';
import { inert } from '../inert';
import { answer, type Context } from './context';
import { writing, type Define } from './define';
import { followedLines, followedShape, settlementOfPin } from './follow';
import { exitWith } from './outcomes';
import { recovering, requestOf, type RecoveringOptions } from './recovering';
import { english } from '../localizer';
import { movedLines } from '../toldWords';
import { movedShape, type Shape } from './shapes';
import { lines } from './text';

interface SyncOptions extends RecoveringOptions {
  readonly worktree?: string;
  readonly all?: boolean;
}

/** `belay sync`. */
export function defineSyncCommand(belay: Command, define: Define): void {
  define(
    recovering(writing(belay.command('sync')))
      .description('bring a branch to its upstream; what cannot be rebased waits for a person')
      .option('--worktree <key>', 'this worktree instead of the one it runs in')
      .option('--all', 'every worktree of the repository'),
    (context, invoked) => syncCommand(context, invoked.opts<SyncOptions>()),
  );
}

async function syncCommand(context: Context, options: SyncOptions): Promise<void> {
  const isNamed = options.all === true || options.worktree !== undefined;
  const here = isNamed ? (await context.anyWorktree()).worktree : await context.worktree();
  if (options.all === true && options.worktree !== undefined) {
    throw new BelayError('usage', 'Give --all or --worktree, not both.');
  }
  const roots = await chosenRoots(here, options);
  const network = new NotingFetcher(new Network({ limits: configuredNetworkLimits(here) }));
  const outcomes: SyncOutcome[] = [];
  const failures: { worktree: string; error: BelayError }[] = [];
  for (const { key, root } of roots) {
    const worktree = key === here.key ? here : await openWorktree(context.git, root);
    try {
      outcomes.push(await syncWorktree(worktree, network, await requestOf(context, worktree, options)));
    } catch (thrown) {
      // One worktree's failure does not stop the others.
      if (!(thrown instanceof BelayError) || roots.length === 1) {
        throw thrown;
      }
      failures.push({ worktree: key, error: thrown });
    } finally {
      if (worktree !== here) {
        closeWorktree(worktree, here);
      }
    }
  }
  const request = await requestOf(context, here, options);
  const followed = await followPins(here, network, network.fetched, request);
  const rows = [
    ...outcomes.map(outcomeShape),
    ...failures.map(({ worktree, error }) => ({
      worktree,
      error: { reason: error.reason, message: error.message },
    })),
    ...followed.map(followedShape),
  ];
  answer(context, rows, () =>
    lines(
      ...outcomes.flatMap((outcome) => [
        outcomeLine(outcome),
        ...outcome.leftOut.map(leftOutLine),
        ...movedLines(english, outcome.moved ?? []),
      ]),
      ...failures.map(({ worktree, error }) =>
        inert(`${worktree}  failed (${error.reason}): ${error.message}`),
      ),
      ...followed.flatMap(followedLines),
    ),
  );
  if (failures.some(({ error }) => error.exitCode === 3)) {
    context.exit(3);
  } else if (failures.length > 0 || !outcomes.every(isSettled)) {
    context.exit(1);
  } else {
    exitWith(context, followed.map(settlementOfPin));
  }
}

async function chosenRoots(here: Worktree, options: SyncOptions): Promise<{ key: string; root: string }[]> {
  if (options.all !== true && options.worktree === undefined) {
    return [{ key: here.key, root: here.root }];
  }
  const listed = (await listWorktrees(here)).filter(({ bare, missing }) => !bare && !missing);
  const chosen = options.all === true ? listed : listed.filter(({ key }) => key === options.worktree);
  if (chosen.length === 0) {
    throw new BelayError('unknown_worktree', `There is no worktree ${JSON.stringify(options.worktree)}.`);
  }
  return chosen.map(({ key, root }) => ({ key, root }));
}

function outcomeShape(outcome: SyncOutcome): Shape {
  return {
    worktree: outcome.worktree,
    case: outcome.case,
    hardReset: outcome.hardReset,
    from: outcome.from,
    to: outcome.to,
    backup: outcome.backup,
    dropped: outcome.dropped,
    leftOut: outcome.leftOut,
    checkpoint: outcome.checkpoint,
    decision: outcome.decision,
    moved: (outcome.moved ?? []).map(movedShape),
    words: outcome.message,
  };
}

function leftOutLine({ commit, subject, backup }: LeftOut): string {
  return inert(`  left out: ${short(commit)} ${oneLine(subject)}, which ${backup} holds`);
}

function outcomeLine(outcome: SyncOutcome): string {
  const where =
    outcome.to === undefined || outcome.to === outcome.from
      ? ''
      : `  ${short(outcome.from)} -> ${short(outcome.to)}`;
  const waiting =
    outcome.decision === undefined ? '' : `  decision ${outcome.decision} waits for you in VS Code`;
  const words = outcome.message === undefined ? '' : `  ${outcome.message}`;
  const removed =
    outcome.leftOut.length === 0
      ? ''
      : `  upstream removed ${outcome.leftOut.length} ${outcome.leftOut.length === 1 ? 'commit' : 'commits'}`;
  return inert(
    `${outcome.worktree}  ${outcome.case.replaceAll('_', ' ')}${where}${removed}${waiting}${words}`,
  );
}

function short(oid: string | undefined): string {
  return oid?.slice(0, 10) ?? '?';
}
