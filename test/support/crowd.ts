import fs from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { git, start } from './processes';
import type { Random } from './random';
import type { TestRepo } from './repo';
import type { Acknowledged } from './survey';
import { readAnswer, startCheckpoint, type Answer, type Programs } from './workers';

export interface Place {
  readonly folder: string;
  /** The worktree's root, where the session's file is. */
  readonly root: string;
  readonly env?: Readonly<Record<string, string>>;
}

export type Mode = 'paths' | 'whole';

export interface CrowdOptions {
  readonly processes: number;
  readonly each: number;
  /** Whether the process of a session names the file that it wrote or has everything scanned. */
  readonly mode: (session: number) => Mode;
  /** Where each session works. */
  readonly place: (session: number) => Place;
}

/** As often as a session may find that another one's scan has captured its file already. */
const patience = 40;

/**
 * So many sessions at once, each of which writes its own file and takes a checkpoint, with one process of the command
 * line for each checkpoint. Where another session's scan was first to capture the file, it writes again, so that every
 * session ends with exactly `each` checkpoints of its own.
 */
export async function crowd(programs: Programs, options: CrowdOptions): Promise<Acknowledged[]> {
  const sessions = Array.from({ length: options.processes }, (_, index) =>
    oneSession(programs, options, index),
  );
  return (await settled(sessions)).flat();
}

async function oneSession(programs: Programs, options: CrowdOptions, index: number): Promise<Acknowledged[]> {
  const session = `session-${index}`;
  const place = options.place(index);
  const file = `${session}.txt`;
  const acknowledged: Acknowledged[] = [];
  let created = 0;
  for (let tries = 0; created < options.each; tries += 1) {
    if (tries > options.each + patience) {
      throw new Error(`${session} found nothing new again and again.`);
    }
    const content = `${session} step ${created + 1} try ${tries}\n`;
    await replaceFile(place.root, file, content);
    const ended = await startCheckpoint(
      programs,
      { session, paths: options.mode(index) === 'paths' ? [path.join(place.root, file)] : [] },
      { cwd: place.folder, ...(place.env === undefined ? {} : { env: place.env }) },
    ).ended;
    const answer = readAnswer(ended);
    acknowledged.push({ answer, file, content, ms: ended.ms });
    created += answer.created ? 1 : 0;
  }
  return acknowledged;
}

/** Writes a file in one go: somebody else's scan must not see it half written, which would be a state of its own. */
async function replaceFile(root: string, file: string, content: string): Promise<void> {
  const fresh = path.join(path.dirname(root), `${path.basename(root)}.${file}`);
  await fs.writeFile(fresh, content);
  await fs.rename(fresh, path.join(root, file));
}

const Line = v.object({
  content: v.string(),
  ms: v.number(),
  answer: v.custom<Answer>((value) => typeof value === 'object'),
});

/** As {@link crowd}, but each process takes all of its checkpoints itself, as a long-lived agent does. */
export async function crowdOfWorkers(programs: Programs, options: CrowdOptions): Promise<Acknowledged[]> {
  const sessions = Array.from({ length: options.processes }, async (_, index) => {
    const session = `session-${index}`;
    const { folder } = options.place(index);
    const args = ['checkpoints', folder, session, String(options.each), options.mode(index)];
    const running = start(process.execPath, [programs.worker, ...args], {
      cwd: folder,
      limit: 300_000,
    });
    const { code, stdout, stderr } = await running.ended;
    if (code !== 0) {
      throw new Error(`${session}: ${stderr}`);
    }
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => ({ ...v.parse(Line, JSON.parse(line)), file: `${session}.txt` }));
  });
  return (await settled(sessions)).flat();
}

