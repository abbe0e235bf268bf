import type { Asking, Choosing, Dialogs, Later, Line, Question, Ticking } from './dialogs';

/** Hands everything on to dialogs that can be exchanged, so that whoever was given these asks by the new ones from then on. */
export class HeldDialogs implements Dialogs {
  constructor(private held: Dialogs) {}

  /** From now on everything is asked and told by these. */
  use(dialogs: Dialogs): void {
    this.held = dialogs;
  }

  one<T>(choosing: Choosing<T>, later?: Later<T>): Promise<T | undefined> {
    return this.held.one(choosing, later);
  }

  oneOrTyped<T>(choosing: Choosing<T>, typed: (text: string) => Line<T>): Promise<T | undefined> {
    return this.held.oneOrTyped(choosing, typed);
  }

  several<T>(ticking: Ticking<T>): Promise<readonly T[] | undefined> {
    return this.held.several(ticking);
  }

  text(asking: Asking): Promise<string | undefined> {
    return this.held.text(asking);
  }

  confirm(question: Question): Promise<boolean> {
    return this.held.confirm(question);
  }

  tell(message: string, ...actions: readonly string[]): Promise<string | undefined> {
    return this.held.tell(message, ...actions);
  }

  warn(message: string, ...actions: readonly string[]): Promise<string | undefined> {
    return this.held.warn(message, ...actions);
  }

  fail(message: string, ...actions: readonly string[]): Promise<string | undefined> {
    return this.held.fail(message, ...actions);
  }

  brief(message: string, time: number): void {
    this.held.brief(message, time);
  }
}
