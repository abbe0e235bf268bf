import * as vscode from 'vscode';
import { fanOut } from '../../../fanout/fanout';
import { settlementOf, type FanOutOutcome } from '../../../fanout/fanOutOutcome';
import type { Progress } from '../../../fanout/request';
import type { App } from '../../rows/app';
import { withCancel, type Say } from '../../platform/progress';
import type { RepositoryModel } from '../../state/repositoryModel';
import { requestFor } from '../../state/syncRequestFor';
import type { Chosen } from './chooseWorktrees';
import type { PinTarget } from './pickPin';
import { pinName } from '../../rows/worktreeWords';
import { messageOf } from '../../../errors';
import { failureText } from '../../platform/failure';
import { report } from '../../platform/report';
import { shortOid } from '../../platform/text/words';
import { fanOutWords } from './outcomeWords';

/** So many worktrees that are being worked on are named. */
const named = 3;

/**
 * Brings worktrees to a pin, in the name of the person, each repository under the lease that this window has there. One failure
 * stops nothing else. The person sees how far it is, can cancel, and is told in the end.
 */
export async function bring(app: App, home: PinTarget, chosen: readonly Chosen[]): Promise<void> {
  const repositories = new Set(chosen.map(({ model }) => model.commonDir));
  const crews = [...repositories].map((commonDir) =>
    chosen.filter(({ model }) => model.commonDir === commonDir),
  );
  const title = vscode.l10n.t('Bringing worktrees to {0}', pinName(home.pin));
  const results = await withCancel(title, (signal, say) => {
    const stages = new Stages(chosen, say);
    return app.network.track(
      (either) => Promise.all(crews.map((crew) => bringCrew(app, home, crew, stages, either))),
      signal,
    );
  });
  app.pinStates.forget();
  await app.repositories.reload();
  tellBrought(app, home, results.flat());
}

async function bringCrew(
  app: App,
  { model: home, pin }: PinTarget,
  crew: readonly Chosen[],
  stages: Stages,
  signal: AbortSignal,
): Promise<readonly Brought[]> {
  const [first] = crew;
  if (first === undefined) {
    return [];
  }
  const { worktree } = first.model;
  try {
    const network = await app.network.get();
    const outcomes = await app.own.write(worktree, (writer) => {
      const fleet = { repository: worktree, keys: crew.map(({ key }) => key), leases: writer.leases };
      const onProgress = (progress: Progress): void => {
        stages.follow(progress);
      };
      const request = { ...writer, ...requestFor(app, worktree), explicit: true, signal, onProgress };
      return fanOut(home.worktree, pin, [fleet], network, request);
    });
    return outcomes.map((outcome) => ({ name: nameOf(crew, outcome), outcome }));
  } catch (thrown) {
    // Of the whole repository: nothing was begun there.
    return crew.map(({ name }) => ({ name, thrown }));
  }
}

function nameOf(crew: readonly Chosen[], { worktree }: FanOutOutcome): string {
  return crew.find(({ key }) => key === worktree)?.name ?? worktree;
}

/** Says how far a fan-out is: how many are done, and which are being worked on. */
class Stages {
  private readonly at = new Map<string, { readonly name: string; stage: Progress['stage'] }>();

  constructor(
    chosen: readonly Chosen[],
    private readonly say: Say,
  ) {
    for (const { model, key, name } of chosen) {
      this.at.set(idOf(model, key), { name, stage: 'waiting' });
    }
  }

  follow({ repository, worktree, stage }: Progress): void {
    const one = this.at.get(idOf({ commonDir: repository }, worktree));
    if (one !== undefined) {
      one.stage = stage;
    }
    const all = [...this.at.values()];
    const done = all.filter((each) => each.stage === 'done').length;
    const working = all.filter((each) => each.stage === 'working').map((each) => each.name);
    const fetching = all.some((each) => each.stage === 'fetching');
    const how = vscode.l10n.t('{0} of {1} done', done, all.length);
    const now =
      working.length > 0
        ? [working.slice(0, named).join(', ')]
        : fetching
          ? [vscode.l10n.t('fetching the commit')]
          : [];
    this.say([how, ...now].join(' · '));
  }
}

function idOf({ commonDir }: Pick<RepositoryModel, 'commonDir'>, key: string): string {
  return `${commonDir}\0${key}`;
}

/** What came of one worktree. */
type Brought = { readonly name: string } & (
  { readonly outcome: FanOutOutcome } | { readonly thrown: unknown }
);

/** Tells the person of a fan-out in one message, and the log of each worktree. */
function tellBrought(app: App, { pin }: PinTarget, results: readonly Brought[]): void {
  for (const result of results) {
    app.log.info(`Pin ${pin.name} at ${shortOid(pin.commit)}: ${result.name}: ${lineOf(result)}`);
  }
  const name = vscode.l10n.t('the pin {0}', pinName(pin));
  const [only] = results;
  const done = results.filter((result) => 'outcome' in result && settlementOf(result.outcome) === 'done');
  const waiting = results.filter((result) => 'outcome' in result && isWaiting(result.outcome));
  const cancelled = results.filter((result) => 'outcome' in result && result.outcome.outcome === 'cancelled');
  const rest = results.filter((result) => ![done, waiting, cancelled].some((some) => some.includes(result)));
  const first =
    results.length === 1 && only !== undefined && done.length === 1
      ? sentence(only, name)
      : vscode.l10n.t('{0} of {1} worktrees are on {2}.', done.length, results.length, name);
  report(app, {
    summary: [
      first,
      ...(waiting.length === 0 ? [] : [vscode.l10n.t('Needs you: {0}.', waiting.length)]),
      ...(cancelled.length === 0 ? [] : [vscode.l10n.t('Cancelled: {0}.', cancelled.length)]),
    ],
    bad: rest.map((result) => sentence(result, name)),
    isGood: done.length === results.length,
  });
}

function isWaiting({ outcome, decision }: FanOutOutcome): boolean {
  return decision !== undefined || outcome === 'held';
}

function sentence(result: Brought, pin: string): string {
  return 'outcome' in result
    ? fanOutWords(result.outcome, result.name, pin)
    : vscode.l10n.t('{0}: {1}', result.name, failureText(result.thrown));
}

function lineOf(result: Brought): string {
  if ('thrown' in result) {
    return messageOf(result.thrown);
  }
  const { outcome, head, reason, decision, backup, message: words } = result.outcome;
  const parts = [
    outcome,
    head === undefined ? undefined : `at ${shortOid(head)}`,
    reason,
    decision && `decision ${decision}`,
    backup && `backup ${backup}`,
    words,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}
