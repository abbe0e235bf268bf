import type { Ledger } from './ledger';
import { reasons, type ExitCode, type Reason, type ReasonText } from './reasons';
import { checkpointIn } from './told';
import { doneWords, untouchedWords } from './toldWords';

/** A failure with a reason that code can match on and a sentence that a person can act on. */
export class BelayError extends Error {
  override readonly name = 'BelayError';
  /** What the operation had changed by then, once it has come out of `withLedger`; undefined: nobody kept it. */
  ledger: Ledger | undefined;

  constructor(
    readonly reason: Reason,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }

  get exitCode(): ExitCode {
    return reasons[this.reason].exitCode;
  }

  /** What was left untouched, from what happened. */
  get untouched(): string {
    return untouchedWords(this.ledger);
  }

  /** What was done before it failed; undefined where that is nothing, or nobody knows. */
  get done(): string | undefined {
    return doneWords(this.ledger);
  }

  get next(): string {
    const row: ReasonText = reasons[this.reason];
    const { ledger } = this;
    if (ledger === undefined) {
      return row.next;
    }
    const changed = ledger.doubtful.has('file') || ledger.changes.some(({ kind }) => kind === 'file');
    const next = changed ? row.next : (row.nextUnchanged ?? row.next);
    return next.replace('CHECKPOINT', checkpointIn(ledger)?.slice(0, 10) ?? 'CHECKPOINT');
  }
}

/** @throws BelayError `cancelled` with that message once the signal is aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined, message: string): void {
  if (signal?.aborted === true) {
    throw new BelayError('cancelled', message);
  }
}

/** For `catch`: the value where Belay itself refuses, for one of these reasons where some are given; anything else is thrown on. */
export function whenRefusedByBelay<T>(value: T, ...of: readonly Reason[]): (thrown: unknown) => T {
  return (thrown) => {
    if (thrown instanceof BelayError && (of.length === 0 || of.includes(thrown.reason))) {
      return value;
    }
    throw thrown;
  };
}

/** The sentence of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
