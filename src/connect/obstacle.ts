import { BelayError } from '../errors';
import { isDiskError } from '../git/diskErrors';
import { obstacleReasons, type ObstacleReason } from './connectionModel';

/** Why a file is left alone. @throws whatever was thrown for another reason. */
export function asObstacle(thrown: unknown): { readonly reason: ObstacleReason; readonly detail: string } {
  if (isDiskError(thrown)) {
    return { reason: 'config_unreadable', detail: `It could not be looked at: ${thrown.message}` };
  }
  if (thrown instanceof RangeError) {
    return { reason: 'config_unreadable', detail: 'It is more than can be parsed.' };
  }
  if (!(thrown instanceof BelayError)) {
    throw thrown;
  }
  const reason = obstacleReasons.find((one) => one === thrown.reason);
  if (reason === undefined) {
    throw thrown;
  }
  return { reason, detail: thrown.message };
}
