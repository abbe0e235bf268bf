import { AsyncLocalStorage } from 'node:async_hooks';

/** What an operation can change, told apart where a person would. */
export type ChangedKind =
  'reference' | 'file' | 'index' | 'worktree' | 'configuration' | 'fetched' | 'pushed';

/** One thing that an operation changed. */
export interface Changed {
  readonly kind: ChangedKind;
  /** The reference, the file (absolute), the worktree's folder, or the remote. */
  readonly name: string;
  /** What tells the state before from others; undefined: there was none. */
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** Where the old content of a path is, which did not come back to its name: in a checkpoint, or in a file beside it. */
export interface MovedAway {
  /** One character per byte, as git has it. */
  readonly path: string;
  readonly checkpoint?: string;
  readonly as?: string;
}

/**
 * What one operation has changed so far, as the layers that change something note it. What is put back is taken out again.
 * What a person is told to be untouched is read here, and nowhere else.
 */
export class Ledger {
  private readonly entries = new Map<string, Changed>();
  private readonly doubts = new Set<ChangedKind>();
  /** What a person is to hear of whatever becomes of the operation. */
  readonly moved: MovedAway[] = [];

  constructor(private readonly outer: Ledger | undefined) {}

  note(change: Changed): void {
    const key = `${change.kind}\0${change.name}`;
    const from = this.entries.has(key) ? this.entries.get(key)?.from : change.from;
    this.entries.delete(key);
    if (from !== change.to) {
      this.entries.set(key, { ...change, from });
    }
    this.outer?.note(change);
  }

  move(moved: readonly MovedAway[]): void {
    this.moved.push(...moved);
    this.outer?.move(moved);
  }

  /** That something of this kind may have changed, and it could not be found out whether. */
  doubt(kind: ChangedKind): void {
    this.doubts.add(kind);
    this.outer?.doubt(kind);
  }

  /** In the order in which it was done. */
  get changes(): readonly Changed[] {
    return [...this.entries.values()];
  }

  get doubtful(): ReadonlySet<ChangedKind> {
    return this.doubts;
  }
}

const current = new AsyncLocalStorage<Ledger>();

/** A ledger for one operation: what is noted in it is noted in that of the operation around it, too. */
export function openLedger(): Ledger {
  return new Ledger(current.getStore());
}

/** Runs something with what it changes noted in this ledger. */
export function notingIn<T>(ledger: Ledger, run: () => Promise<T>): Promise<T> {
  return current.run(ledger, run);
}

/** Notes a change in the ledger of the operation that runs, if one is kept. */
export function noteChange(
  kind: ChangedKind,
  name: string,
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
): void {
  current.getStore()?.note({ kind, name, from, to });
}

/** Notes where contents are that did not come back to their names. */
export function noteMoved(moved: readonly MovedAway[]): void {
  current.getStore()?.move(moved);
}

/** Notes that it is not known whether something of this kind was changed. */
export function noteDoubt(kind: ChangedKind): void {
  current.getStore()?.doubt(kind);
}
