import type { Changed, Ledger } from './ledger';
import { told, type Deed, type Doubtful } from './told';

/** How many things of one kind are spelled out. */
const spelledOut = 3;

/** What was left untouched, in a sentence. Without a ledger nobody knows, and that is said. */
export function untouchedWords(ledger: Ledger | undefined): string {
  if (ledger === undefined) {
    return 'What was changed before it failed is not known.';
  }
  const { done, untouched, doubtful } = told(ledger);
  const sure = untouched.length === 0 ? '' : `${capital(listed(untouched))} ${are(untouched)} unchanged.`;
  const unsure =
    doubtful.length === 0 ? '' : `Whether ${listed(doubtful)} changed is not known: git did not finish.`;
  const first = done.length === 0 && doubtful.length === 0 ? `Nothing was changed: ${lower(sure)}` : sure;
  return [first, unsure].filter((part) => part !== '').join(' ') || 'Nothing that is known for sure.';
}

/** What was done before it failed, in a sentence; undefined where that is nothing. */
export function doneWords(ledger: Ledger | undefined): string | undefined {
  const done = ledger === undefined ? [] : told(ledger).done;
  return done.length === 0
    ? undefined
    : `${capital(done.map(({ deed, changes }) => deedWords(deed, changes)).join('; '))}.`;
}

function deedWords(deed: Deed, changes: readonly Changed[]): string {
  const names = namesOf(changes.map(({ name }) => name));
  const isGone = changes.every(({ to }) => to === undefined);
  switch (deed) {
    case 'checkpoint': {
      const ids = [...new Set(changes.flatMap(({ to }) => (to === undefined ? [] : [to.slice(0, 10)])))];
      return ids.length === 0
        ? `what waited was folded in (${names})`
        : `saved as checkpoint ${namesOf(ids)} (${names})`;
    }
    case 'backup':
      return isGone ? `the backup ${names} was deleted` : `commits are saved as ${names}`;
    case 'kept':
      return 'what branches, tags and the stash name was noted';
    case 'decision':
      return `a question was put to a person (${names})`;
    case 'lease':
      return `the record of a lease was written (${names})`;
    case 'pin':
      return isGone ? `the pin was removed (${names})` : `the pin was set (${names})`;
    case 'branch':
    case 'reference':
      return `${names} ${changes.length === 1 ? 'was' : 'were'} ${isGone ? 'deleted' : 'moved'}`;
    case 'file':
      return `${changes.length === 1 ? 'a file was' : `${changes.length} files were`} changed (${names})`;
    case 'index':
      return `the index was written (${names})`;
    case 'worktree':
      return isGone ? `the worktree ${names} was removed` : `the worktree ${names} was made`;
    case 'configuration':
      return `git’s configuration was written (${names})`;
    case 'fetched':
      return `${names} was fetched from, and what its branches are called here moved with it`;
    case 'pushed':
      return `was pushed to ${names}`;
  }
}

function namesOf(names: readonly string[]): string {
  const more = names.length > spelledOut ? ` and ${names.length - spelledOut} more` : '';
  return `${names.slice(0, spelledOut).join(', ')}${more}`;
}

function listed(parts: readonly Doubtful[]): string {
  const named = parts.map((area) => (area === 'index' && parts.length === 1 ? 'the index' : area));
  return named.length < 2 ? named.join('') : `${named.slice(0, -1).join(', ')} and ${named.at(-1) ?? ''}`;
}

function are(parts: readonly Doubtful[]): string {
  return parts.length === 1 && parts[0] === 'index' ? 'is' : 'are';
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
