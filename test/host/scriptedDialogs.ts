import {
  isLine,
  isWrong,
  type Asking,
  type Choosing,
  type Entry,
  type Later,
  type Line,
  type Question,
} from '../../src/ui/platform/dialogs';
import { VscodeDialogs } from '../../src/ui/platform/vscodeDialogs';
import type { BelayApi } from '../../src/ui/contributions/api';

/** What a test is shown of a question. */
export interface Prompted {
  readonly title: string;
  readonly placeHolder: string | undefined;
  /** The labels of the lines, or the text that is offered. */
  readonly offered: readonly string[];
}

/** What a person picks or types: the label of a line, or a part of it, several of them, or a text; undefined is Escape. */
type Answer = string | readonly string[] | undefined;

/** Questions that tests answer. What they do not answer is asked, and told, by VS Code. */
class ScriptedDialogs extends VscodeDialogs {
  decide: ((question: Question) => Promise<boolean>) | undefined;
  answer: ((prompted: Prompted) => Promise<Answer>) | undefined;

  override confirm(question: Question): Promise<boolean> {
    return this.decide === undefined ? super.confirm(question) : this.decide(question);
  }

  override async one<T>(choosing: Choosing<T>, later?: Later<T>): Promise<T | undefined> {
    return this.answer === undefined
      ? super.one(choosing, later)
      : (await this.answered(choosing))?.[0]?.value;
  }

  override async several<T>(choosing: Choosing<T>): Promise<readonly T[] | undefined> {
    return this.answer === undefined
      ? super.several(choosing)
      : (await this.answered(choosing))?.map(({ value }) => value);
  }

  override async oneOrTyped<T>(
    choosing: Choosing<T>,
    typed: (text: string) => Line<T>,
  ): Promise<T | undefined> {
    if (this.answer === undefined) {
      return super.oneOrTyped(choosing, typed);
    }
    const text = await this.answer(prompted(choosing));
    return typeof text === 'string' ? (find(choosing.lines, text) ?? typed(text)).value : undefined;
  }

  override async text(asking: Asking): Promise<string | undefined> {
    if (this.answer === undefined) {
      return super.text(asking);
    }
    const { title, prompt, value, remark } = asking;
    const answer = await this.answer({ title, placeHolder: prompt, offered: [value] });
    const text = typeof answer === 'string' ? answer : undefined;
    if (text !== undefined && isWrong(await remark(text))) {
      throw new Error(`"${title}" does not take ${JSON.stringify(text)}.`);
    }
    return text;
  }

  private async answered<T>(choosing: Choosing<T>): Promise<readonly Line<T>[] | undefined> {
    const shown = prompted(choosing);
    const answer = await this.answer?.(shown);
    const wanted = typeof answer === 'string' ? [answer] : answer;
    return wanted?.map((label) => {
      const line = find(choosing.lines, label);
      if (line === undefined) {
        throw new Error(`"${shown.title}" has no line "${label}", but: ${shown.offered.join(' | ')}`);
      }
      return line;
    });
  }
}

function prompted({ title = '', placeHolder, lines }: Choosing<unknown>): Prompted {
  return { title, placeHolder, offered: lines.map(({ label }) => label) };
}

function find<T>(lines: readonly Entry<T>[], label: string): Line<T> | undefined {
  return lines.filter(isLine<T>).find((line) => line.label.includes(label));
}

/** One for all files: what one of them answers, it answers until another one says otherwise. */
const dialogs = new ScriptedDialogs();

/** Answers each question that asks for a yes from now on. */
export function decideBy(belay: BelayApi, decide: (question: Question) => Promise<boolean>): void {
  dialogs.decide = decide;
  belay.testing?.useDialogs(dialogs);
}

/** Chooses and types from now on. */
export function answerBy(belay: BelayApi, answer: (prompted: Prompted) => Promise<Answer>): void {
  dialogs.answer = answer;
  belay.testing?.useDialogs(dialogs);
}
