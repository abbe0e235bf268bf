import { LeaseError, lostMessage } from '../../leases/error';
import type { Lease } from '../../leases/lease';

/** Another session or window has taken over or ended this window's own session. */
export class OwnSessionLost extends LeaseError {
  constructor(
    readonly session: string,
    refusal: LeaseError,
  ) {
    super('lease_lost', refusal.resource, refusal.message, refusal.current, refusal.kept, { cause: refusal });
  }

  /** As a look at the leases shows it, before a write was refused. */
  static seen(session: string, lease: Lease): OwnSessionLost {
    const { resource } = lease;
    return new OwnSessionLost(
      session,
      new LeaseError('lease_lost', resource, lostMessage(resource, lease), lease),
    );
  }
}
