/** How a failure ends a command: 1 refused for a stated reason, 2 wrong usage, 3 failed. */
export type ExitCode = 1 | 2 | 3;

/**
 * How the window tells of it: an answer to what was asked, an obstacle in the world around Belay that the person can see to, or
 * a fault, with which come the log and the health check.
 */
export type Severity = 'answer' | 'obstacle' | 'fault';

/** A row has every field: one that is forgotten does not compile. */
export interface ReasonText {
  readonly exitCode: ExitCode;
  readonly severity: Severity;
  /** What a person at the command line can do next. `CHECKPOINT` in it stands for the one that the operation took, where it took one. */
  readonly next: string;
  /** The same where the operation has changed no file. */
  readonly nextUnchanged?: string;
  /** The same in the window, which is no terminal: undefined where {@link next} fits there, too; empty where there is nothing to do. */
  readonly editor: string | undefined;
}

/** What only the doctor can tell more about. */
const seeDoctor = {
  exitCode: 3,
  severity: 'fault',
  next: 'Run: belay doctor',
  editor: 'Run the health check to see what is wrong.',
} as const;

/**
 * Every reason for which Belay refuses or fails, with what it means for the person. This is the one table: both faces read it. What
 * was left untouched is no matter of the reason: it is told from what happened (ledger.ts).
 */
