import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { formatCommit, readCommit } from '../git/commit';
import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import type { IgnoreRules, IgnoreSource } from './ignoreFiles';
import type { CheckpointRequest } from './checkpoint';

/** What a checkpoint knows of ignore rules, and what a person has said of them. */
export interface IgnoreRecord {
  /** The rules as the checkpoint found them. */
  readonly rules: IgnoreRules;
  /**
   * The last rules of sources that are missing, which stand; and until the next whole scan those that a checkpoint of named
   * paths saw replaced. One set for each checkpoint that first missed something, the oldest first: what was missing
   * already has no say in what a file ignored that went later.
   */
  readonly held: readonly IgnoreRules[];
  /** Files and folders that a person has included, whatever the rules say. */
  readonly included: readonly GitPath[];
  /** What was captured until a rule came: named as a gap while it exists and is ignored. */
  readonly left: readonly GitPath[];
}

export const emptyRecord: IgnoreRecord = { rules: new Map(), held: [], included: [], left: [] };

const title = 'Ignore rules';
const sources = v.array(v.tuple([v.string(), v.string()]));
const paths = v.array(v.string());
const schema = v.object({ rules: sources, held: v.array(sources), included: paths, left: paths });

/** The record as text: equal texts are equal records. */
export function recordText({ rules, held, included, left }: IgnoreRecord): string {
  return JSON.stringify({
    rules: entries(rules),
    held: held.map(entries),
    included: [...included].sort(),
    left: [...left].sort(),
  });
}

/** What decides about the files that a private index may know: all of the record but for what it only names. */
export function rulesText(record: IgnoreRecord): string {
  return createHash('sha256')
    .update(recordText({ ...record, left: [] }))
    .digest('hex');
}

/** The record as a person changes it. */
export function withIncludes(record: IgnoreRecord, includes: CheckpointRequest['includes']): IgnoreRecord {
  const { add = [], remove = [] } = includes ?? {};
  const kept = record.included.filter((name) => !remove.includes(name));
  return { ...record, included: [...new Set([...kept, ...add])] };
}

/** Whether a path, or a folder around it, is among those included. */
export function isIncluded(name: GitPath, included: readonly GitPath[]): boolean {
  return included.some((folder) => isWithin(name, folder));
}

/** Whether a path is the other one, or lies below it. */
export function isWithin(name: GitPath, folder: GitPath): boolean {
  return name === folder || name.startsWith(`${folder}/`);
}

/**
 * Keeps the record as a commit, whose message it is: its files' contents are no objects of their own. The same record is
 * the same commit. An empty one needs none.
 */
export async function writeIgnoreRecord(
  worktree: Worktree,
  record: IgnoreRecord,
): Promise<string | undefined> {
  const text = recordText(record);
  if (text === recordText(emptyRecord)) {
    return undefined;
  }
  return worktree.plumbing.writeCommit(
    formatCommit({
      tree: await worktree.plumbing.writeTree([]),
      parents: [],
      agent: 'Belay',
      time: 0,
      message: `${title}\n\n${text}\n`,
    }),
  );
}

/** The record that a checkpoint names; an empty one where it names none, or a commit that is something else. */
export async function readIgnoreRecord(worktree: Worktree, oid: string | undefined): Promise<IgnoreRecord> {
  if (oid === undefined) {
    return emptyRecord;
  }
  const { content } = await worktree.plumbing.object(oid);
  const { message } = readCommit(content.toString('utf8'));
  const found = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), message.slice(title.length));
  if (!found.success) {
    return emptyRecord;
  }
  const { rules, held, included, left } = found.output;
  return { rules: new Map(rules), held: held.map((layer) => new Map(layer)), included, left };
}

function entries(rules: IgnoreRules): [IgnoreSource, string][] {
  return [...rules].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
