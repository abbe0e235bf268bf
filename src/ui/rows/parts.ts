import type * as vscode from 'vscode';
import type { Dialogs } from '../platform/dialogs';
import type { OwnSession } from '../state/ownSession';
import type { WindowAnswers } from '../state/windowAnswers';
import type { Repositories } from '../state/repositories';

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
