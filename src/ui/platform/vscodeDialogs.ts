import * as vscode from 'vscode';
import { inert } from '../../inert';
import {
  isLine,
  isWrong,
  type Asking,
  type Choosing,
  type Dialogs,
  type Entry,
  type Later,
  type Line,
  type Question,
  type Ticking,
} from './dialogs';
import { shown } from './shown';

/** The one door to VS Code's own questions and messages: whatever the words are made of, nothing in them acts on the screen. */
export class VscodeDialogs implements Dialogs {
  async one<T>(choosing: Choosing<T>, later?: Later<T>): Promise<T | undefined> {
    return (await chosen(pickerOf(choosing), later))?.[0]?.value;
  }

  async oneOrTyped<T>(choosing: Choosing<T>, typed: (text: string) => Line<T>): Promise<T | undefined> {
    const picker = pickerOf(choosing);
    const offered = picker.items;
    picker.onDidChangeValue((value) => {
      const text = value.trim();
      picker.items =
        text === '' ? offered : [shownEntry<T>({ ...typed(text), alwaysShow: true }), ...offered];
    });
    return (await chosen(picker))?.[0]?.value;
  }

  async several<T>(ticking: Ticking<T>): Promise<readonly T[] | undefined> {
    const picker = pickerOf(ticking);
    const { said, placeHolder } = ticking;
    const tick = (lines: readonly Line<T>[]): void => {
      picker.placeholder = shown(said === undefined ? placeHolder : said(lines.map(({ value }) => value)));
    };
    const picked = picker.items.filter(isLine<T>).filter((line) => line.picked === true);
    picker.canSelectMany = true;
    picker.selectedItems = picked;
    tick(picked);
    picker.onDidChangeSelection((selected) => {
      const possible = selected.filter(isLine<T>);
      tick(possible);
      if (possible.length !== selected.length) {
        picker.selectedItems = possible;
      }
    });
    return (await chosen(picker))?.map(({ value }) => value);
  }

  text({ title, prompt, value, remark }: Asking): Promise<string | undefined> {
    const box = vscode.window.createInputBox();
    box.title = shown(title);
    box.prompt = shown(prompt);
    box.value = value;
    box.ignoreFocusOut = true;
    /** @returns whether nothing is wrong with what is in the box, if it still is. */
    const look = async (text: string): Promise<boolean> => {
      const said = await remark(text);
      if (text === box.value) {
        box.validationMessage = typeof said === 'string' ? shown(said) : said;
      }
      return text === box.value && !isWrong(said);
    };
    return new Promise((resolve, reject) => {
      const fail = (thrown: unknown): void => {
        reject(errorOf(thrown));
        box.hide();
      };
      box.onDidChangeValue((text) => {
        look(text).catch(fail);
      });
      box.onDidAccept(() => {
        const text = box.value;
        look(text).then((isGood) => {
          if (isGood) {
            resolve(text);
            box.hide();
          }
        }, fail);
      });
      box.onDidHide(() => {
        resolve(undefined);
        box.dispose();
      });
      box.show();
      look(value).catch(fail);
    });
  }

  async confirm({ message, detail, action }: Question): Promise<boolean> {
    const options = { modal: true, detail: inert(detail) };
    return (await vscode.window.showWarningMessage(inert(message), options, action)) === action;
  }

  async tell(message: string, ...actions: readonly string[]): Promise<string | undefined> {
    return vscode.window.showInformationMessage(inert(message), ...actions);
  }

  async warn(message: string, ...actions: readonly string[]): Promise<string | undefined> {
    return vscode.window.showWarningMessage(inert(message), ...actions);
  }

  async fail(message: string, ...actions: readonly string[]): Promise<string | undefined> {
    return vscode.window.showErrorMessage(inert(message), ...actions);
  }

  brief(message: string, time: number): void {
    vscode.window.setStatusBarMessage(inert(message), time);
  }
}

/** A line or heading as it is shown. */
type ShownEntry<T> = vscode.QuickPickItem & Entry<T>;

function pickerOf<T>({ title, placeHolder, lines, stays }: Choosing<T>): vscode.QuickPick<ShownEntry<T>> {
  const picker = vscode.window.createQuickPick<ShownEntry<T>>();
  picker.title = title === undefined ? undefined : shown(title);
  picker.placeholder = shown(placeHolder);
  picker.ignoreFocusOut = stays ?? title !== undefined;
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;
  picker.items = lines.map(shownEntry);
  return picker;
}

/** Shows it, until the person has chosen or left. */
function chosen<T>(
  picker: vscode.QuickPick<ShownEntry<T>>,
  later?: Later<T>,
): Promise<readonly Line<T>[] | undefined> {
  return new Promise((resolve, reject) => {
    const closed = new AbortController();
    picker.onDidAccept(() => {
      const lines = picker.selectedItems.filter(isLine<T>);
      if (picker.canSelectMany || lines.length > 0) {
        resolve(lines);
        picker.hide();
      }
    });
    picker.onDidTriggerItemButton(({ item }) => {
      if (isLine(item)) {
        item.button?.press();
      }
    });
    picker.onDidHide(() => {
      closed.abort();
      resolve(undefined);
      picker.dispose();
    });
    picker.show();
    if (later !== undefined) {
      fill(picker, later, closed.signal).catch((thrown: unknown) => {
        reject(errorOf(thrown));
        picker.hide();
      });
    }
  });
}

async function fill<T>(
  picker: vscode.QuickPick<ShownEntry<T>>,
  later: Later<T>,
  closed: AbortSignal,
): Promise<void> {
  picker.busy = true;
  for (;;) {
    const next = await later.next();
    if (closed.aborted) {
      return;
    }
    if (next.done === true) {
      picker.busy = false;
      picker.placeholder = shown(next.value);
      return;
    }
    picker.items = [...picker.items, shownEntry(next.value)];
  }
}

function shownEntry<T>(entry: Entry<T>): ShownEntry<T> {
  const { label, description, detail } = entry;
  const button = isLine(entry) ? entry.button : undefined;
  return {
    ...entry,
    label: inert(label),
    ...(description === undefined ? {} : { description: inert(description) }),
    ...(detail === undefined ? {} : { detail: inert(detail) }),
    ...(button === undefined
      ? {}
      : { buttons: [{ iconPath: new vscode.ThemeIcon(button.icon), tooltip: button.tooltip }] }),
  };
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
