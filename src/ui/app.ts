import type { AgentStates } from './connect/agentStates';
import type { PlannedFiles } from './connect/plannedFiles';
import type { Following } from './fanout/following';
import type { PinStates } from './fanout/pinStates';
import type { Owners } from './owners/owners';
import type { Parts } from './parts';
import type { Reviews } from './review/reviews';
import type { WindowNetwork } from './sync/windowNetwork';
import type { Views } from './tree/views';

/** What every command gets: the parts of Belay in this window. */
export interface App extends Parts {
  readonly views: Views;
  readonly owners: Owners;
  readonly reviews: Reviews;
  /** Everything that this window does with remotes. */
  readonly network: WindowNetwork;
  /** How the worktrees on show stand to their pins. */
  readonly pinStates: PinStates;
  /** The pins that go along with a reference. */
  readonly following: Following;
  /** Which agents are connected, and heard of. */
  readonly agentStates: AgentStates;
  readonly plannedFiles: PlannedFiles;
}
