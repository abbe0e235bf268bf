import * as v from 'valibot';
import type { Log } from './settings';

/** How often something is looked at, or drawn anew, while nothing happens. In milliseconds. */
interface Intervals {
  /** Until times like "2 min ago" are drawn again in the status bar. */
  readonly statusBar: number;
  /** Until the views draw such times again, and look who gives signs of life. Asks no git. */
  readonly life: number;
  /** Until it is looked whether an agent runs that is not heard of, while the Agents view can be seen. Asks no git. */
  readonly agents: number;
}

const halfMinute = 30_000;

/** Not below this, in milliseconds: rows that are drawn all the time cannot be clicked. */
const shortest = 100;

const Environment = v.object({
  BELAY_INTERVAL_MS: v.optional(v.pipe(v.string(), v.toNumber(), v.integer(), v.minValue(shortest))),
});

/**
 * Half a minute each, or all of them what the environment variable BELAY_INTERVAL_MS says: with it, many of them can be
 * watched to pass in a few seconds. What it says is left out, and warned of, where that is no whole number from 100.
 */
export function intervals(environment: NodeJS.ProcessEnv, log: Log): Intervals {
  const parsed = v.safeParse(Environment, environment);
  if (!parsed.success) {
    log.warn(`BELAY_INTERVAL_MS is not usable (${parsed.issues[0].message}); the default holds instead.`);
  }
  const every = (parsed.success ? parsed.output.BELAY_INTERVAL_MS : undefined) ?? halfMinute;
  return { statusBar: every, life: every, agents: every };
}
