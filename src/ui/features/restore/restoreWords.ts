import * as vscode from 'vscode';
import { pathText } from '../../../git/path';
import type { PlannedPath, RestoreResult } from '../../../restore/restoreRequest';
import { inert } from '../../platform/text/inert';
import { blockedWord, cautionWord } from '../../platform/text/words';
import { movedSentences } from '../../platform/text/toldWords';
import { plural } from '../../platform/text/counts';

/** How many names a message has before it only counts. */
const named = 5;

/** What a restore did, and each path it left alone with the reason. */
export function resultWords(result: RestoreResult, left: readonly PlannedPath[] = []): string[] {
  const skipped = [...left, ...result.skipped].map(
    (planned) => `${inert(pathText(planned.path))} (${cautionWord(planned) ?? ''})`,
  );
  const blocked = result.blocked.map(
    ({ path, reason }) => `${inert(pathText(path))} (${blockedWord(reason)})`,
  );
  return [
    vscode.l10n.t(
      '{0} written, {1} deleted.',
      plural(result.written.length, 'file'),
      plural(result.deleted.length, 'file'),
    ),
    skipped.length === 0 ? '' : vscode.l10n.t('Left alone: {0}.', listed(skipped)),
    blocked.length === 0 ? '' : vscode.l10n.t('Could not be restored: {0}.', listed(blocked)),
    ...movedSentences(result.moved),
  ].filter((sentence) => sentence !== '');
}

/** Names in a sentence: the first of them, and how many more there are. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, named).join(', ');
  return names.length > named ? vscode.l10n.t('{0} and {1} more', shown, names.length - named) : shown;
}
