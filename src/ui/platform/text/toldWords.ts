import * as vscode from 'vscode';
import type { Changed, Ledger } from '../../../ledger';
import { told, type Deed, type Doubtful } from '../../../told';
import { inertLine } from './inert';
import { branchName, movedSentences, shortOid } from './words';

/** What was done before something failed, and what was left untouched, as sentences; what nobody kept is not claimed. Inert. */
export function toldSentences(ledger: Ledger | undefined): string[] {
  if (ledger === undefined) {
    return [];
  }
  const { done, untouched, doubtful } = told(ledger);
  const nothing = done.length === 0 && doubtful.length === 0;
  return [
    ...done.map(({ deed, changes }) => deedWords(deed, changes)),
    ...(nothing ? [vscode.l10n.t('Nothing was changed.')] : []),
    ...(nothing || untouched.length === 0
      ? []
      : [vscode.l10n.t('Unchanged: {0}.', untouched.map(areaWord).join(', '))]),
    ...(doubtful.length === 0
      ? []
      : [
          vscode.l10n.t(
            'May have changed, because git did not finish: {0}.',
            doubtful.map(areaWord).join(', '),
          ),
        ]),
    ...movedSentences(ledger.moved),
  ].filter((sentence) => sentence !== '');
}

function areaWord(area: Doubtful): string {
  switch (area) {
    case 'files':
      return vscode.l10n.t('files');
    case 'index':
      return vscode.l10n.t('index');
    case 'branches':
      return vscode.l10n.t('branches');
    case 'checkpoints':
      return vscode.l10n.t('checkpoints');
    case 'remotes':
      return vscode.l10n.t('remotes');
  }
}

/** Empty for what a person in the editor need not know: the records of leases, and what was merely noted. */
function deedWords(deed: Deed, changes: readonly Changed[]): string {
  const names = namesOf(changes);
  const isGone = changes.every(({ to }) => to === undefined);
  switch (deed) {
    case 'checkpoint': {
      const saved = changes.findLast(({ to }) => to !== undefined)?.to;
      return saved === undefined ? '' : vscode.l10n.t('Saved as checkpoint {0}.', shortOid(saved));
    }
    case 'backup':
      return isGone
        ? vscode.l10n.t('Deleted: {0}.', names)
        : vscode.l10n.t('Commits are saved as {0}.', names);
    case 'decision':
      return vscode.l10n.t('A question is waiting under Needs You.');
    case 'pin':
    case 'branch':
    case 'reference':
      return isGone ? vscode.l10n.t('Deleted: {0}.', names) : vscode.l10n.t('Moved: {0}.', names);
    case 'file':
      return changes.length === 1
        ? vscode.l10n.t('Changed: {0}.', names)
        : vscode.l10n.t('Changed: {0} files ({1}).', changes.length, names);
    case 'index':
      return vscode.l10n.t('The index was written.');
    case 'worktree':
      return isGone ? vscode.l10n.t('Removed: {0}.', names) : vscode.l10n.t('Created: {0}.', names);
    case 'configuration':
      return vscode.l10n.t('git’s configuration was written ({0}).', names);
    case 'fetched':
      return vscode.l10n.t('Fetched: {0}.', names);
    case 'pushed':
      return vscode.l10n.t('Pushed: {0}.', names);
    case 'lease':
    case 'kept':
      return '';
  }
}

/** So many names are spelled out. */
const spelledOut = 3;

function namesOf(changes: readonly Changed[]): string {
  const names = changes.slice(0, spelledOut).map(({ name }) => inertLine(branchName(name), 120));
  return changes.length > spelledOut ? `${names.join(', ')}, …` : names.join(', ');
}
