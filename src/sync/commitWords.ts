import { oneLine } from '../git/commit';
import type { DroppedCommit, LeftOut } from './outcome';

/** How many commits a sentence names. */
const namedInWords = 3;

/** Some commits as text, and how many more there are: `2 commits (0123456789 A subject; ...)`. */
export function listCommits(commits: readonly DroppedCommit[]): string {
  const some = commits
    .slice(0, namedInWords)
    .map(({ oid, subject }) => `${oid.slice(0, 10)} ${oneLine(subject)}`.trim());
  const more = commits.length - some.length;
  const count = commits.length === 1 ? '1 commit' : `${commits.length} commits`;
  return `${count} (${some.join('; ')}${more > 0 ? `; and ${more} more` : ''})`;
}

/** What the upstream removed beside what a person is asked about; empty where that is nothing. */
export function removedWords(removed: readonly DroppedCommit[]): string {
  return removed.length === 0 ? '' : `The upstream removed ${listCommits(removed)}, which came from there.`;
}

/** What was left out, and where it is; empty where that is nothing. */
export function leftOutWords(leftOut: readonly LeftOut[]): string {
  const [first] = leftOut;
  const commits = leftOut.map(({ commit, subject }) => ({ oid: commit, subject }));
  return first === undefined
    ? ''
    : `Its upstream removed ${listCommits(commits)}, left out here as well; ${first.backup} holds them.`;
}
