import { readdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { whenRefused } from '../git/diskErrors';
import { makeOwnFolder, writeOwnFile } from '../git/own';
import { uniqueName } from '../git/unique';
import type { Repository, Worktree } from '../git/worktree';
import { listRefs } from '../refs/listed';
import { foreignPrefix } from '../refs/names';
import { checkpointIn, type ParsedCheckpoint } from './message';

/** How many checkpoints back an earlier end is searched for before git is asked. */
const nearby = 64;
/** How many ends are remembered for a worktree: each closed segment has one. */
const endLimit = 1_000;
/** How many commits that no reference reaches are counted at most. */
const countLimit = 10_000;

const oid = v.pipe(v.string(), v.regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/));
const end = v.object({
  oid,
  segment: v.pipe(v.string(), v.regex(/^\d+$/)),
  /** When its worktree was made, which tells it from an earlier one of that key. */
  born: v.optional(v.string()),
});
const record = v.object({
  /** The last acknowledged checkpoint of each stretch of the worktree's chain, the newest first. */
  ends: v.pipe(v.array(end), v.maxLength(endLimit)),
  /** Whether a look has found that references no longer reach all of them. */
  lost: v.boolean(),
});

/** The last acknowledged checkpoint of a stretch of a worktree's chain. */
export type End = v.InferOutput<typeof end>;

/** What is remembered of a worktree's acknowledged checkpoints, beside the references and independent of them. */
export type Acknowledged = v.InferOutput<typeof record>;

/** Acknowledged checkpoints that no reference reaches any more. */
export interface Lost {
  /** The key of their worktree. */
  readonly worktree: string;
  /** Those that are still there, newest first. */
  readonly checkpoints: readonly ParsedCheckpoint[];
  /** The ends among them. */
  readonly ends: readonly End[];
  /** Ends whose objects are gone: nothing brings those back. */
  readonly gone: readonly End[];
}

/** What is remembered; undefined where there is nothing, or it cannot be read: then it is unknown, and nothing follows from it. */
export async function readAcknowledged(
  repository: Repository,
  key: string,
): Promise<Acknowledged | undefined> {
  const text = await readFile(recordFile(repository, key), 'utf8').catch(whenRefused(''));
  const found = v.safeParse(v.pipe(v.string(), v.parseJson(), record), text);
  return found.success ? found.output : undefined;
}

/** What another memory of the same says; undefined where it says something else. */
export function parseAcknowledged(value: unknown): Acknowledged | undefined {
  const found = v.safeParse(record, value);
  return found.success ? found.output : undefined;
}

/** Puts down what is remembered; a disk that refuses it costs nothing but the memory. */
export async function writeAcknowledged(
  repository: Repository,
  key: string,
  known: Acknowledged,
): Promise<void> {
  const file = recordFile(repository, key);
  const fresh = `${file}.${uniqueName()}`;
  const wrote = async (): Promise<void> => {
    await makeOwnFolder(repository, 'worktrees', key);
    await writeOwnFile(
      repository,
      fresh,
      `${JSON.stringify({ ...known, ends: known.ends.slice(0, endLimit) })}\n`,
    );
    await rename(fresh, file);
  };
  await wrote().catch(whenRefused(undefined));
}

/** The keys of the worktrees that something is remembered of. */
export async function acknowledgedKeys(repository: Repository): Promise<string[]> {
  return readdir(path.join(repository.belayDir, 'worktrees')).catch(whenRefused([]));
}

/**
 * Remembers a checkpoint that is published, in place of what it stands on. Reads one file and writes it, and asks git nothing as
 * long as the chain grows from what was acknowledged last.
 * @returns what is lost, where what was acknowledged before is not all below it or held by references.
 */
export async function acknowledge(
  worktree: Worktree,
  checkpoint: ParsedCheckpoint,
): Promise<Lost | undefined> {
  const { repository, key } = worktree;
  const before = await readAcknowledged(repository, key);
  const [newest, ...older] = before?.ends ?? [];
  const follows =
    newest === undefined || newest.oid === checkpoint.oid || (await stands(worktree, checkpoint, newest));
  const folded = new Set(checkpoint.folded);
  const kept = [
    // The end of a segment that was closed stays one.
    ...(newest === undefined || (follows && newest.segment === checkpoint.segment) ? [] : [newest]),
    ...older.filter((one) => !folded.has(one.oid)),
  ];
  const own: End = {
    oid: checkpoint.oid,
    segment: checkpoint.segment,
    ...(checkpoint.worktreeBorn === undefined ? {} : { born: checkpoint.worktreeBorn }),
  };
  const ends = [own, ...kept.filter((one) => one.oid !== own.oid)];
  const lost = follows && before?.lost !== true ? undefined : await findLost(worktree, key, ends);
  await writeAcknowledged(repository, key, { ends, lost: lost !== undefined });
  return lost;
}

