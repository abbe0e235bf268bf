import type { Dialogs } from './dialogs';

/** Hands everything on to dialogs that can be exchanged, so that whoever was given these asks by the new ones from then on. */
export class HeldDialogs implements Dialogs {
  readonly one: Dialogs['one'] = (choosing, later) => this.held.one(choosing, later);
  readonly oneOrTyped: Dialogs['oneOrTyped'] = (choosing, typed) => this.held.oneOrTyped(choosing, typed);
  readonly several: Dialogs['several'] = (ticking) => this.held.several(ticking);
  readonly text: Dialogs['text'] = (asking) => this.held.text(asking);
  readonly confirm: Dialogs['confirm'] = (question) => this.held.confirm(question);
  readonly tell: Dialogs['tell'] = (message, ...actions) => this.held.tell(message, ...actions);
  readonly warn: Dialogs['warn'] = (message, ...actions) => this.held.warn(message, ...actions);
  readonly fail: Dialogs['fail'] = (message, ...actions) => this.held.fail(message, ...actions);

  constructor(private held: Dialogs) {}

  /** From now on everything is asked and told by these. */
  use(dialogs: Dialogs): void {
    this.held = dialogs;
  }

  brief(message: string, time: number): void {
    this.held.brief(message, time);
  }
}
