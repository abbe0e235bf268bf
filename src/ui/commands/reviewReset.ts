import type { App } from '../app';
import type { CommandArguments } from './ids';
import { decisionOf } from './pickDecision';

/** Opens the review page of what waits for the person. */
export async function reviewReset(app: App, args: CommandArguments): Promise<void> {
  const waiting = await decisionOf(app, args);
  if (waiting !== undefined) {
    await app.reviews.show(waiting.model, waiting.decision);
  }
}
