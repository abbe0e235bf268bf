import type * as vscode from 'vscode';
import { inert } from '../../inert';

/*
 * Words, rows and titles as VS Code may show them: whatever they are made of, nothing in them acts on the screen or turns the
 * reading direction; questions and messages have vscodeDialogs.ts for the same. What else a value from outside could mean (an icon, a link) is taken from it where it is put into a sentence
 * (text/inert.ts): here icons and links are Belay's own.
 */

/** Words for a title, a row of the status bar, or what else takes them. */
export function shown(text: string): string {
  return inert(text);
}

/** A row of a view as it may be shown. */
export function shownItem(item: vscode.TreeItem): vscode.TreeItem {
  if (typeof item.label === 'string') {
    item.label = inert(item.label);
  }
  if (typeof item.description === 'string') {
    item.description = inert(item.description);
  }
  if (typeof item.tooltip === 'string') {
    item.tooltip = inert(item.tooltip);
  }
  if (item.accessibilityInformation !== undefined) {
    item.accessibilityInformation = {
      ...item.accessibilityInformation,
      label: inert(item.accessibilityInformation.label),
    };
  }
  return item;
}
