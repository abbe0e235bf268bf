import { BelayError } from '../errors';
import type { Lease, Resource } from './model';
import { formatResource } from './resource';

export type LeaseReason = 'lease_lost' | 'lease_required' | 'lease_held' | 'lease_unreadable';

/** What a fenced writer tried to save, kept beside the chain. */
export interface KeptAside {
  readonly ref: string;
  readonly checkpoint: string;
}

/**
 * A lease that does not allow what was to be done. `lease_lost` and `lease_required` are only ever said after the lease
 * was read and says so; one that could not be read is `lease_unreadable`.
 */
export class LeaseError extends BelayError {
  constructor(
    override readonly reason: LeaseReason,
    readonly resource: Resource,
    message: string,
    /** The lease as it is now; undefined when there is none (any more), or none could be read. */
    readonly current: Lease | undefined,
    readonly kept?: KeptAside,
    options?: { readonly cause?: unknown },
  ) {
    super(reason, message, options);
  }

  /** The same refusal, with one more sentence about what came of it. */
  saying(sentence: string): LeaseError {
    const message = `${this.message} ${sentence}`;
    return new LeaseError(this.reason, this.resource, message, this.current, this.kept, { cause: this });
  }

  /** The same refusal, with what was kept of the writer's work. */
  keeping(kept: KeptAside): LeaseError {
    const message = `${this.message} What it tried to save is kept as the stale checkpoint ${kept.checkpoint.slice(0, 10)} on ${kept.ref}.`;
    return new LeaseError(this.reason, this.resource, message, this.current, kept, { cause: this });
  }
}

/** In words, why a token is not the current one. */
export function lostMessage(resource: Resource, current: Lease | undefined): string {
  const name = formatResource(resource);
  if (current === undefined) {
    return `The lease of ${name} was given up and cleared away.`;
  }
  const when = new Date(current.changed).toISOString();
  switch (current.status) {
    case 'held':
      return `The lease of ${name} belongs to ${current.owner} since ${when}.`;
    case 'released':
      return `The lease of ${name} was released by ${current.endedBy ?? current.owner} at ${when}.`;
    case 'ended':
      return `${name} was ended by ${current.endedBy ?? current.owner} at ${when}.`;
  }
}
