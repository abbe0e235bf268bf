import type { Pin } from '../../fanout/pin';
import type { PinState } from '../../fanout/pinState';

/** How a worktree stands to a pin of its repository. */
export interface PinStanding {
  readonly pin: Pin;
  readonly state: PinState;
  /** There are other pins as well, so that it must be said which. */
  readonly several: boolean;
}

/** The pin that the rows are about where a repository has several: the one that was set last. */
export function shownPin(pins: readonly Pin[]): Pin | undefined {
  return pins.toSorted((left, right) => right.time - left.time)[0];
}

/** How a worktree stands to its pins: one that is exactly on some pin is on that one. */
export function standingOf(pins: readonly Pin[], shown: Pin, state: PinState): PinStanding {
  const several = pins.length > 1;
  const on = pins.find(({ commit }) => commit === state.head);
  return on === undefined || state.position === 'on'
    ? { pin: shown, state, several }
    : { pin: on, state: { ...state, position: 'on', ahead: 0, behind: 0 }, several };
}
