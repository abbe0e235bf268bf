import * as vscode from 'vscode';

/** What may be chosen from: lines, and between them what only says something, as a heading does. */
export type Entry<T> = Line<T> | vscode.QuickPickItem;

/** What a line shows. Text from outside must be inert already. */
export interface Look extends Omit<vscode.QuickPickItem, 'buttons'> {
  /** Looks at what the line stands for, and chooses nothing. */
  readonly button?: { readonly icon: string; readonly tooltip: string; readonly press: () => void };
}

/** A line to choose: what it shows, and what it stands for. */
export interface Line<T> extends Look {
  readonly value: T;
}

export interface Choosing<T> {
  readonly title?: string;
  readonly placeHolder: string;
  readonly lines: readonly Entry<T>[];
  /** Whether it stays while the person looks at something else; if nothing is said, where it has a title. */
  readonly stays?: boolean;
}

/** Lines that are looked for while the person can choose already; in the end, what is said when there will be no more. */
export type Later<T> = AsyncGenerator<Line<T>, string, undefined>;

export interface Ticking<T> extends Choosing<T> {
  /** What is said of what is ticked now, instead of the `placeHolder`. */
  readonly said?: (ticked: readonly T[]) => string;
}

/** What is wrong with a text, or, with another severity, what there is to say about it. */
type Remark = string | vscode.InputBoxValidationMessage | undefined;

/** What is asked for as text. */
export interface Asking {
  readonly title: string;
  readonly prompt: string;
  readonly value: string;
  /** Asked about what is offered, too, so that a person sees at once what it would do. */
  readonly remark: (text: string) => Remark | Promise<Remark>;
}

/** A step that a person must say yes to. */
export interface Question {
  readonly message: string;
  readonly detail: string;
  /** What the one button says that does it; the other is Cancel. */
  readonly action: string;
}

/**
 * All that Belay asks the person and tells them. Escape always cancels, and is undefined here. A message resolves to
 * the action that the person chose, which may be long after; undefined when they chose none.
 */
export interface Dialogs {
  /** One of several lines. @throws what looking for later lines throws. */
  one<T>(choosing: Choosing<T>, later?: Later<T>): Promise<T | undefined>;
  /** One of several lines, or whatever is typed instead, as `typed` shows it on top. */
  oneOrTyped<T>(choosing: Choosing<T>, typed: (text: string) => Line<T>): Promise<T | undefined>;
  /** Any number of lines; those that are `picked` are ticked at first. */
  several<T>(ticking: Ticking<T>): Promise<readonly T[] | undefined>;
  /** A text that nothing is wrong with. @throws what a remark throws. */
  text(asking: Asking): Promise<string | undefined>;
  /** Asks modally, with nothing ticked beforehand. */
  confirm(question: Question): Promise<boolean>;
  tell(message: string, ...actions: readonly string[]): Promise<string | undefined>;
  warn(message: string, ...actions: readonly string[]): Promise<string | undefined>;
  fail(message: string, ...actions: readonly string[]): Promise<string | undefined>;
  /** Says something in the status bar, for so many milliseconds. */
  brief(message: string, time: number): void;
}

export function isLine<T>(entry: Entry<T>): entry is Line<T> {
  return 'value' in entry;
}

export function isWrong(remark: Remark): boolean {
  return typeof remark === 'object'
    ? remark.severity === vscode.InputBoxValidationSeverity.Error
    : remark !== undefined;
}

/** A heading over some lines; none where there are none. */
export function under<T>(label: string, lines: readonly Entry<T>[]): readonly Entry<T>[] {
  return lines.length === 0 ? [] : [{ label, kind: vscode.QuickPickItemKind.Separator }, ...lines];
}
