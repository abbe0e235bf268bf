import * as vscode from 'vscode';
import { inert } from '../../inert';

/*
 * The one door to what VS Code shows: whatever the words are made of, nothing in them acts on the screen or turns the reading
 * direction. What else a value from outside could mean (an icon, a link) is taken from it where it is put into a sentence
 * (text/inert.ts): here icons and links are Belay's own.
 */

/** Words for a title, a row of the status bar, or what else takes them. */
export function shown(text: string): string {
  return inert(text);
}

export function showInformationMessage(
  message: string,
  ...actions: readonly string[]
): Thenable<string | undefined> {
  return vscode.window.showInformationMessage(inert(message), ...actions);
}

export function showWarningMessage(
  message: string,
  ...actions: readonly string[]
): Thenable<string | undefined> {
  return vscode.window.showWarningMessage(inert(message), ...actions);
}

export function showErrorMessage(
  message: string,
  ...actions: readonly string[]
): Thenable<string | undefined> {
  return vscode.window.showErrorMessage(inert(message), ...actions);
}

/** Asks in a modal dialog, whose detail tells what the answer would do. */
export function askModally(message: string, detail: string, action: string): Thenable<string | undefined> {
  return vscode.window.showWarningMessage(inert(message), { modal: true, detail: inert(detail) }, action);
}

/** Says something in the status bar, for so many milliseconds. */
export function showBriefly(message: string, time: number): void {
  vscode.window.setStatusBarMessage(inert(message), time);
}

/** A line of a quick pick as it may be shown. */
export function shownLine<T extends vscode.QuickPickItem>(line: T): T {
  return {
    ...line,
    label: inert(line.label),
    ...(line.description === undefined ? {} : { description: inert(line.description) }),
    ...(line.detail === undefined ? {} : { detail: inert(line.detail) }),
  };
}

type Options = Omit<vscode.QuickPickOptions, 'onDidSelectItem'>;

/** One of several lines, or, with `canPickMany`, any of them. */
export function showQuickPick<T extends vscode.QuickPickItem>(
  lines: readonly T[],
  options: Options & { readonly canPickMany: true },
): Thenable<T[] | undefined>;
export function showQuickPick<T extends vscode.QuickPickItem>(
  lines: readonly T[],
  options: Options,
): Thenable<T | undefined>;
export function showQuickPick<T extends vscode.QuickPickItem>(
  lines: readonly T[],
  options: Options,
): Thenable<T | T[] | undefined> {
  return vscode.window.showQuickPick(lines.map(shownLine), {
    ...options,
    ...(options.title === undefined ? {} : { title: inert(options.title) }),
    ...(options.placeHolder === undefined ? {} : { placeHolder: inert(options.placeHolder) }),
  });
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
