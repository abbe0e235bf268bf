import * as vscode from 'vscode';
import { changeWord } from '../../platform/text/words';
import { parseObjectUri } from '../../platform/objectUri';

const letters = {
  added: ['A', 'gitDecoration.addedResourceForeground'],
  modified: ['M', 'gitDecoration.modifiedResourceForeground'],
  deleted: ['D', 'gitDecoration.deletedResourceForeground'],
  type_changed: ['T', 'gitDecoration.modifiedResourceForeground'],
} as const;

/** The letter and colour beside each changed file, in the ones that git's own view uses. */
export const changeDecorations: vscode.FileDecorationProvider = {
  provideFileDecoration(uri) {
    const kind = parseObjectUri(uri)?.kind;
    if (kind === undefined) {
      return undefined;
    }
    const [letter, color] = letters[kind];
    return new vscode.FileDecoration(letter, changeWord(kind), new vscode.ThemeColor(color));
  },
};
