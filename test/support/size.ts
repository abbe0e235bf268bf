import { randomInt } from 'node:crypto';
import * as v from 'valibot';
import { Random } from './random';

/**
 * How much the tests do that could go on for ever. `BELAY_TEST_SIZE` is `short`, which is the default and fits into `npm test`,
 * or `long` (`npm run test:long`). Whatever they choose at random comes from `BELAY_TEST_SEED`: a short run has the same one
 * each time, a long one another, and every file prints what would repeat it, as far as the timing of processes lets it.
 */
export const size = v.parse(v.picklist(['short', 'long']), process.env['BELAY_TEST_SIZE'] ?? 'short');

const seed = v.parse(
  v.pipe(v.number(), v.safeInteger()),
  Number(process.env['BELAY_TEST_SEED'] ?? (size === 'short' ? 20_261 : randomInt(2 ** 31))),
);

export function sized<T>(amounts: { readonly short: T; readonly long: T }): T {
  return amounts[size];
}

/** A row of random numbers by itself: so that a test chooses the same whatever others have chosen before it. */
export function seeded(row: number): Random {
  return new Random(seed ^ Math.imul(row, 0x9e37_79b1));
}

/** Has the `describe` that it is called in print what would repeat it. */
export function printSeed(): void {
  before(() => {
    console.log(`      BELAY_TEST_SIZE=${size} BELAY_TEST_SEED=${seed}`);
  });
}
