import * as vscode from 'vscode';
import { messageOf } from '../../errors';
import type { PinState } from '../../fanout/pinState';
import type { WorktreeSummary } from '../../sessions/session';
import { Coalescer } from '../platform/coalesce';
import type { RepositoryModel } from './repositoryModel';
import type { Repositories } from './repositories';
import type { Pin } from '../../fanout/pin';

/** Changes come in flocks, and each worktree that is looked at costs a `git status`. In milliseconds. */
const delay = 250;
/** So many worktrees are looked at at once. */
const atOnce = 4;

interface Seen {
  /** All of what decides whether it is worth looking again. */
  readonly mark: string;
  readonly state: PinState | undefined;
}

/**
 * How each worktree on show stands to the pin of its repository. A worktree is looked at when something of it, or the pin, has
 * changed, and never because time goes by; nobody waits for it: views draw what is known, and are told when that is
 * more.
 */
export class PinStates implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly seen = new Map<string, Seen>();
  private readonly looking: Coalescer;
  private readonly subscriptions: readonly vscode.Disposable[];

  constructor(
    private readonly repositories: Repositories,
    private readonly isShown: () => boolean,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.looking = new Coalescer(
      delay,
      () => this.look(),
      (thrown) => {
        log.warn(`How the worktrees stand to their pins could not be read: ${messageOf(thrown)}`);
      },
    );
    this.subscriptions = [
      repositories.onDidChange(() => {
        this.request();
      }),
      vscode.workspace.onDidSaveTextDocument(({ uri }) => {
        const model = repositories.ofFile(uri);
        if (model !== undefined && this.seen.delete(idOf(model, model.worktree.key))) {
          this.request();
        }
      }),
    ];
  }

  /** What is known of a worktree; undefined where there is no pin, or nobody has looked yet. */
  of(model: RepositoryModel, key: string): PinStanding | undefined {
    const pin = shownPin(model.pins);
    const state = this.seen.get(idOf(model, key))?.state;
    return pin === undefined || state === undefined ? undefined : standingOf(model.pins, pin, state);
  }

  /** Looks again soon at what has changed. */
  request(): void {
    if (this.isShown()) {
      this.looking.request();
    }
  }

  /** On a refresh, or after a change made here: everything is read again. */
  forget(): void {
    for (const [id, seen] of this.seen) {
      this.seen.set(id, { ...seen, mark: '' });
    }
    this.request();
  }

  dispose(): void {
    this.looking.dispose();
    vscode.Disposable.from(...this.subscriptions, this.changed).dispose();
  }

  private async look(): Promise<void> {
    const found = await Promise.all(this.repositories.distinct.map((model) => this.lookAt(model)));
    if (found.some((isNew) => isNew)) {
      this.changed.fire();
    }
  }

  /** @returns whether anything is different now. */
  private async lookAt(model: RepositoryModel): Promise<boolean> {
    const pin = shownPin(model.pins);
    if (pin === undefined) {
      return false;
    }
    const lacking = (await model.worktrees())
      .map((summary) => ({ summary, mark: markOf(model, summary, pin.commit) }))
      .filter(({ summary, mark }) => this.seen.get(idOf(model, summary.key))?.mark !== mark);
    let isNew = false;
    for (let from = 0; from < lacking.length; from += atOnce) {
      const some = lacking.slice(from, from + atOnce);
      const states = await Promise.all(some.map(({ summary }) => this.read(model, summary, pin.commit)));
      for (const [index, { summary, mark }] of some.entries()) {
        const id = idOf(model, summary.key);
        const state = states[index];
        isNew ||= JSON.stringify(this.seen.get(id)?.state) !== JSON.stringify(state);
        this.seen.set(id, { mark, state });
      }
    }
    return isNew;
  }

  private async read(
    model: RepositoryModel,
    { key, root, base, branch, locked, missing }: WorktreeSummary,
    commit: string,
  ): Promise<PinState | undefined> {
    try {
      const { pinState } = await import('../../fanout/pinState');
      const listed = { key, root, head: base, branch, locked, missing };
      return await pinState(model.worktree, listed, commit);
    } catch (thrown) {
      this.log.warn(`How ${root} stands to the pin could not be read: ${messageOf(thrown)}`);
      return undefined;
    }
  }
}

function idOf(model: RepositoryModel, key: string): string {
  return `${model.commonDir}\0${key}`;
}

function markOf(model: RepositoryModel, summary: WorktreeSummary, commit: string): string {
  const { key, root, base, branch, latest, locked, missing } = summary;
  return JSON.stringify([commit, root, base, branch, latest?.oid, locked, missing, model.waitsFor(key)]);
}

/** How a worktree stands to a pin of its repository. */
export interface PinStanding {
  readonly pin: Pin;
  readonly state: PinState;
  /** There are other pins as well, so that it must be said which. */
  readonly several: boolean;
}

/** The pin that the rows are about where a repository has several: the one that was set last. */
function shownPin(pins: readonly Pin[]): Pin | undefined {
  return pins.toSorted((left, right) => right.time - left.time)[0];
}

/** How a worktree stands to its pins: one that is exactly on some pin is on that one. */
function standingOf(pins: readonly Pin[], shown: Pin, state: PinState): PinStanding {
  const several = pins.length > 1;
  const on = pins.find(({ commit }) => commit === state.head);
  return on === undefined || state.position === 'on'
    ? { pin: shown, state, several }
    : { pin: on, state: { ...state, position: 'on', ahead: 0, behind: 0 }, several };
}
