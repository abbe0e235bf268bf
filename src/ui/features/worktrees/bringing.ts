import * as vscode from 'vscode';
import { fanOut } from '../../../fanout/fanout';
import type { FanOutOutcome } from '../../../fanout/fanOutOutcome';
import type { Progress } from '../../../fanout/request';
import type { App } from '../../rows/app';
import { withCancel, type Say } from '../../platform/progress';
import type { RepositoryModel } from '../../state/repositoryModel';
import { requestFor } from '../../state/syncRequestFor';
import type { Chosen } from './chooseWorktrees';
import type { PinTarget } from './pickPin';
import { pinName } from '../../rows/worktreeWords';
import { tellBrought, type Brought } from './reportFanOut';

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
