import type { AgentStates } from '../state/agentStates';
import type { PlannedFiles } from '../features/agents/plannedFiles';
import type { Following } from '../features/worktrees/following';
import type { PinStates } from '../state/pinStates';
import type { Owners } from '../features/owners/owners';
import type { Parts } from './parts';
import type { Reviews } from '../features/needsYou/review/reviews';
import type { WindowNetwork } from '../state/windowNetwork';
import type { Views } from './views';

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
