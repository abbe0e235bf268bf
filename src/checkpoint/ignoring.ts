import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { ignoredUnder } from './ignoreCheck';
import {
  isOutside,
  lookAtSources,
  reachOf,
  type IgnoreRules,
  type IgnoreSource,
  type SeenSource,
} from './ignoreFiles';
import type { IgnoreRecord } from './ignoreRecord';

/** Rules other than today's, and the folders in which they may say something else. */
interface OtherRules {
  readonly rules: IgnoreRules;
  readonly reach: readonly GitPath[];
}

/** How many sets of rules that stand are told apart; beyond that the oldest become one. */
const heldSets = 16;

/**
 * What the last checkpoint's ignore rules say, beside those that git finds on the disk. As long as no ignore file has
 * changed that is nothing new, and git is not asked.
 */
export class Ignoring {
  /** The sources looked at that say something else than at the last checkpoint, or that changed while git looked. */
  private readonly changed: readonly IgnoreSource[];
  private readonly others: readonly OtherRules[];

  private constructor(
    private readonly worktree: Worktree,
    private readonly known: IgnoreRecord,
    private readonly before: ReadonlyMap<IgnoreSource, SeenSource>,
    private readonly now: ReadonlyMap<IgnoreSource, SeenSource>,
  ) {
    const unsteady = [...now].flatMap(([source, { stamp }]) => {
      const earlier = before.get(source);
      return earlier !== undefined && earlier.stamp !== stamp ? [source] : [];
    });
    const replaced = [...now].flatMap(([source, { rules }]) =>
      (rules ?? '') === (known.rules.get(source) ?? '') ? [] : [source],
    );
    this.changed = [...new Set([...replaced, ...unsteady])];
    const moving = unsteady.map(reachOf);
    this.others = [
      { rules: known.rules, reach: this.changed.map(reachOf) },
      ...known.held.map((_, index) => standing(known, index)),
      { rules: rulesOf(before), reach: moving },
      { rules: rulesOf(now), reach: moving },
    ].filter(({ rules, reach }) => rules.size > 0 && reach.length > 0);
  }

  /** To be begun before git looks at the disk; `more` are sources that the last checkpoint may not know. */
  static async begin(
    worktree: Worktree,
    known: IgnoreRecord,
    more: Iterable<IgnoreSource>,
  ): Promise<Ignoring> {
    const names = new Set([...known.rules.keys(), ...known.held.flatMap((set) => [...set.keys()]), ...more]);
    const seen = await lookAtSources(worktree, names);
    return new Ignoring(worktree, known, seen, seen);
  }

  /** As {@link begin}, for a few paths: only the sources that decide about them are looked at. */
  static async beginAbove(
    worktree: Worktree,
    known: IgnoreRecord,
    above: Iterable<IgnoreSource>,
  ): Promise<Ignoring> {
    const outside = [...known.rules.keys()].filter(isOutside);
    const seen = await lookAtSources(worktree, [...outside, ...above]);
    return new Ignoring(worktree, known, seen, seen);
  }

  /** Once git has looked, and with the sources that it has found. */
  async end(found: Iterable<IgnoreSource> = []): Promise<Ignoring> {
    const now = await lookAtSources(this.worktree, [...this.before.keys(), ...found]);
    return new Ignoring(this.worktree, this.known, this.before, now);
  }

  /** Whether today's rules are not those of the last checkpoint where this path lies. */
  differsAt(name: GitPath): boolean {
    return this.changed.some((source) => name.startsWith(reachOf(source)));
  }

  /** Whether rules other than today's may have a say about this path. */
  mayDiffer(name: GitPath): boolean {
    return this.others.some(({ reach }) => reach.some((folder) => name.startsWith(folder)));
  }

  /** Those of the paths that the last checkpoint's rules ignore, or rules that stand. A folder ends with a slash. */
  async ignoredBefore(paths: readonly GitPath[]): Promise<Set<GitPath>> {
    const ignored = new Set<GitPath>();
    for (const { rules, reach } of this.others) {
      const asked = paths.filter(
        (name) => !ignored.has(name) && reach.some((folder) => name.startsWith(folder)),
      );
      if (asked.length > 0) {
        for (const name of await ignoredUnder(this.worktree, rules, asked)) {
          ignored.add(name);
        }
      }
    }
    return ignored;
  }

  /** What the next checkpoint is to know, after a scan of everything. */
  afterScan(): Pick<IgnoreRecord, 'rules' | 'held'> {
    const missing = (rules: IgnoreRules): IgnoreRules =>
      new Map([...rules].filter(([source]) => this.now.get(source)?.rules === undefined));
    return {
      rules: rulesOf(this.now),
      held: bounded([...this.known.held, this.known.rules].map(missing).filter(({ size }) => size > 0)),
    };
  }

  /** What the next checkpoint is to know when only a few paths were looked at: nothing is forgotten until the next scan. */
  afterPaths(): Pick<IgnoreRecord, 'rules' | 'held'> {
    const changed = new Set(this.changed);
    const replaced = new Map([...this.known.rules].filter(([source]) => changed.has(source)));
    return {
      rules: new Map([
        ...[...this.known.rules].filter(([source]) => !changed.has(source)),
        ...[...rulesOf(this.now)].filter(([source]) => changed.has(source)),
      ]),
      held: replaced.size === 0 ? this.known.held : bounded([...this.known.held, replaced]),
    };
  }
}

/** The rules of the last checkpoint with those that stand since they went, from one set of them on. */
function standing(known: IgnoreRecord, from: number): OtherRules {
  const held = known.held.slice(from).flatMap((set) => [...set]);
  return { rules: new Map([...known.rules, ...held]), reach: held.map(([source]) => reachOf(source)) };
}

function rulesOf(seen: ReadonlyMap<IgnoreSource, SeenSource>): IgnoreRules {
  return new Map(
    [...seen].flatMap(([source, { rules }]): [IgnoreSource, string][] =>
      rules === undefined || rules === '' ? [] : [[source, rules]],
    ),
  );
}

function bounded(held: readonly IgnoreRules[]): readonly IgnoreRules[] {
  const over = held.length - heldSets;
  return over <= 0
    ? held
    : [new Map(held.slice(0, over + 1).flatMap((set) => [...set])), ...held.slice(over + 1)];
}
