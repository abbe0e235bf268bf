import type * as vscode from 'vscode';
import type { Confirmation } from './confirmation';
import type { Owners } from './owners/owners';
import type { OwnSession } from './own/ownSession';
import type { Reviews } from './review/reviews';
import type { Repositories } from './repository/repositories';
import type { WindowNetwork } from './sync/windowNetwork';
import type { Views } from './tree/views';

/** What every command gets: the parts of Belay in this window. */
export interface App {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  /** The person in this window, as a session among the others. */
  readonly own: OwnSession;
  readonly confirmation: Confirmation;
  readonly repositories: Repositories;
  readonly views: Views;
  readonly owners: Owners;
  readonly reviews: Reviews;
  /** Everything that this window does with remotes. */
  readonly network: WindowNetwork;
}
