import { reasons, type ExitCode, type Reason } from './reasons';

/** A failure with a reason that code can match on and a sentence that a person can act on. */
export class BelayError extends Error {
  override readonly name = 'BelayError';

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

  get untouched(): string {
    return reasons[this.reason].untouched;
  }

  get next(): string {
    return reasons[this.reason].next;
  }
}

/** The sentence of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