/** Waits for all to end before it reports the first failure: nobody may still be writing when the folder goes. */
async function settled<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/** A foreign program that puts commits of its own on top of the shadow branch, comparing before it writes. */
export function foreignCommits(
  repo: TestRepo,
  ref: string,
  random: Random,
): (stop: AbortSignal) => Promise<string[]> {
  return async (stop) => {
    const landed: string[] = [];
    while (!stop.aborted) {
      const tip = (await git(repo.folder, 'rev-parse', '-q', '--verify', ref)).stdout.trim();
      if (tip !== '') {
        const oid = await commitOn(repo, tip, `Foreign ${landed.length}`);
        if ((await git(repo.folder, 'update-ref', ref, oid, tip)).code === 0) {
          landed.push(oid);
        }
      }
      await sleep(50 + random.below(150));
    }
    return landed;
  };
}

/** A foreign program that overwrites, rewinds and deletes the shadow branch without looking. @returns how often. */
export function foreignVandal(
  repo: TestRepo,
  ref: string,
  random: Random,
): (stop: AbortSignal) => Promise<number> {
  return async (stop) => {
    let done = 0;
    while (!stop.aborted) {
      const kind = random.below(3);
      const tip = (await git(repo.folder, 'rev-parse', '-q', '--verify', ref)).stdout.trim();
      let args: string[] = [];
      if (kind === 0) {
        args = ['update-ref', ref, await commitOn(repo, 'HEAD', `Overwrite ${done}`)];
      } else if (kind === 1 && tip !== '') {
        const back = (await git(repo.folder, 'rev-parse', '-q', '--verify', `${tip}^`)).stdout.trim();
        args = back === '' ? [] : ['update-ref', ref, back];
      } else if (tip !== '') {
        args = ['update-ref', '-d', ref];
      }
      if (args.length > 0 && (await git(repo.folder, ...args)).code === 0) {
        done += 1;
      }
      await sleep(30 + random.below(150));
    }
    return done;
  };
}

async function commitOn(repo: TestRepo, parent: string, message: string): Promise<string> {
  return (
    await git(repo.folder, 'commit-tree', `${parent}^{tree}`, '-p', parent, '-m', message)
  ).stdout.trim();
}

/** Deletes Belay's locks at random moments, and now and then its whole folder. @returns how often. */
export function lockThief(repo: TestRepo, random: Random): (stop: AbortSignal) => Promise<number> {
  return async (stop) => {
    const folder = path.join(repo.commonDir, 'belay');
    let done = 0;
    while (!stop.aborted) {
      const target = random.below(30) === 0 ? folder : path.join(folder, 'locks');
      await fs.rm(target, { recursive: true, force: true, maxRetries: 3, retryDelay: 1 }).catch(notEmpty);
      done += 1;
      await sleep(random.below(30));
    }
    return done;
  };
}

/** Somebody wrote into the folder while it was being removed. */
function notEmpty(thrown: unknown): void {
  if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOTEMPTY')) {
    throw thrown;
  }
}

/** A person at work in the same worktree: commits, switches branches, looks, and cleans up. @returns git's failures. */
export function user(
  repo: TestRepo,
  random: Random,
): (stop: AbortSignal) => Promise<{ done: number; failed: string[] }> {
  return async (stop) => {
    let done = 0;
    const failed: string[] = [];
    const act = async (...args: string[]): Promise<void> => {
      const { code, stderr } = await git(repo.folder, ...args);
      done += 1;
      if (code !== 0) {
        failed.push(`git ${args.join(' ')}: ${stderr}`);
      }
    };
    for (let round = 0; !stop.aborted; round += 1) {
      await fs.writeFile(path.join(repo.folder, 'user.txt'), `user ${round}\n`);
      await act('add', 'user.txt');
      await act('commit', '--quiet', '-m', `User ${round}`);
      await act('status', '--short');
      await act('switch', '--quiet', '-c', `branch-${round}`);
      await act('pack-refs', '--all');
      await act('gc', '--quiet');
      await act('switch', '--quiet', 'main');
      await sleep(random.below(20));
    }
    return { done, failed };
  };
}
