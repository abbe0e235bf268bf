import * as vscode from 'vscode';
import type { Followed, NotingFetcher } from '../../../fanout/follow';
import { settlementOf } from '../../../fanout/fanOutOutcome';
import type { App } from '../../rows/app';
import { showFailure } from '../../platform/failure';
import type { RepositoryModel } from '../../state/repositoryModel';
import { requestFor } from '../../state/syncRequestFor';
import { inertLine } from '../../platform/text/inert';
import { shortOid } from '../../platform/text/words';
import { pinName } from '../../rows/worktreeWords';

/** Has the pins that follow a reference go along after a fetch, and tells the person. */
export class Following {
  /** The versions of pins of which the person was told that their reference is gone. */
  private readonly told = new Set<string>();

  constructor(private readonly getApp: () => App) {}

  /** Never fails: what was fetched stands. @param signal of the work that it belongs to. */
  async after(model: RepositoryModel, network: NotingFetcher, signal?: AbortSignal): Promise<void> {
    const app = this.getApp();
    const { worktree } = model;
    try {
      const { listPins } = await import('../../../fanout/pin');
      if (!(await listPins(worktree)).some(({ follows }) => follows)) {
        return;
      }
      const { followPins } = await import('../../../fanout/follow');
      const followed = await app.own.write(worktree, (writer) =>
        followPins(worktree, network, network.fetched, { ...writer, ...requestFor(app, worktree), signal }),
      );
      if (followed.length > 0) {
        app.pinStates.forget();
        await app.repositories.reload();
      }
      followed.forEach((one) => {
        this.tell(one);
      });
    } catch (thrown) {
      showFailure(app, thrown);
    }
  }

  private tell(followed: Followed): void {
    const { pin, before, what, brought, behind } = followed;
    const { log, dialogs } = this.getApp();
    if (what === 'gone') {
      if (!this.told.has(pin.version)) {
        this.told.add(pin.version);
        void dialogs.warn(goneWords(followed));
      }
      return;
    }
    log.info(`Pin ${pin.name}: ${before.commit} -> ${pin.commit}, following ${pin.source}`);
    for (const { worktree, outcome, message: words } of brought) {
      log.info(`Pin ${pin.name}: ${worktree}: ${outcome} ${words ?? ''}`);
    }
    for (const { worktree, why } of behind) {
      log.info(`Pin ${pin.name}: ${worktree} was left where it is: ${why}`);
    }
    void dialogs.tell(followedWords(followed));
  }
}

function goneWords({ pin }: Followed): string {
  return vscode.l10n.t(
    '{0}, which the pin {1} follows, was deleted. The pin stays at {2}.',
    inertLine(pin.source, 60),
    pinName(pin),
    shortOid(pin.commit),
  );
}

/** Which worktrees are behind, their rows say. */
function followedWords({ pin, brought, behind }: Followed): string {
  const done = brought.filter((outcome) => settlementOf(outcome) === 'done').length;
  return vscode.l10n.t(
    'The pin {0} followed {1} to {2}. Worktrees moved: {3}, not moved: {4}.',
    pinName(pin),
    inertLine(pin.source, 60),
    shortOid(pin.commit),
    done,
    brought.length - done + behind.length,
  );
}
