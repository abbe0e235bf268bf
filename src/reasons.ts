/** How a failure ends a command: 1 refused for a stated reason, 2 wrong usage, 3 failed. */
export type ExitCode = 1 | 2 | 3;

export interface ReasonText {
  readonly exitCode: ExitCode;
  /** What the person can do next. `CHECKPOINT` in it stands for the one that the operation took, where it took one. */
  readonly next: string;
  /** The same where the operation has changed no file. */
  readonly nextUnchanged?: string;
}

/**
 * Every reason for which Belay refuses or fails, with what it means for the person. The
 * command line takes its exit code from here, and both faces take from here what to do next. What was left untouched does
 * not depend on the reason: it is told from what happened (ledger.ts).
 */
export const reasons = {
  usage: {
    exitCode: 2,
    next: 'Run the command with --help to see what it takes.',
  },
  invalid_session: {
    exitCode: 2,
    next: 'Give a session id of 1 to 128 visible characters, without control characters.',
  },
  invalid_path: {
    exitCode: 2,
    next: 'Name a path inside the worktree, relative to the folder the command runs in.',
  },
  not_a_repository: {
    exitCode: 1,
    next: 'Run it inside a git worktree, or name one with --cwd.',
  },
  bare_repository: {
    exitCode: 1,
    next: 'Name one of its worktrees with --cwd, or go there.',
  },
  unsafe_repository: {
    exitCode: 1,
    next: 'git itself refuses this folder because another user owns it. Check it, then add it to safe.directory.',
  },
  refused_location: {
    exitCode: 1,
    next: 'Belay never captures a home folder or the root of a file system. Work in a repository below it.',
  },
  unknown_checkpoint: {
    exitCode: 1,
    next: 'List the checkpoints with: belay log',
  },
  unknown_worktree: {
    exitCode: 1,
    next: 'List the worktrees with: belay worktrees',
  },
  nothing_to_restore: {
    exitCode: 1,
    next: 'Compare with: belay diff CHECKPOINT',
  },
  nothing_to_undo: {
    exitCode: 1,
    next: 'List the checkpoints with: belay log',
  },
  lease_lost: {
    exitCode: 1,
    next: 'Stop this writer: another one has taken its place. To write again, claim the lease anew: belay lease claim',
  },
  lease_required: {
    exitCode: 1,
    next: 'Give the token of the claim with --lease TOKEN or BELAY_LEASE, or claim it: belay lease claim RESOURCE --owner NAME',
  },
  lease_held: {
    exitCode: 1,
    next: 'Wait until it is released, or take it over, which stops its owner: add --take-over',
  },
  lease_unreadable: {
    exitCode: 3,
    next: 'Run: belay doctor',
  },
  unknown_lease: {
    exitCode: 1,
    next: 'List the leases with: belay lease list',
  },
  unknown_session: {
    exitCode: 1,
    next: 'List the sessions with: belay session list',
  },
  invalid_lease: {
    exitCode: 2,
    next: 'Name a lease as session/ID or worktree/KEY, and give tokens as a claim printed them.',
  },
  decision_pending: {
    exitCode: 1,
    next: 'Answer it in VS Code: the Belay sidebar shows it on top, under Needs you. See: belay decisions',
  },
  unknown_decision: {
    exitCode: 1,
    next: 'List the decisions with: belay decisions',
  },
  question_unreadable: {
    exitCode: 3,
    next: 'Run: belay doctor',
  },
  answer_refused: {
    exitCode: 1,
    next: 'Answer it in VS Code, on its review page: only a person can.',
  },
  reset_failed: {
    exitCode: 3,
    next: 'Look at the decision in VS Code: the Belay sidebar shows it on top, under Needs you.',
  },
  move_incomplete: {
    exitCode: 3,
    next: 'See what differs with git status, and bring files back with: belay restore CHECKPOINT',
  },
  backup_failed: {
    exitCode: 3,
    next: 'Run: belay doctor',
  },
  cannot_pick: {
    exitCode: 1,
    next: 'Make a branch of them instead, and pick from it with git: belay backups branch REF NAME',
  },
  unknown_backup: {
    exitCode: 1,
    next: 'List the backups with: belay backups',
  },
  branch_moved: {
    exitCode: 1,
    next: 'The branch was moved by another process. Run it again.',
  },
  uncommitted_in_the_way: {
    exitCode: 1,
    next: 'Commit or move away what is named above, then run it again.',
  },
  unborn_branch: {
    exitCode: 1,
    next: 'Make a first commit, or switch to a branch that has one.',
  },
  branch_elsewhere: {
    exitCode: 1,
    next: 'Sync the other worktree, or switch one of them to another branch.',
  },
  sparse_checkout: {
    exitCode: 1,
    next: 'Sync it with git itself: git pull --rebase',
  },
  invalid_pin: {
    exitCode: 2,
    next: 'Give the pin a name of 1 to 128 visible characters, without control characters.',
  },
  unknown_pin: {
    exitCode: 1,
    next: 'List the pins with: belay pin list',
  },
  pin_moved: {
    exitCode: 1,
    next: 'The pin was set or removed by another process. Look at it with: belay pin list',
  },
  unresolved_commit: {
    exitCode: 1,
    next: 'Name a commit, branch or tag that this repository has, or add --fetch to look at the remote first.',
  },
  not_fetched: {
    exitCode: 1,
    next: 'Try again when the remote can be reached.',
  },
  pin_unavailable: {
    exitCode: 1,
    next: 'Push the pinned commit to a remote that this clone fetches from, or set the pin to one that is there.',
  },
  fan_out_running: {
    exitCode: 1,
    next: 'Wait until the other one is done, then run it again.',
  },
  half_filled: {
    exitCode: 1,
    next: 'Complete it, or remove what is left of it: belay doctor --fix',
  },
  path_taken: {
    exitCode: 1,
    next: 'Choose a folder that does not exist, or is empty.',
  },
  worktree_incomplete: {
    exitCode: 3,
    next: 'Make it once with git, and see what changes files there: git worktree add PATH BRANCH, then git status in it.',
  },
  worktree_locked: {
    exitCode: 1,
    next: 'Unlock it first, if you are sure: git worktree unlock PATH',
  },
  worktree_in_use: {
    exitCode: 1,
    next: 'Run it from another worktree, and close what still works in that one.',
  },
  operation_under_way: {
    exitCode: 1,
    next: 'Finish or abort what is under way in that worktree, then run it again.',
  },
  index_locked: {
    exitCode: 1,
    next: 'Wait until the git that writes it is done; where none runs any more, remove the lock file that is named above. Then run it again.',
  },
  index_in_conflict: {
    exitCode: 1,
    next: 'Resolve the conflicts and stage the result (git add), or take back what led to them, then run it again.',
  },
  index_changed: {
    exitCode: 1,
    next: 'Run it again once nobody else is staging.',
  },
  index_not_written: {
    exitCode: 3,
    next: 'See what keeps it from being written (permissions, a full disk), then run it again.',
  },
  not_covered: {
    exitCode: 1,
    next: 'Move away what you want to keep of it, then delete the rest with: --discard-uncovered',
  },
  unknown_agent: {
    exitCode: 2,
    next: 'Name agents as above, or none to take those that are installed or used here.',
  },
  no_agents: {
    exitCode: 1,
    next: 'Name the agents to connect: belay connect AGENT',
  },
  config_unreadable: {
    exitCode: 1,
    next: 'Correct the file named above, then run it again.',
  },
  config_unexpected: {
    exitCode: 1,
    next: 'Look at the file named above and at its agent’s documentation, then run it again.',
  },
  config_not_ours: {
    exitCode: 1,
    next: 'Rename or remove the file named above if it may go, then run it again.',
  },
  config_link: {
    exitCode: 1,
    next: 'Put the hooks into what the link leads to yourself, or replace the link by a file.',
  },
  config_read_only: {
    exitCode: 1,
    next: 'Make the file named above writable, then run it again.',
  },
  config_changed: {
    exitCode: 1,
    next: 'Run it again.',
  },
  config_not_written: {
    exitCode: 3,
    next: 'See what keeps it from being written (permissions, a full disk), then run it again.',
  },
  branch_exists: {
    exitCode: 1,
    next: 'Choose another branch name.',
  },
  invalid_branch: {
    exitCode: 2,
    next: 'Choose a name that git accepts for a branch (see: git check-ref-format --branch NAME).',
  },
  git_missing: {
    exitCode: 3,
    next: 'Install git, or put it on PATH (in VS Code: the setting belay.git.path).',
  },
  git_too_old: {
    exitCode: 3,
    next: 'Install git 2.38 or newer.',
  },
  git_timeout: {
    exitCode: 3,
    next: 'Run: belay doctor',
  },
  git_failed: {
    exitCode: 3,
    next: 'Run: belay doctor',
  },
  scan_too_long: {
    exitCode: 1,
    next: 'Wait until the look that goes on in the background is done, or raise belay.scanBudget.',
  },
  cancelled: {
    exitCode: 1,
    next: 'Run it again when you want it done.',
  },
  ref_unreadable: {
    exitCode: 3,
    next: 'Run: belay doctor',
  },
  publish_failed: {
    exitCode: 3,
    next: 'Run: belay doctor',
  },
  references_locked: {
    exitCode: 1,
    next: 'Run: belay doctor',
  },
  session_collision: {
    exitCode: 1,
    next: 'Two session ids share one reference name on this file system. Give one of them another id.',
  },
  restore_incomplete: {
    exitCode: 3,
    next: 'Take it back with: belay undo-restore',
    nextUnchanged: 'There is nothing to take back: run it again.',
  },
} as const satisfies Record<string, ReasonText>;

export type Reason = keyof typeof reasons;

export function isReason(text: string): text is Reason {
  return Object.hasOwn(reasons, text);
}