export const reasons = {
  usage: {
    exitCode: 2,
    severity: 'fault',
    next: 'Run the command with --help to see what it takes.',
    editor: undefined,
  },
  invalid_session: {
    exitCode: 2,
    severity: 'fault',
    next: 'Give a session id of 1 to 128 visible characters, without control characters.',
    editor: undefined,
  },
  invalid_path: {
    exitCode: 2,
    severity: 'obstacle',
    next: 'Name a path inside the worktree, relative to the folder the command runs in.',
    editor: 'Open a folder inside a git worktree.',
  },
  not_a_repository: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Run it inside a git worktree, or name one with --cwd.',
    editor: 'Open a folder inside a git worktree.',
  },
  bare_repository: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Name one of its worktrees with --cwd, or go there.',
    editor: 'Open a folder inside a git worktree.',
  },
  unsafe_repository: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'git itself refuses this folder because another user owns it. Check it, then add it to safe.directory.',
    editor: undefined,
  },
  refused_location: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Belay never captures a home folder or the root of a file system. Work in a repository below it.',
    editor: undefined,
  },
  unknown_checkpoint: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'List the checkpoints with: belay log',
    editor: 'Refresh the Sessions view and choose another checkpoint.',
  },
  unknown_worktree: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'List the worktrees with: belay worktrees',
    editor: 'Refresh the Worktrees view.',
  },
  nothing_to_restore: {
    exitCode: 1,
    severity: 'answer',
    next: 'Compare with: belay diff CHECKPOINT',
    editor: '',
  },
  nothing_to_undo: {
    exitCode: 1,
    severity: 'answer',
    next: 'List the checkpoints with: belay log',
    editor: '',
  },
  lease_lost: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Stop this writer: another one has taken its place. To write again, claim the lease anew: belay lease claim',
    editor: 'The Sessions view shows who can write for it now.',
  },
  lease_required: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Give the token of the claim with --lease TOKEN or BELAY_LEASE, or claim it: belay lease claim RESOURCE --owner NAME',
    editor: 'The Sessions view shows who can write for it now.',
  },
  lease_held: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Wait until it is released, or take it over, which stops its owner: add --take-over',
    editor: 'Wait until it is released or has ended, or take it over in its view.',
  },
  lease_unreadable: seeDoctor,
  unknown_lease: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'List the leases with: belay lease list',
    editor: 'Refresh the Sessions view and choose again.',
  },
  unknown_session: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'List the sessions with: belay session list',
    editor: 'Refresh the Sessions view and choose again.',
  },
  invalid_lease: {
    exitCode: 2,
    severity: 'fault',
    next: 'Name a lease as session/ID or worktree/KEY, and give tokens as a claim printed them.',
    editor: 'Refresh the Sessions view and choose again.',
  },
  decision_pending: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Answer it in VS Code: the Belay sidebar shows it on top, under Needs you. See: belay decisions',
    editor: 'Answer it first: it is at the top of the Belay sidebar, under Needs You.',
  },
  unknown_decision: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'List the decisions with: belay decisions',
    editor: 'See the decision under Needs You in the Belay sidebar.',
  },
  question_unreadable: seeDoctor,
  answer_refused: {
    exitCode: 1,
    severity: 'fault',
    next: 'Answer it in VS Code, on its review page: only a person can.',
    editor: 'See the decision under Needs You in the Belay sidebar.',
  },
  reset_failed: {
    exitCode: 3,
    severity: 'fault',
    next: 'Look at the decision in VS Code: the Belay sidebar shows it on top, under Needs you.',
    editor: 'See the decision under Needs You in the Belay sidebar.',
  },
  move_incomplete: {
    exitCode: 3,
    severity: 'fault',
    next: 'See what differs with git status, and bring files back with: belay restore CHECKPOINT',
    editor: 'Compare with the checkpoint taken before, and restore anything you are missing.',
  },
  backup_failed: seeDoctor,
  cannot_pick: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Make a branch of them instead, and pick from it with git: belay backups branch REF NAME',
    editor: 'Create a branch from the backup instead, and pick from it.',
  },
  unknown_backup: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'List the backups with: belay backups',
    editor: 'Refresh the Backups view and choose again.',
  },
  branch_moved: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'The branch was moved by another process. Run it again.',
    editor: undefined,
  },
  uncommitted_in_the_way: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Commit or move away what is named above, then run it again.',
    editor: undefined,
  },
  unborn_branch: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Make a first commit, or switch to a branch that has one.',
    editor: undefined,
  },
  branch_elsewhere: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Sync the other worktree, or switch one of them to another branch.',
    editor: undefined,
  },
  sparse_checkout: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Sync it with git itself: git pull --rebase',
    editor: undefined,
  },
  invalid_pin: {
    exitCode: 2,
    severity: 'answer',
    next: 'Give the pin a name of 1 to 128 visible characters, without control characters.',
    editor: 'Choose a name of 1 to 128 visible characters.',
  },
  unknown_pin: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'List the pins with: belay pin list',
    editor: 'The Worktrees view shows the current pins.',
  },
  pin_moved: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'The pin was set or removed by another process. Look at it with: belay pin list',
    editor: 'The Worktrees view shows the current pins.',
  },
  unresolved_commit: {
    exitCode: 1,
    severity: 'answer',
    next: 'Name a commit, branch or tag that this repository has, or add --fetch to look at the remote first.',
    editor: 'Name a branch, tag or commit that exists here, or fetch first.',
  },
  not_fetched: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Try again when the remote can be reached.',
    editor: undefined,
  },
  pin_unavailable: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Push the pinned commit to a remote that this clone fetches from, or set the pin to one that is there.',
    editor: undefined,
  },
  fan_out_running: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Wait until the other one is done, then run it again.',
    editor: undefined,
  },
  half_filled: {
    exitCode: 1,
    severity: 'fault',
    next: 'Complete it, or remove what is left of it: belay doctor --fix',
    editor: 'Run the health check: it removes the remains of an unfinished worktree.',
  },
  path_taken: {
    exitCode: 1,
    severity: 'answer',
    next: 'Choose a folder that does not exist, or is empty.',
    editor: undefined,
  },
  worktree_incomplete: {
    exitCode: 3,
    severity: 'fault',
    next: 'Make it once with git, and see what changes files there: git worktree add PATH BRANCH, then git status in it.',
    editor: undefined,
  },
  worktree_locked: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Unlock it first, if you are sure: git worktree unlock PATH',
    editor: undefined,
  },
  worktree_in_use: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Run it from another worktree, and close what still works in that one.',
    editor: 'Close it here first, along with anything else that is using it.',
  },
  operation_under_way: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Finish or abort what is under way in that worktree, then run it again.',
    editor: undefined,
  },
  index_locked: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Wait until the git that writes it is done; where none runs any more, remove the lock file that is named above. Then run it again.',
    editor: undefined,
  },
  index_in_conflict: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Resolve the conflicts and stage the result (git add), or take back what led to them, then run it again.',
    editor: undefined,
  },
  index_changed: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Run it again once nobody else is staging.',
    editor: undefined,
  },
  index_not_written: {
    exitCode: 3,
    severity: 'fault',
    next: 'See what keeps it from being written (permissions, a full disk), then run it again.',
    editor: undefined,
  },
  not_covered: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Move away what you want to keep of it, then delete the rest with: --discard-uncovered',
    editor: 'Move anything you want to keep out of it, then remove it again.',
  },
  unknown_agent: {
    exitCode: 2,
    severity: 'fault',
    next: 'Name agents as above, or none to take those that are installed or used here.',
    editor: undefined,
  },
  no_agents: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Name the agents to connect: belay connect AGENT',
    editor: undefined,
  },
  config_unreadable: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Correct the file named above, then run it again.',
    editor: undefined,
  },
  config_unexpected: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Look at the file named above and at its agent’s documentation, then run it again.',
    editor: undefined,
  },
  config_not_ours: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Rename or remove the file named above if it may go, then run it again.',
    editor: undefined,
  },
  config_link: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Put the hooks into what the link leads to yourself, or replace the link by a file.',
    editor: undefined,
  },
  config_read_only: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Make the file named above writable, then run it again.',
    editor: undefined,
  },
  config_changed: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Run it again.',
    editor: undefined,
  },
  config_not_written: {
    exitCode: 3,
    severity: 'fault',
    next: 'See what keeps it from being written (permissions, a full disk), then run it again.',
    editor: undefined,
  },
  branch_exists: {
    exitCode: 1,
    severity: 'answer',
    next: 'Choose another branch name.',
    editor: undefined,
  },
  invalid_branch: {
    exitCode: 2,
    severity: 'answer',
    next: 'Choose a name that git accepts for a branch (see: git check-ref-format --branch NAME).',
    editor: undefined,
  },
  git_missing: {
    exitCode: 3,
    severity: 'fault',
    next: 'Install git, or put it on PATH (in VS Code: the setting belay.git.path).',
    editor: 'Install git, or name it in the setting belay.git.path.',
  },
  git_too_old: {
    exitCode: 3,
    severity: 'fault',
    next: 'Install git 2.38 or newer.',
    editor: 'Install git 2.38 or newer, or name another one in the setting belay.git.path.',
  },
  git_timeout: seeDoctor,
  git_failed: seeDoctor,
  scan_too_long: {
    exitCode: 1,
    severity: 'obstacle',
    next: 'Wait until the look that goes on in the background is done, or raise belay.scanBudget.',
    editor: undefined,
  },
  cancelled: {
    exitCode: 1,
    severity: 'fault',
    next: 'Run it again when you want it done.',
    editor: undefined,
  },
  ref_unreadable: seeDoctor,
  publish_failed: seeDoctor,
  references_locked: { ...seeDoctor, exitCode: 1 },
  session_collision: {
    exitCode: 1,
    severity: 'fault',
    next: 'Two session ids share one reference name on this file system. Give one of them another id.',
    editor: undefined,
  },
  restore_incomplete: {
    exitCode: 3,
    severity: 'fault',
    next: 'Take it back with: belay undo-restore',
    nextUnchanged: 'There is nothing to take back: run it again.',
    editor: 'Take it back with Undo Last Restore.',
  },
} as const satisfies Record<string, ReasonText>;

export type Reason = keyof typeof reasons;

export function isReason(text: string): text is Reason {
  return Object.hasOwn(reasons, text);
}

/** What a person in the window can do next, in English as the bundle of translations has it; empty: nothing. */
export function nextInEditor(reason: Reason): string {
  const { editor, next }: ReasonText = reasons[reason];
  return editor ?? next;
}
