import type { ConnectionPlan } from '../../connect/connectionModel';
import type { Decision } from '../../decisions/decision';
import type { NotingFetcher } from '../../fanout/follow';
import type { GitPath } from '../../git/path';
import type { FileOwner } from '../../sessions/ownership';
import type { AgentStates } from '../state/agentStates';
import type { PinStates } from '../state/pinStates';
import type { RepositoryModel } from '../state/repositoryModel';
import type { WindowNetwork } from '../state/windowNetwork';
import type { Views } from './views';
import type * as vscode from 'vscode';
import type { Dialogs } from '../platform/dialogs';
import type { OwnSession } from '../state/ownSession';
import type { WindowAnswers } from '../state/windowAnswers';
import type { Repositories } from '../state/repositories';

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
interface FileOwners {
  /** Read now; undefined where there is none. */
  ownerOf(model: RepositoryModel, gitPath: GitPath): Promise<FileOwner | undefined>;
}

/** The pages on which a person answers what waits for them. */
interface ReviewPages {
  /** Shows what waits in the worktree of a decision. */
  show(model: RepositoryModel, decision: Decision): Promise<void>;
}

/** The pins that go along with a reference. */
export interface PinFollowing {
  /** Has them go along after a fetch. Never fails: what was fetched stands. @param signal of the work that it belongs to. */
  after(model: RepositoryModel, network: NotingFetcher, signal?: AbortSignal): Promise<void>;
}

/** All files that would be written, in one diff. */
interface PlanPreview {
  show(title: string, plan: ConnectionPlan): Promise<void>;
  /** Closes what {@link show} has opened under that title. */
  close(title: string): Promise<void>;
}

/** What every part of Belay in this window may use. The views and pages are not among it: they are made of it. */
export interface Parts {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  /** The person in this window, as a session among the others. */
  readonly own: OwnSession;
  /** What tells this person's answers from others. */
  readonly answers: WindowAnswers;
  /** Every question to the person, and every message. */
  readonly dialogs: Dialogs;
  readonly repositories: Repositories;
}
