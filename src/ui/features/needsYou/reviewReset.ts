import type { App } from '../../rows/app';
import { decisionOf, type OnDecision } from './pickDecision';

/** Opens the review page of what waits for the person. */
export async function reviewReset(app: App, on: OnDecision | undefined): Promise<void> {
  const waiting = await decisionOf(app, on);
  if (waiting !== undefined) {
    await app.reviews.show(waiting.model, waiting.decision);
  }
}
