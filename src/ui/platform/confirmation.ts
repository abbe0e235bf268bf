import { askModally } from './shown';

/** A step that a person must say yes to. */
export interface Question {
  readonly message: string;
  readonly detail: string;
  /** What the one button says that does it; the other is Cancel. */
  readonly action: string;
}

/** Asks the person with a modal dialog. In it nothing is ticked beforehand, and Escape cancels. */
export class Confirmation {
  /** VS Code shows no modal dialog while it runs tests: they set an answer of their own. */
  answer: ((question: Question) => Promise<boolean>) | undefined;

  async ask(question: Question): Promise<boolean> {
    if (this.answer !== undefined) {
      return this.answer(question);
    }
    const { message, detail, action } = question;
    return (await askModally(message, detail, action)) === action;
  }
}
