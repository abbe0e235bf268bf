import * as vscode from 'vscode';
import { withLedger } from '../../withLedger';
import type { App } from '../app';
import { showFailure } from '../failure';
import { commandIds, type CommandArguments, type CommandId } from './ids';

type Handler = (app: App, args: CommandArguments) => Promise<void> | void;

/** From each command to what it does. What a handler needs is loaded when it first runs. */
export const handlers: Readonly<Record<CommandId, Handler>> = {
  'belay.checkpointNow': async (app) => (await import('./checkpointNow')).checkpointNow(app),
  'belay.showCheckpoint': async (app) => (await import('./showCheckpoint')).showCheckpoint(app),
  'belay.openDiff': async (app, args) => (await import('./showCheckpoint')).openDiff(app, args),
  'belay.restoreFile': async (app, args) => (await import('./restoreFile')).restoreFile(app, args),
  'belay.restoreCheckpoint': async (app, args) =>
    (await import('./restoreCheckpoint')).restoreCheckpoint(app, args),
  'belay.restoreStaged': async (app, args) =>
    (await import('../staged/restoring')).restoreStagedState(app, args),
  'belay.undoRestore': async (app) => (await import('./undoRestore')).undoLastRestore(app),
  'belay.createBranch': async (app, args) => (await import('./createBranch')).createBranchFrom(app, args),
  'belay.copyId': async (app, args) => (await import('./showCheckpoint')).copyId(app, args),
  'belay.revealCheckpoint': async (app, args) =>
    (await import('./showCheckpoint')).revealCheckpoint(app, args),
  'belay.loadMore': async (app, args) => {
    (await import('./showCheckpoint')).loadMore(app, args);
  },
  'belay.refresh': (app) => {
    app.pinStates.forget();
    app.agentStates.forget();
    return app.repositories.refresh();
  },
  'belay.takeOver': async (app, args) => (await import('./sessionLeases')).takeOver(app, args),
  'belay.release': async (app, args) => (await import('./sessionLeases')).release(app, args),
  'belay.endSession': async (app, args) => (await import('./sessionLeases')).endOne(app, args),
  'belay.whoOwns': async (app, args) => (await import('./whoOwns')).whoOwns(app, args),
  'belay.sync': async (app, args) => (await import('../sync/commands')).sync(app, args),
  'belay.syncAll': async (app) => (await import('../sync/commands')).syncAll(app),
  'belay.cancelSync': async (app, args) => {
    (await import('../sync/commands')).cancelSync(app, args);
  },
  'belay.pinWorktrees': async (app, args) => (await import('../fanout/pinning')).pinWorktrees(app, args),
  'belay.updatePin': async (app, args) => (await import('../fanout/pinning')).updatePin(app, args),
  'belay.applyPin': async (app, args) => (await import('../fanout/pinning')).applyPin(app, args),
  'belay.removePin': async (app, args) => (await import('../fanout/pinning')).removePin(app, args),
  'belay.newWorktree': async (app, args) => (await import('../fanout/newWorktrees')).newWorktree(app, args),
  'belay.newWorktrees': async (app, args) => (await import('../fanout/newWorktrees')).newWorktrees(app, args),
  'belay.newWorktreeFrom': async (app, args) =>
    (await import('../fanout/reviving')).newWorktreeFrom(app, args),
  'belay.removeWorktree': async (app, args) => (await import('../fanout/removing')).removeWorktree(app, args),
  'belay.connectAgents': async (app, args) =>
    (await import('../connect/connecting')).connectAgents(app, args),
  'belay.disconnectAgents': async (app, args) =>
    (await import('../connect/disconnecting')).disconnectAgents(app, args),
  'belay.protectCommands': async (app) => (await import('../connect/protecting')).protectCommands(app),
  'belay.compareBackup': async (app, args) => (await import('../backups/commands')).compareBackup(app, args),
  'belay.branchFromBackup': async (app, args) => (await import('../backups/commands')).branchFrom(app, args),
  'belay.restoreDropped': async (app, args) => (await import('../backups/commands')).branchFrom(app, args),
  'belay.pickDropped': async (app, args) => (await import('../backups/picking')).pickDropped(app, args),
  'belay.restoreFromBackup': async (app, args) =>
    (await import('../backups/restoreDropped')).restoreDroppedFile(app, args),
  'belay.copyBackupRef': async (app, args) => (await import('../backups/commands')).copyBackupRef(app, args),
  'belay.copyCommitId': async (_, args) => (await import('../backups/commands')).copyCommitId(args),
  'belay.deleteBackup': async (app, args) => (await import('../backups/commands')).deleteBackup(app, args),
  'belay.bringBack': async (app, args) => (await import('../backups/notices')).bringBack(app, args),
  'belay.dismissNotice': async (app, args) => (await import('../backups/notices')).dismissNotice(app, args),
  'belay.reviewReset': async (app, args) => (await import('./reviewReset')).reviewReset(app, args),
  'belay.answerReset': async (app, args) => (await import('./answerReset')).answerReset(app, args),
  'belay.acceptAnswer': async (app, args) => (await import('./confirmAnswer')).acceptAnswer(app, args),
  'belay.refuseAnswer': async (app, args) => (await import('./confirmAnswer')).refuseAnswer(app, args),
  'belay.includePath': async (app, args) => (await import('./includePath')).includePath(app, args),
  'belay.stopIncluding': async (app) => (await import('./includePath')).stopIncluding(app),
  'belay.doctor': async (app) => (await import('./doctor')).runDoctor(app),
  'belay.installCommandLine': async (app) => (await import('./installCommandLine')).installCommandLine(app),
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
        showFailure(app.log, thrown);
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}
