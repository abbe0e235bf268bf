import { counting } from '../counts';
import { oneLine } from '../git/commit';
import { english, type Localizer } from '../localizer';
import type { DroppedCommit, LeftOut } from './syncOutcome';

/** How many commits a sentence names. */
const namedInWords = 3;

/** Some commits as text, and how many more there are: `2 commits (0123456789 A subject; ...)`. */
export function listCommits(commits: readonly DroppedCommit[], l10n: Localizer = english): string {
  const some = commits
    .slice(0, namedInWords)
    .map(({ oid, subject }) => `${oid.slice(0, 10)} ${oneLine(subject)}`.trim());
  const more = commits.length - some.length;
  const listed = [...some, ...(more > 0 ? [l10n.t('and {0} more', more)] : [])].join('; ');
  return `${counting(l10n, commits.length, 'commit')} (${listed})`;
}

/** What the upstream removed beside what a person is asked about; empty where that is nothing. */
export function removedWords(removed: readonly DroppedCommit[]): string {
  return removed.length === 0 ? '' : `The upstream removed ${listCommits(removed)}, which came from there.`;
}

/** What was left out, and where it is; empty where that is nothing. */
export function leftOutWords(leftOut: readonly LeftOut[], l10n: Localizer = english): string {
  const [first] = leftOut;
  const commits = leftOut.map(({ commit, subject }) => ({ oid: commit, subject }));
  return first === undefined
    ? ''
    : l10n.t(
        'Its upstream removed {0}, so they were removed here as well. They are saved in the backup {1}.',
        listCommits(commits, l10n),
        first.backup,
      );
}
