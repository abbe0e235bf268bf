/** Every command that Belay registers. The manifest must list exactly these; a test compares the two. */
export const commandIds = [
  'belay.checkpointNow',
  'belay.showCheckpoint',
  'belay.openDiff',
  'belay.restoreFile',
  'belay.restoreCheckpoint',
  'belay.undoRestore',
  'belay.createBranch',
  'belay.copyId',
  'belay.revealCheckpoint',
  'belay.loadMore',
  'belay.refresh',
  'belay.takeOver',
  'belay.release',
  'belay.endSession',
  'belay.whoOwns',
  'belay.sync',
  'belay.syncAll',
  'belay.cancelSync',
  'belay.compareBackup',
  'belay.branchFromBackup',
  'belay.restoreDropped',
  'belay.pickDropped',
  'belay.restoreFromBackup',
  'belay.copyBackupRef',
  'belay.copyCommitId',
  'belay.deleteBackup',
  'belay.reviewReset',
  'belay.answerReset',
  'belay.doctor',
  'belay.installCommandLine',
  'belay.showLog',
] as const;

export type CommandId = (typeof commandIds)[number];

/** What VS Code hands to a command: the row or file it was called on, then all that are selected; or nothing. */
export type CommandArguments = readonly unknown[];
