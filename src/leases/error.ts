import { BelayError, messageOf } from '../errors';
import type { Reason } from '../reasons';
import type { Lease, Resource } from './lease';
import { formatResource } from './resource';

export type LeaseReason = 'lease_lost' | 'lease_required' | 'lease_held' | 'lease_unreadable';

/** Why something of what a fenced writer tried to save is not kept, in one word. */
export type Unkept = Reason | 'too_slow' | 'unexpected';

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
    /** The current lease; undefined when there is none (any more), or none could be read. */
    readonly current: Lease | undefined,
    readonly kept?: KeptAside,
    private readonly more?: { readonly cause?: unknown; readonly unkept?: Unkept | undefined },
  ) {
    super(reason, message, more);
  }

  /** Why something of what the writer tried to save is not kept, in one word; undefined where all of it is. */
  get unkept(): Unkept | undefined {
    return this.more?.unkept;
  }

  /** The same refusal, with one more sentence about what came of it. */
  saying(sentence: string): LeaseError {
    return this.with(`${this.message} ${sentence}`, this.kept, this.unkept);
  }

  /** The same refusal of a writer whose work could not be kept. */
  keepingNothing(because: unknown): LeaseError {
    const message = `${this.message} What it tried to save could not be kept: ${messageOf(because)}`;
    const unkept = because instanceof BelayError ? because.reason : 'unexpected';
    return this.with(message, this.kept, unkept);
  }

  /** The same refusal of a writer whose slow files are not kept yet. */
  withoutSlowFiles(): LeaseError {
    return this.with(`${this.message} Files that take long to store are not in it.`, this.kept, 'too_slow');
  }

  /** The same refusal, with what was kept of the writer's work. */
  keeping(kept: KeptAside): LeaseError {
    const message = `${this.message} What it tried to save is kept as the stale checkpoint ${kept.checkpoint.slice(0, 10)} on ${kept.ref}.`;
    return this.with(message, kept, this.unkept);
  }

  private with(message: string, kept: KeptAside | undefined, unkept: LeaseError['unkept']): LeaseError {
    return new LeaseError(this.reason, this.resource, message, this.current, kept, { cause: this, unkept });
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
