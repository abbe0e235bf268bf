import { BelayError } from './errors';
import { notingIn, openLedger, type Ledger } from './ledger';

/**
 * Runs one operation with a ledger of its own; one that runs inside of another is in both. A failure that comes out of it
 * carries the ledger of the innermost one.
 */
export async function withLedger<T>(run: (ledger: Ledger) => Promise<T>): Promise<T> {
  const ledger = openLedger();
  try {
    return await notingIn(ledger, () => run(ledger));
  } catch (thrown) {
    if (thrown instanceof BelayError) {
      thrown.ledger ??= ledger;
    }
    throw thrown;
  }
}
