import { pathText } from './git/path';
import type { Changed, Ledger, MovedAway } from './ledger';
import { english, type Localizer } from './localizer';
import { told, type Deed, type Doubtful } from './told';

/** How many things of one kind are spelled out. */
const spelledOut = 3;

const areaWords: Readonly<Record<Doubtful, (l10n: Localizer) => string>> = {
  files: (l10n) => l10n.t('files'),
  index: (l10n) => l10n.t('index'),
  branches: (l10n) => l10n.t('branches'),
  checkpoints: (l10n) => l10n.t('checkpoints'),
  remotes: (l10n) => l10n.t('remotes'),
};

type Sentence = (l10n: Localizer, names: string, changes: readonly Changed[]) => string;

const moved: Sentence = (l10n, names, changes) =>
  areGone(changes) ? l10n.t('Deleted: {0}.', names) : l10n.t('Moved: {0}.', names);

const deedSentences: Readonly<Record<Deed, Sentence>> = {
  checkpoint: (l10n, _names, changes) => {
    const ids = [...new Set(changes.flatMap(({ to }) => (to === undefined ? [] : [to.slice(0, 10)])))];
    return ids.length === 0
      ? l10n.t('Waiting checkpoints were folded in.')
      : l10n.t('Saved as checkpoint {0}.', ids.join(', '));
  },
  backup: (l10n, names, changes) =>
    areGone(changes) ? l10n.t('Deleted: {0}.', names) : l10n.t('Commits are saved as {0}.', names),
  kept: (l10n) => l10n.t('The commits of branches, tags and the stash were recorded.'),
  decision: (l10n) => l10n.t('A question is waiting in VS Code, under Needs You.'),
  lease: (l10n) => l10n.t('The record of a lease was written.'),
  pin: (l10n, names, changes) =>
    areGone(changes) ? l10n.t('Pin removed: {0}.', names) : l10n.t('Pin set: {0}.', names),
  branch: moved,
  reference: moved,
  file: (l10n, names, changes) =>
    changes.length === 1
      ? l10n.t('Changed: {0}.', names)
      : l10n.t('Changed: {0} files ({1}).', changes.length, names),
  index: (l10n) => l10n.t('The index was written.'),
  worktree: (l10n, names, changes) =>
    areGone(changes) ? l10n.t('Worktree removed: {0}.', names) : l10n.t('Worktree created: {0}.', names),
  configuration: (l10n, names) => l10n.t('git’s configuration was written ({0}).', names),
  fetched: (l10n, names) => l10n.t('Fetched from {0}, which moved its remote-tracking branches.', names),
  pushed: (l10n, names) => l10n.t('Pushed to {0}.', names),
};

function areGone(changes: readonly Changed[]): boolean {
  return changes.every(({ to }) => to === undefined);
}

/** What the command line says was left untouched. Without a ledger nobody knows, and that is said. */
export function untouchedWords(ledger: Ledger | undefined): string {
  return ledger === undefined
    ? 'What was changed before it failed is not known.'
    : untouchedSentences(english, ledger).join(' ') || 'Nothing is known to be unchanged.';
}

/** What the command line says was done before it failed, with every name; undefined where that is nothing. */
export function doneWords(ledger: Ledger | undefined): string | undefined {
  const sentences = (ledger === undefined ? [] : told(ledger).done).map(({ deed, changes }) => {
    const names = namesOf(english, changes);
    const sentence = deedSentences[deed](english, names, changes);
    return sentence.includes(names) ? sentence : `${sentence.slice(0, -1)} (${names}).`;
  });
  return sentences.length === 0 ? undefined : sentences.join(' ');
}

/** What was done, a sentence each, without what only Belay itself needs: leases, and what was merely noted. */
export function doneSentences(l10n: Localizer, ledger: Ledger, shown: (name: string) => string): string[] {
  return told(ledger)
    .done.filter(({ deed }) => deed !== 'lease' && deed !== 'kept')
    .map(({ deed, changes }) => deedSentences[deed](l10n, namesOf(l10n, changes, shown), changes));
}

/** What was left untouched, and what may have changed. */
export function untouchedSentences(l10n: Localizer, ledger: Ledger): string[] {
  const { done, untouched, doubtful } = told(ledger);
  const listed = (areas: readonly Doubtful[]): string =>
    areas.map((area) => areaWords[area](l10n)).join(', ');
  if (done.length === 0 && doubtful.length === 0) {
    return [l10n.t('Nothing was changed.')];
  }
  return [
    ...(untouched.length === 0 ? [] : [l10n.t('Unchanged: {0}.', listed(untouched))]),
    ...(doubtful.length === 0
      ? []
      : [l10n.t('May have changed, because git did not finish: {0}.', listed(doubtful))]),
  ];
}

/** A line for each path whose old content is not at its name: where it is. None is left out. */
export function movedLines(l10n: Localizer, moved: readonly MovedAway[]): string[] {
  return moved.map(({ path, checkpoint, as }) =>
    as === undefined
      ? l10n.t('{0}: what was there is in checkpoint {1}', pathText(path), checkpoint ?? '?')
      : l10n.t('{0}: kept as {1}', pathText(path), pathText(as)),
  );
}

function namesOf(l10n: Localizer, changes: readonly Changed[], shown = (name: string) => name): string {
  const names = changes
    .slice(0, spelledOut)
    .map(({ name }) => shown(name))
    .join(', ');
  const more = changes.length - spelledOut;
  return more > 0 ? l10n.t('{0} and {1} more', names, more) : names;
}
