import * as vscode from 'vscode';
import { withLedger } from '../../withLedger';
import type { App } from '../rows/app';
import { showFailure } from '../platform/failure';
import { commandIds, type CommandArguments, type CommandId } from '../rows/commandIds';

type Handler = (app: App, args: CommandArguments) => Promise<void> | void;

/** From each command to what it does. What a handler needs is loaded when it first runs. */
export const handlers: Readonly<Record<CommandId, Handler>> = {
  'belay.checkpointNow': async (app) =>
    (await import('../features/checkpoints/checkpointNow')).checkpointNow(app),
  'belay.showCheckpoint': async (app) =>
    (await import('../features/checkpoints/showCheckpoint')).showCheckpoint(app),
  'belay.openDiff': async (app, args) =>
    (await import('../features/checkpoints/showCheckpoint')).openDiff(app, args),
  'belay.restoreFile': async (app, args) =>
    (await import('../features/restore/restoreCommands')).restoreFile(app, args),
  'belay.restoreCheckpoint': async (app, args) =>
    (await import('../features/restore/restoreCommands')).restoreCheckpoint(app, args),
  'belay.restoreStaged': async (app, args) =>
    (await import('../features/restore/restoreStaged')).restoreStagedState(app, args),
  'belay.undoRestore': async (app) => (await import('../features/restore/undoRestore')).undoLastRestore(app),
  'belay.createBranch': async (app, args) =>
    (await import('../features/checkpoints/createBranch')).createBranchFrom(app, args),
  'belay.copyId': async (app, args) =>
    (await import('../features/checkpoints/showCheckpoint')).copyId(app, args),
  'belay.revealCheckpoint': async (app, args) =>
    (await import('../features/checkpoints/showCheckpoint')).revealCheckpoint(app, args),
  'belay.loadMore': async (app, args) => {
    (await import('../features/checkpoints/showCheckpoint')).loadMore(app, args);
  },
  'belay.refresh': (app) => {
    app.pinStates.forget();
    app.agentStates.forget();
    return app.repositories.refresh();
  },
  'belay.takeOver': async (app, args) =>
    (await import('../features/sessions/sessionLeases')).takeOver(app, args),
  'belay.release': async (app, args) =>
    (await import('../features/sessions/sessionLeases')).release(app, args),
  'belay.endSession': async (app, args) =>
    (await import('../features/sessions/sessionLeases')).endOne(app, args),
  'belay.whoOwns': async (app, args) => (await import('../features/owners/whoOwns')).whoOwns(app, args),
  'belay.sync': async (app, args) => (await import('../features/sync/syncCommands')).sync(app, args),
  'belay.syncAll': async (app) => (await import('../features/sync/syncCommands')).syncAll(app),
  'belay.cancelSync': async (app, args) => {
    (await import('../features/sync/syncCommands')).cancelSync(app, args);
  },
  'belay.pinWorktrees': async (app, args) =>
    (await import('../features/worktrees/pinning')).pinWorktrees(app, args),
  'belay.updatePin': async (app, args) =>
    (await import('../features/worktrees/pinning')).updatePin(app, args),
  'belay.applyPin': async (app, args) => (await import('../features/worktrees/pinning')).applyPin(app, args),
  'belay.removePin': async (app, args) =>
    (await import('../features/worktrees/pinning')).removePin(app, args),
  'belay.newWorktree': async (app, args) =>
    (await import('../features/worktrees/newWorktrees')).newWorktree(app, args),
  'belay.newWorktrees': async (app, args) =>
    (await import('../features/worktrees/newWorktrees')).newWorktrees(app, args),
  'belay.newWorktreeFrom': async (app, args) =>
    (await import('../features/worktrees/newFromCheckpoint')).newWorktreeFrom(app, args),
  'belay.removeWorktree': async (app, args) =>
    (await import('../features/worktrees/removing')).removeWorktree(app, args),
  'belay.connectAgents': async (app, args) =>
    (await import('../features/agents/connecting')).connectAgents(app, args),
  'belay.disconnectAgents': async (app, args) =>
    (await import('../features/agents/disconnecting')).disconnectAgents(app, args),
  'belay.protectCommands': async (app) =>
    (await import('../features/agents/protecting')).protectCommands(app),
  'belay.compareBackup': async (app, args) =>
    (await import('../features/backups/backupCommands')).compareBackup(app, args),
  'belay.branchFromBackup': async (app, args) =>
    (await import('../features/backups/backupCommands')).branchFrom(app, args),
  'belay.restoreDropped': async (app, args) =>
    (await import('../features/backups/backupCommands')).branchFrom(app, args),
  'belay.pickDropped': async (app, args) =>
    (await import('../features/backups/pickDropped')).pickDropped(app, args),
  'belay.restoreFromBackup': async (app, args) =>
    (await import('../features/restore/restoreCommands')).restoreDroppedFile(app, args),
  'belay.copyBackupRef': async (app, args) =>
    (await import('../features/backups/backupCommands')).copyBackupRef(app, args),
  'belay.copyCommitId': async (app, args) =>
    (await import('../features/backups/backupCommands')).copyCommitId(app, args),
  'belay.deleteBackup': async (app, args) =>
    (await import('../features/backups/backupCommands')).deleteBackup(app, args),
  'belay.bringBack': async (app, args) => (await import('../features/needsYou/notices')).bringBack(app, args),
  'belay.dismissNotice': async (app, args) =>
    (await import('../features/needsYou/notices')).dismissNotice(app, args),
  'belay.reviewReset': async (app, args) =>
    (await import('../features/needsYou/reviewReset')).reviewReset(app, args),
  'belay.answerReset': async (app, args) =>
    (await import('../features/needsYou/answerResetCommand')).answerReset(app, args),
  'belay.acceptAnswer': async (app, args) =>
    (await import('../features/needsYou/confirmAnswer')).acceptAnswer(app, args),
  'belay.refuseAnswer': async (app, args) =>
    (await import('../features/needsYou/confirmAnswer')).refuseAnswer(app, args),
  'belay.includePath': async (app, args) =>
    (await import('../features/checkpoints/includePath')).includePath(app, args),
  'belay.stopIncluding': async (app) =>
    (await import('../features/checkpoints/includePath')).stopIncluding(app),
  'belay.doctor': async (app) => (await import('../features/doctor/runDoctor')).runDoctor(app),
  'belay.installCommandLine': async (app) =>
    (await import('../features/commandLine/installCommandLine')).installCommandLine(app),
  'belay.showLog': (app) => {
    app.log.show();
  },
};

/**
 * VS Code hands over nothing for a row that was drawn anew between the pointer's press and the command (seen with 1.100).
 * The selected row is meant then, where one is selected.
 */
function called(app: App, args: CommandArguments): CommandArguments {
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