/** As {@link acknowledge}, where there is nothing new: only where something is known to be lost, that is looked at again. */
export async function lostStill(worktree: Worktree): Promise<Lost | undefined> {
  const known = await readAcknowledged(worktree.repository, worktree.key);
  return known?.lost === true ? lostOf(worktree, worktree.key, known) : undefined;
}

/** What is lost of a worktree's acknowledged checkpoints, by a look at all that is remembered and all references. */
export async function lostOf(
  worktree: Worktree,
  key: string,
  known: Acknowledged,
): Promise<Lost | undefined> {
  const lost = await findLost(worktree, key, known.ends);
  if (known.lost !== (lost !== undefined)) {
    await writeAcknowledged(worktree.repository, key, { ...known, lost: lost !== undefined });
  }
  return lost;
}

/** Takes ends off the record: what a person has removed, or what is gone for good, is not missed. */
export async function strike(repository: Repository, key: string, ends: readonly End[]): Promise<void> {
  const known = await readAcknowledged(repository, key);
  if (known !== undefined) {
    const struck = new Set(ends.map((one) => one.oid));
    const left = known.ends.filter((one) => !struck.has(one.oid));
    await writeAcknowledged(repository, key, { ends: left, lost: false });
  }
}

/** The newest acknowledged checkpoint of a worktree that is still there. */
export async function newestAcknowledged(worktree: Worktree, key: string): Promise<string | undefined> {
  const known = await readAcknowledged(worktree.repository, key);
  const objects = await worktree.plumbing.objects((known?.ends ?? []).map((one) => one.oid));
  return objects.map((object) => checkpointIn(object)).find((found) => found?.worktree === key)?.oid;
}

/** "3 acknowledged checkpoints of main are named by no reference any more", and what of them is gone. */
export function lostWords({ worktree, checkpoints, gone }: Lost): string {
  const count = checkpoints.length;
  const named =
    count === 0
      ? []
      : [
          `${count} acknowledged ${count === 1 ? 'checkpoint' : 'checkpoints'} of ${worktree} ${count === 1 ? 'is' : 'are'} named by no reference any more`,
        ];
  const [newest] = gone;
  const missing =
    newest === undefined
      ? []
      : [
          `the acknowledged checkpoint ${newest.oid.slice(0, 10)} of ${worktree} is gone, with what only it held`,
        ];
  return [...named, ...missing].join('; ');
}

/** Whether an end is the checkpoint's own, or near below it; git is asked nothing that needs a process of its own. */
async function stands(worktree: Worktree, checkpoint: ParsedCheckpoint, newest: End): Promise<boolean> {
  let at: ParsedCheckpoint | undefined = checkpoint;
  for (let step = 0; step < nearby && at !== undefined; step += 1) {
    if (at.oid === newest.oid || at.folded.includes(newest.oid)) {
      return true;
    }
    const [parent]: readonly string[] = at.parents;
    if (parent === newest.oid) {
      return true;
    }
    const [object] = parent === undefined || at.opensSegment ? [] : await worktree.plumbing.objects([parent]);
    at = checkpointIn(object);
  }
  return false;
}

async function findLost(worktree: Worktree, key: string, ends: readonly End[]): Promise<Lost | undefined> {
  const infos = ends.length === 0 ? [] : await worktree.plumbing.infos(ends.map((one) => one.oid));
  const gone = ends.filter((_, index) => infos[index]?.type !== 'commit');
  const there = ends.filter((one) => !gone.includes(one));
  const unreached = await unreachedFrom(worktree, there);
  if (unreached.length === 0 && gone.length === 0) {
    return undefined;
  }
  const objects = unreached.length === 0 ? [] : await worktree.plumbing.objects(unreached);
  const checkpoints = objects
    .flatMap((object) => checkpointIn(object) ?? [])
    .filter((found) => found.worktree === key && found.stale === undefined);
  const oids = new Set(unreached);
  return { worktree: key, checkpoints, ends: there.filter((one) => oids.has(one.oid)), gone };
}

/** The commits at and below these ends that no reference reaches, newest first; what was set aside does not count. */
async function unreachedFrom(worktree: Worktree, ends: readonly End[]): Promise<string[]> {
  if (ends.length === 0) {
    return [];
  }
  const refs = (await listRefs(worktree, [])).filter(({ ref }) => !ref.startsWith(foreignPrefix));
  const named = new Set(refs.map(({ oid }) => oid));
  const asked = ends.filter((one) => !named.has(one.oid));
  if (asked.length === 0) {
    return [];
  }
  const commits = await worktree.plumbing.infos([...named].map((name) => `${name}^{commit}`));
  const tips = commits.flatMap((info) => (info === undefined ? [] : [`^${info.oid}`]));
  const listed = await worktree.git.text({
    args: ['rev-list', `--max-count=${countLimit}`, '--stdin'],
    cwd: worktree.root,
    input: `${[...asked.map((one) => one.oid), ...tips].join('\n')}\n`,
  });
  return listed.split('\n').filter((line) => line !== '');
}

function recordFile(repository: Repository, key: string): string {
  return path.join(repository.belayDir, 'worktrees', key, 'acknowledged.json');
}
