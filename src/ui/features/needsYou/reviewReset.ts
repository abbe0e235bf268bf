import type { App } from '../../rows/app';
import type { CommandArguments } from '../../rows/commandIds';
import { decisionOf } from './pickDecision';

/** Opens the review page of what waits for the person. */
export async function reviewReset(app: App, args: CommandArguments): Promise<void> {
  const waiting = await decisionOf(app, args);
  if (waiting !== undefined) {
    await app.reviews.show(waiting.model, waiting.decision);
  }
}
