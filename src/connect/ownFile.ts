import type { OwnText } from '../agents/installation';
import { BelayError } from '../errors';
import type { Format } from './format';

/** A file that is wholly Belay's. A person's own of that name is never replaced. */
export function ownFile({ text, mark, executable, earlier }: OwnText): Format {
  const isOurs = (found: string): boolean => found.split(/\r?\n/).includes(mark);
  return {
    executable,
    state: (found) =>
      found === undefined ? 'absent' : found === text ? 'connected' : isOurs(found) ? 'partial' : notOurs(),
    lacks: (found) => earlier.get(found) ?? [],
    connect: (found) => ({
      text: found === undefined || earlier.has(found) ? text : isOurs(found) ? found : notOurs(),
      containers: [],
    }),
    disconnect: (found) => {
      if (found === text || earlier.has(found)) {
        return undefined;
      }
      if (isOurs(found)) {
        throw new BelayError(
          'config_not_ours',
          'It was changed by hand since Belay wrote it. Remove it yourself.',
        );
      }
      return found;
    },
  };
}

function notOurs(): never {
  throw new BelayError('config_not_ours', 'A file of that name is there already, and it is not Belay’s.');
}
