import * as vscode from 'vscode';
import { withLedger } from '../../withLedger';
import { agentHandlers } from '../features/agents/agentHandlers';
import { backupHandlers } from '../features/backups/backupHandlers';
import { checkpointHandlers } from '../features/checkpoints/checkpointHandlers';
import { commandLineHandlers } from '../features/commandLine/commandLineHandlers';
import { doctorHandlers } from '../features/doctor/doctorHandlers';
import { needsYouHandlers } from '../features/needsYou/needsYouHandlers';
import { ownerHandlers } from '../features/owners/ownerHandlers';
import { restoreHandlers } from '../features/restore/restoreHandlers';
import { sessionHandlers } from '../features/sessions/sessionHandlers';
import { syncHandlers } from '../features/sync/syncHandlers';
import { windowHandlers } from '../features/window/windowHandlers';
import { worktreeHandlers } from '../features/worktrees/worktreeHandlers';
import { showFailure } from '../platform/failure';
import type { App } from '../rows/app';
import type { Handler } from '../rows/command';
import type { CommandId } from './manifest';

/** From each command to what it does. */
const handlers: Readonly<Record<CommandId, Handler>> = {
  ...checkpointHandlers,
  ...restoreHandlers,
  ...sessionHandlers,
  ...ownerHandlers,
  ...needsYouHandlers,
  ...syncHandlers,
  ...worktreeHandlers,
  ...agentHandlers,
  ...backupHandlers,
  ...doctorHandlers,
  ...commandLineHandlers,
  ...windowHandlers,
};

/** Every command that is registered. */
export const commandIds: readonly CommandId[] = Object.keys(handlers).filter((id) => isCommand(id));

function isCommand(id: string): id is CommandId {
  return Object.hasOwn(handlers, id);
}

/**
 * VS Code hands over nothing for a row that was drawn anew between the pointer's press and the command (seen with 1.100).
 * The selected row is meant then, where one is selected.
 */
function called(app: App, args: readonly unknown[]): readonly unknown[] {
  const [first, ...rest] = args;
  return args.length > 0 && first === undefined ? [app.views.selected(), ...rest] : args;
}

/** Registers every command. A failure of any of them is told to the person and written to the log, once, here. */
export function registerCommands(app: App): vscode.Disposable {
  const registered = commandIds.map((id) =>
    vscode.commands.registerCommand(id, async (...args: unknown[]) => {
      try {
        await withLedger(async () => handlers[id](app, called(app, args)));
      } catch (thrown) {
        showFailure(app, thrown);
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}
