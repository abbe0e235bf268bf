import { randomUUID } from 'node:crypto';
import type { Worktree } from '../../git/worktree';
import { LeaseError } from '../../leases/error';
import type { Lease } from '../../leases/lease';
import { formatIdentity, identityOf } from '../../refs/identity';
import type { Session } from '../../sessions/session';
import { OwnSessionLost } from '../platform/lostSession';

/** Who writes, and the lease under which it may: what every writing operation of the core takes. */
export interface Writer {
  readonly session: string;
  readonly agent: string;
  readonly leases: readonly string[];
}

/** This window's session in one repository. */
interface Standing {
  readonly session: string;
  /** The way to the repository that was used last. */
  worktree: Worktree;
  claiming?: Promise<Lease> | undefined;
  token?: string | undefined;
}

/**
 * The person in this window, as a session among the others: a fresh one for each window, whose lease is claimed before its
 * first write in a repository and names this process as its holder. So whatever becomes of the window, nothing of it
 * blocks the next one.
 */
export class OwnSession {
  readonly agent = 'editor';
  /** This process, the one that ends with the window. */
  readonly holder = identityOf(process.pid);
  private readonly first = freshId();
  private readonly had = new Set([this.first]);
  private readonly standings = new Map<string, Standing>();

  /** @param lost Told, once, when the session was found to be taken over or ended while it was not writing. */
  constructor(private readonly lost: (loss: OwnSessionLost) => void) {}

  /** The id of the session as of now; of the first repository where none is given. */
  idIn(worktree: Worktree | undefined): string {
    return (worktree && this.standings.get(keyOf(worktree))?.session) ?? this.first;
  }

  /** Whether this is, or was, a session of this window. */
  isOwn(session: string): boolean {
    return this.had.has(session);
  }

  /** Whether this window holds the lease, as its own session's or because the person took it over here. */
  holds(lease: Lease | undefined): boolean {
    return (
      lease?.status === 'held' &&
      lease.holder !== undefined &&
      formatIdentity(lease.holder) === formatIdentity(this.holder)
    );
  }

  /**
   * Does something that writes, under this window's lease.
   * @throws OwnSessionLost when another holder has the lease; the next write then starts a session of another id.
   */
  async write<T>(worktree: Worktree, work: (writer: Writer) => Promise<T>): Promise<T> {
    const standing = this.standingIn(worktree);
    const { session } = standing;
    const { token } = await this.claim(standing);
    try {
      return await work({ session, agent: this.agent, leases: [token] });
    } catch (thrown) {
      if (!(thrown instanceof LeaseError && isLossOf(thrown, session))) {
        throw thrown;
      }
      this.forget(worktree, session);
      throw new OwnSessionLost(session, thrown);
    }
  }

  /** Looks whether the sessions that were just read show that this window's was taken over. */
  notice(worktree: Worktree, sessions: readonly Session[]): void {
    const standing = this.standings.get(keyOf(worktree));
    const lease = sessions.find(({ id }) => id === standing?.session)?.lease;
    if (standing?.token === undefined || lease === undefined || lease.token === standing.token) {
      return;
    }
    this.forget(worktree, standing.session);
    this.lost(OwnSessionLost.seen(standing.session, lease));
  }

  /** Ends the session in one repository, where it has one. The next write starts another. */
  async end(worktree: Worktree): Promise<void> {
    const standing = this.standings.get(keyOf(worktree));
    this.standings.set(keyOf(worktree), this.fresh(worktree));
    if (standing?.token !== undefined) {
      const { endSession } = await import('../../sessions/lifecycle');
      await endSession(worktree, standing.session, { token: standing.token });
    }
  }

  /** Ends the session in every repository, for a window that closes. @returns what kept it from ending, if anything. */
  async endAll(): Promise<readonly unknown[]> {
    const ended = await Promise.allSettled(
      [...this.standings.values()].map(({ worktree }) => this.end(worktree)),
    );
    return ended.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : []));
  }

  private standingIn(worktree: Worktree): Standing {
    const key = keyOf(worktree);
    const standing: Standing = this.standings.get(key) ?? { session: this.first, worktree };
    standing.worktree = worktree;
    this.standings.set(key, standing);
    return standing;
  }

  private claim(standing: Standing): Promise<Lease> {
    standing.claiming ??= this.start(standing).catch((thrown: unknown) => {
      // The next write tries again.
      standing.claiming = undefined;
      throw thrown;
    });
    return standing.claiming;
  }

  private async start(standing: Standing): Promise<Lease> {
    const { startSession } = await import('../../sessions/lifecycle');
    const { session, worktree } = standing;
    const lease = await startSession(worktree, session, {
      owner: session,
      agent: this.agent,
      holder: this.holder,
    });
    standing.token = lease.token;
    return lease;
  }

  private forget(worktree: Worktree, session: string): void {
    if (this.standings.get(keyOf(worktree))?.session === session) {
      this.standings.set(keyOf(worktree), this.fresh(worktree));
    }
  }

  private fresh(worktree: Worktree): Standing {
    const session = freshId();
    this.had.add(session);
    return { session, worktree };
  }
}

function isLossOf({ reason, resource }: LeaseError, session: string): boolean {
  return reason === 'lease_lost' && resource.kind === 'session' && resource.name === session;
}

function keyOf(worktree: Worktree): string {
  return worktree.repository.commonDir;
}

function freshId(): string {
  return `editor-${randomUUID().slice(0, 8)}`;
}
