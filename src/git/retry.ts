import { setTimeout as sleep } from 'node:timers/promises';

/** What a try ends with that is to be made again, all of it: what it has read moved meanwhile, or what it needs is taken. */
export class Again {
  /** @param otherwise What is thrown where this was the last try. */
  constructor(readonly otherwise: Error) {}
}

/**
 * Tries until something comes of it. There is one try at least; `tries` says how many at most, and `withinMs` for how long
 * another one is begun. `pauseMs` is the pause before the next one.
 * @param step is told which try it is, from 1 on.
 * @throws what `step` throws, at once; and of the last try what it says.
 */
export async function retry<T>(
  limits: {
    readonly tries?: number;
    readonly withinMs?: number;
    readonly pauseMs?: (attempt: number) => number;
  },
  step: (attempt: number) => Promise<T | Again>,
): Promise<T> {
  const { tries = Infinity, withinMs = Infinity, pauseMs } = limits;
  const began = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    const result = await step(attempt);
    if (!(result instanceof Again)) {
      return result;
    }
    if (attempt >= tries || performance.now() - began >= withinMs) {
      throw result.otherwise;
    }
    if (pauseMs !== undefined) {
      await sleep(pauseMs(attempt));
    }
  }
}

/** A pause for writers that race for the same reference: by chance, and longer each time, so that they part. */
export function jitterMs(attempt: number): number {
  return (2 + Math.random() * 10) * attempt;
}
