import type { Checkpoint } from '../../checkpoint/checkpoint';
import type { Session } from '../../sessions/session';

/** How many checkpoints of a session are shown at first, and how many more "Load More" brings. */
const pageSize = 200;

export interface Page {
  readonly checkpoints: readonly Checkpoint[];
  /** There are older ones. */
  readonly more: boolean;
}

interface Held extends Page {
  readonly latest: string | undefined;
  readonly wanted: number;
}

/** Reads a session's newest checkpoints, newest first. */
type ReadCheckpoints = (session: string, limit: number, before?: string) => Promise<readonly Checkpoint[]>;

/**
 * The checkpoints of each session as far as a person has asked for them. Checkpoints never change, so what is held
 * stays good until the session takes another one.
 */
export class Pages {
  private readonly held = new Map<string, Held>();
  private readonly wanted = new Map<string, number>();

  constructor(private readonly read: ReadCheckpoints) {}

  async of(session: Session): Promise<Page> {
    const wanted = this.wanted.get(session.id) ?? pageSize;
    const held = this.held.get(session.id);
    if (held !== undefined && held.latest === session.latest?.oid && held.wanted === wanted) {
      return held;
    }
    const page = await this.extend(session, held, wanted);
    this.held.set(session.id, { ...page, latest: session.latest?.oid, wanted });
    return page;
  }

  /** Makes the next {@link of} bring one page more. */
  wantMore(session: string): void {
    this.wanted.set(session, (this.wanted.get(session) ?? pageSize) + pageSize);
  }

  /** What is already held of a session, without reading anything. */
  peek(session: string): readonly Checkpoint[] {
    return this.held.get(session)?.checkpoints ?? [];
  }

  private async extend(session: Session, held: Held | undefined, wanted: number): Promise<Page> {
    const last = held?.checkpoints.at(-1);
    if (held !== undefined && held.latest === session.latest?.oid && last !== undefined && held.more) {
      const lacking = wanted - held.checkpoints.length;
      const older = await this.read(session.id, lacking + 1, last.oid);
      return cut([...held.checkpoints, ...older], wanted);
    }
    return cut(await this.read(session.id, wanted + 1), wanted);
  }
}

function cut(checkpoints: readonly Checkpoint[], wanted: number): Page {
  return { checkpoints: checkpoints.slice(0, wanted), more: checkpoints.length > wanted };
}
