import type { ConnectionPlan } from '../../connect/connectionModel';
import type { Decision } from '../../decisions/decision';
import type { NotingFetcher } from '../../fanout/follow';
import type { GitPath } from '../../git/path';
import type { FileOwner } from '../../sessions/ownership';
import type { AgentStates } from '../state/agentStates';
import type { PinStates } from '../state/pinStates';
import type { RepositoryModel } from '../state/repositoryModel';
import type { WindowNetwork } from '../state/windowNetwork';
import type { Parts } from './parts';
import type { Views } from './views';

/** What every command gets: the parts of Belay in this window. What a feature offers to others is an interface here. */
export interface App extends Parts {
  readonly views: Views;
  readonly owners: FileOwners;
  readonly reviews: ReviewPages;
  /** Everything that this window does with remotes. */
  readonly network: WindowNetwork;
  /** How the worktrees on show stand to their pins. */
  readonly pinStates: PinStates;
  readonly following: PinFollowing;
  /** Which agents are connected, and heard of. */
  readonly agentStates: AgentStates;
  readonly plannedFiles: PlanPreview;
}

/** Which live session last wrote a file. */
export interface FileOwners {
  /** Read now; undefined where there is none. */
  ownerOf(model: RepositoryModel, gitPath: GitPath): Promise<FileOwner | undefined>;
}

/** The pages on which a person answers what waits for them. */
export interface ReviewPages {
  /** Shows what waits in the worktree of a decision. */
  show(model: RepositoryModel, decision: Decision): Promise<void>;
}

/** The pins that go along with a reference. */
export interface PinFollowing {
  /** Has them go along after a fetch. Never fails: what was fetched stands. @param signal of the work that it belongs to. */
  after(model: RepositoryModel, network: NotingFetcher, signal?: AbortSignal): Promise<void>;
}

/** All files that would be written, in one diff. */
export interface PlanPreview {
  show(title: string, plan: ConnectionPlan): Promise<void>;
  /** Closes what {@link show} has opened under that title. */
  close(title: string): Promise<void>;
}
