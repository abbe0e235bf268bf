import * as v from 'valibot';
import { formatCommit, formatTrailers, readCommit, readTrailers, type Trailer } from '../git/commit';
import type { StoredObject } from '../git/plumbing';
import type { Worktree } from '../git/worktree';

/** The kind of name that was lost. */
export type FallenKind = 'branch' | 'tag' | 'stash' | 'head' | 'worktree';

/** One lost thing: the commits that only it named are held by the backup that it stands in. */
export interface FallenThing {
  readonly what: FallenKind;
  /** Its short name: of a branch or tag, or the key of a worktree that went; undefined for an entry of the stash, and HEAD. */
  readonly name: string | undefined;
  /** Its newest commit. */
  readonly tip: string;
  /** Of its newest commits. */
  readonly subjects: readonly string[];
  /** How many commits no reference outside of `refs/belay` reached when it was noticed. */
  readonly lost: number;
}

/** Whose call it was, where a connected agent's call did it. */
export interface Doer {
  readonly session: string | undefined;
  readonly agent: string | undefined;
  /** The program, of git the verb and what made it dangerous: never an argument. */
  readonly command: string | undefined;
}

/** What was lost by one tool call, or outside Belay. */
export interface FallRecord extends Doer {
  readonly things: readonly FallenThing[];
  /** Whether a person has seen enough of it. */
  readonly dismissed: boolean;
  /** What there is to say beside, such as what could not be held. */
  readonly note: string | undefined;
}

/** How many subjects a record keeps of each thing. */
export const keptSubjects = 5;
/** A commit has at most so many of the held ones as parents. */
const parentLimit = 500;

const oid = v.pipe(v.string(), v.regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/));
const thing = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    what: v.picklist(['branch', 'tag', 'stash', 'head', 'worktree']),
    name: v.optional(v.string()),
    tip: oid,
    subjects: v.array(v.string()),
    lost: v.pipe(v.number(), v.integer(), v.minValue(0)),
  }),
);
const record = v.object({
  things: v.pipe(v.array(thing), v.minLength(1)),
  session: v.undefinedable(v.string()),
  agent: v.undefinedable(v.string()),
  command: v.undefinedable(v.pipe(v.string(), v.maxLength(80))),
  dismissed: v.undefinedable(v.string()),
  note: v.undefinedable(v.string()),
});

/** Writes a record as a commit that holds the things, and gives its id. No reference names it yet. */
export async function writeFall(worktree: Worktree, fall: FallRecord, time: number): Promise<string> {
  const { plumbing } = worktree;
  const tree = await plumbing.writeTree([]);
  const seconds = Math.floor(time / 1000);
  let parents = [...new Set(fall.things.map(({ tip }) => tip))];
  while (parents.length > parentLimit) {
    const bundles: string[] = [];
    for (let from = 0; from < parents.length; from += parentLimit) {
      const part = parents.slice(from, from + parentLimit);
      const message = 'Some of what fell off\n';
      bundles.push(
        await plumbing.writeCommit(
          formatCommit({ tree, parents: part, agent: 'Belay', time: seconds, message }),
        ),
      );
    }
    parents = bundles;
  }
  const fields: Trailer[] = [
    ...fall.things.map((one): Trailer => ['Belay-Fell', JSON.stringify(one)]),
    ['Belay-Session', fall.session],
    ['Belay-Agent', fall.agent],
    ['Belay-Command', fall.command],
    ['Belay-Note', fall.note],
    ['Belay-Dismissed', fall.dismissed ? 'yes' : undefined],
  ];
  const count = fall.things.length;
  const message = formatTrailers(count === 1 ? 'Fell off: one thing' : `Fell off: ${count} things`, fields);
  return plumbing.writeCommit(formatCommit({ tree, parents, agent: 'Belay', time: seconds, message }));
}

/** The record that an object is; undefined when it is something else, such as a commit that is held itself. */
export function parseFall(object: StoredObject | undefined): FallRecord | undefined {
  if (object?.type !== 'commit') {
    return undefined;
  }
  const { trailers } = readTrailers(readCommit(object.content.toString('utf8')).message);
  const one = (name: string): string | undefined => trailers.get(`Belay-${name}`)?.[0];
  const result = v.safeParse(record, {
    things: trailers.get('Belay-Fell') ?? [],
    session: one('Session'),
    agent: one('Agent'),
    command: one('Command'),
    dismissed: one('Dismissed'),
    note: one('Note'),
  });
  if (!result.success) {
    return undefined;
  }
  const { things, dismissed } = result.output;
  return {
    ...result.output,
    things: things.map(({ what, name, tip, subjects, lost }) => ({ what, name, tip, subjects, lost })),
    dismissed: dismissed !== undefined,
  };
}
