import { BelayError } from '../errors';
import type { Reason } from '../reasons';

/** What went wrong in a git child, as far as its end and its words tell. */
export type GitFailure =
  | 'not_started'
  | 'timed_out'
  | 'cancelled'
  | 'killed'
  | 'too_much_output'
  | 'not_a_repository'
  | 'no_worktree'
  | 'unsafe_repository'
  | 'ref_moved'
  | 'ref_locked'
  | 'ref_conflict'
  | 'ref_broken'
  | 'object_missing'
  | 'index_unusable'
  | 'disk_full'
  | 'unsupported'
  | 'other';

/**
 * git's words (under LC_ALL=C) and what they mean; the first match counts. "Moved" and "locked" must not be confused:
 * a moved ref is read again and retried, a lock that a killed git left behind stays until it is removed by hand.
 */
const meanings: readonly (readonly [RegExp, GitFailure])[] = [
  [/unable to resolve reference '[^']*': reference broken|error reading reference/, 'ref_broken'],
  [/Unable to create '.*\.lock': File exists/, 'ref_locked'],
  // The reftable backend has one lock for all references of a store (refs/reftable-backend.c).
  [/cannot lock references|data is locked|Unable to create '.*tables\.list\.lock'/, 'ref_locked'],
  [/data concurrently modified/, 'ref_moved'],
  [/is at [0-9a-f]+ but expected [0-9a-f]+/, 'ref_moved'],
  [/reference already exists|dangling symref already exists/, 'ref_moved'],
  [/reference is missing but expected/, 'ref_moved'],
  [/cannot lock ref '.*': unable to resolve reference '[^']*'$/m, 'ref_moved'],
  [/cannot lock ref '.*': reference '.*' not found/, 'ref_moved'],
  [/exists; cannot create|there is a non-empty directory/, 'ref_conflict'],
  [/not a git repository/i, 'not_a_repository'],
  [/must be run in a work tree/, 'no_worktree'],
  [/detected dubious ownership/, 'unsafe_repository'],
  [/No space left on device|Disk quota exceeded/, 'disk_full'],
  [
    /index file (?:corrupt|smaller than expected|open failed)|bad (?:index file|signature)|unknown index entry/,
    'index_unusable',
  ],
  [
    /invalid object|missing blob|unable to read (?:tree|sha1 file)|bad object|[Cc]ould not read|not a valid object|nonexistent object/,
    'object_missing',
  ],
  // `gc --prune=now` has removed the folder that git was about to put an object in.
  [/unable to (?:write|create) [^\n]*: No such file or directory/, 'object_missing'],
  [/unknown option|^usage:|unknown switch|is not a git command/m, 'unsupported'],
];

const reasonOf: Partial<Record<GitFailure, Reason>> = {
  not_started: 'git_missing',
  timed_out: 'git_timeout',
  cancelled: 'cancelled',
  not_a_repository: 'not_a_repository',
  no_worktree: 'bare_repository',
  unsafe_repository: 'unsafe_repository',
  unsupported: 'git_too_old',
};

/** The meaning of what a failed git child wrote on its error stream under the fixed locale. */
export function failureFromWords(stderr: string): GitFailure {
  return meanings.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'other';
}

/** A git child that did not do what was asked. */
export class GitError extends BelayError {
  constructor(
    readonly failure: GitFailure,
    readonly command: string,
    readonly stderr: string,
    options?: { readonly cause?: unknown },
  ) {
    super(reasonOf[failure] ?? 'git_failed', sentence(failure, command, stderr), options);
  }
}

function sentence(failure: GitFailure, command: string, stderr: string): string {
  const said = stderr.trim().split('\n').slice(0, 3).join(' / ');
  switch (failure) {
    case 'not_started':
      return `git could not be started (${said}).`;
    case 'timed_out':
      return `git ${command} did not finish within its time limit and was stopped.`;
    case 'cancelled':
      return `git ${command} was cancelled.`;
    case 'killed':
      return `git ${command} was killed (${said}).`;
    case 'too_much_output':
      return `git ${command} printed more than Belay reads.`;
    case 'no_worktree':
      return 'This is a bare repository or the inside of a .git folder: it has no worktree.';
    case 'unsafe_repository':
      return 'git does not trust this repository: its folder belongs to another user.';
    case 'not_a_repository':
    case 'ref_moved':
    case 'ref_locked':
    case 'ref_conflict':
    case 'ref_broken':
    case 'object_missing':
    case 'index_unusable':
    case 'disk_full':
    case 'unsupported':
    case 'other':
      return `git ${command} failed: ${said === '' ? 'it said nothing' : said}`;
  }
}
