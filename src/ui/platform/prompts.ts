import * as vscode from 'vscode';
import { showQuickPick, shown, shownLine } from './shown';

/** A line to choose: what it shows, and what it stands for. Text from outside must be inert already. */
export interface Line<T> extends vscode.QuickPickItem {
  readonly value: T;
}

/** A heading between lines. */
export type Heading = vscode.QuickPickItem & { readonly kind: vscode.QuickPickItemKind.Separator };

export interface Choosing<T> {
  readonly title: string;
  readonly placeHolder: string;
  readonly lines: readonly (Line<T> | Heading)[];
}

/** What is wrong with a text, or, with another severity, what there is to say about it. */
export type Remark = string | vscode.InputBoxValidationMessage | undefined;

/** What is asked for as text. */
export interface Asking {
  readonly title: string;
  readonly prompt: string;
  readonly value: string;
  /** Asked about what is offered, too, so that a person sees at once what it would do. */
  readonly remark: (text: string) => Remark | Promise<Remark>;
}

/** What a test is shown of a prompt. */
export interface Prompted {
  readonly title: string;
  readonly placeHolder: string | undefined;
  /** The labels of the lines, or the text that is offered. */
  readonly offered: readonly string[];
}

/** Asks the person to choose or to type. In it Escape always cancels, and the title says what it is about. */
export class Prompts {
  /** Tests answer themselves: with the label of a line, with several, or with a text; undefined is Escape. */
  answer: ((prompted: Prompted) => Promise<string | readonly string[] | undefined>) | undefined;

  /** One of several lines. */
  async one<T>({ title, placeHolder, lines }: Choosing<T>): Promise<T | undefined> {
    if (this.answer !== undefined) {
      return (await this.answered({ title, placeHolder, lines }))?.[0]?.value;
    }
    const options = {
      title,
      placeHolder,
      ignoreFocusOut: true,
      matchOnDescription: true,
      matchOnDetail: true,
    };
    const chosen = await showQuickPick<Line<T> | Heading>([...lines], options);
    return chosen !== undefined && 'value' in chosen ? chosen.value : undefined;
  }

  /** Any number of lines; those that are `picked` are ticked at first. */
  async several<T>({ title, placeHolder, lines }: Choosing<T>): Promise<readonly T[] | undefined> {
    if (this.answer !== undefined) {
      return (await this.answered({ title, placeHolder, lines }))?.map(({ value }) => value);
    }
    const options = { title, placeHolder, ignoreFocusOut: true, matchOnDescription: true } as const;
    const chosen = await showQuickPick<Line<T> | Heading>([...lines], {
      ...options,
      canPickMany: true,
    });
    return chosen?.flatMap((line) => ('value' in line ? [line.value] : []));
  }

  /** One of several lines, or whatever is typed instead, as `typed` shows it on top. */
  async oneOrTyped<T>(choosing: Choosing<T>, typed: (text: string) => Line<T>): Promise<T | undefined> {
    const { title, placeHolder, lines } = choosing;
    if (this.answer !== undefined) {
      const text = await this.answer({ title, placeHolder, offered: labels(lines) });
      return typeof text === 'string' ? (find(lines, text) ?? typed(text)).value : undefined;
    }
    const picker = vscode.window.createQuickPick<Line<T> | Heading>();
    picker.title = shown(title);
    picker.placeholder = shown(placeHolder);
    picker.ignoreFocusOut = true;
    picker.matchOnDescription = true;
    const offered = lines.map(shownLine);
    picker.items = offered;
    return new Promise((resolve) => {
      picker.onDidChangeValue((value) => {
        const text = value.trim();
        picker.items = text === '' ? offered : [shownLine({ ...typed(text), alwaysShow: true }), ...offered];
      });
      picker.onDidAccept(() => {
        const [chosen] = picker.activeItems;
        if (chosen !== undefined && 'value' in chosen) {
          resolve(chosen.value);
          picker.hide();
        }
      });
      picker.onDidHide(() => {
        resolve(undefined);
        picker.dispose();
      });
      picker.show();
    });
  }

  /** A text that nothing is wrong with; undefined when the person left. */
  async text({ title, prompt, value, remark }: Asking): Promise<string | undefined> {
    if (this.answer !== undefined) {
      const answer = await this.answer({ title, placeHolder: prompt, offered: [value] });
      const text = typeof answer === 'string' ? answer : undefined;
      const problem = text === undefined ? undefined : await remark(text);
      if (isWrong(problem)) {
        throw new Error(`"${title}" does not take ${JSON.stringify(text)}.`);
      }
      return text;
    }
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
        reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
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

  private async answered<T>(choosing: Choosing<T>): Promise<readonly Line<T>[] | undefined> {
    const { title, placeHolder, lines } = choosing;
    const answer = await this.answer?.({ title, placeHolder, offered: labels(lines) });
    const wanted = typeof answer === 'string' ? [answer] : answer;
    return wanted?.map((label) => {
      const line = find(lines, label);
      if (line === undefined) {
        throw new Error(`"${title}" has no line "${label}", but: ${labels(lines).join(' | ')}`);
      }
      return line;
    });
  }
}

function isWrong(remark: Remark): boolean {
  return typeof remark === 'object'
    ? remark.severity === vscode.InputBoxValidationSeverity.Error
    : remark !== undefined;
}

function find<T>(lines: readonly (Line<T> | Heading)[], label: string): Line<T> | undefined {
  return lines.filter((line) => 'value' in line).find((line) => line.label.includes(label));
}

function labels(lines: readonly (Line<unknown> | Heading)[]): string[] {
  return lines.map(({ label }) => label);
}

/** A heading over some lines; none where there are none. */
export function under<T>(label: string, lines: readonly Line<T>[]): readonly (Line<T> | Heading)[] {
  return lines.length === 0 ? [] : [{ label, kind: vscode.QuickPickItemKind.Separator }, ...lines];
}
