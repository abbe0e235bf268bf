import { Bounded } from '../git/children';
import { GitError } from '../git/errors';
import { startError } from '../git/git';
import { pathBytes, pathFromBytes, quoteBytes, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { fileEntry, hashAlone, type DiskEntry, type Hashed } from './hash';
import type { Pace } from './pace';
import { readStored, rememberStored, stampOf, type Stamp, type StoredBefore } from './stored';

/** A file that git is at for longer than this, in milliseconds, while others wait, has to wait itself. */
const stallMs = 500;

/** Time limit in ms for one slow file while other slow ones wait. */
const slowStallMs = 60_000;

/** From so many files on, what was stored is remembered when not all of them fit. */
const many = 200;

/** How many files are looked at at once. */
const width = 64;

const tooSlow: Hashed = { kind: 'uncovered', reason: 'too_slow' };

/**
 * Stores files so that a slow one holds up none of the others: small ones first, those that go through a filter of the user's
 * last as soon as one has proven slow, and what is not stored when the time is up is left out. What slow ones became is
 * remembered, so that the next look has them at once. Without a pace all are stored, however long it takes.
 */
export async function storeFiles(
  worktree: Worktree,
  files: readonly GitPath[],
  found: ReadonlyMap<GitPath, DiskEntry>,
  pace: Pace | undefined,
  signal: AbortSignal | undefined,
): Promise<Map<GitPath, Hashed>> {
  const work = new Storing(worktree, found, pace, signal);
  const known = await work.takeKnown(files);
  const rest = files.filter((name) => !known.has(name));
  const slow = await work.storeQuick(rest.sort((a, b) => sizeOf(found, a) - sizeOf(found, b)));
  await work.storeSlow(slow);
  for (const name of files) {
    if (!work.hashed.has(name)) {
      work.hashed.set(name, tooSlow);
    }
  }
  return work.hashed;
}

class Storing {
  readonly hashed = new Map<GitPath, Hashed>();

  constructor(
    private readonly worktree: Worktree,
    private readonly found: ReadonlyMap<GitPath, DiskEntry>,
    private readonly pace: Pace | undefined,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** Takes what is remembered, and leaves out what is known to be slow. */
  async takeKnown(files: readonly GitPath[]): Promise<ReadonlySet<GitPath>> {
    const stored = files.length === 0 ? new Map<GitPath, StoredBefore>() : await readStored(this.worktree);
    for (const name of files) {
      const before = stored.get(name);
      if (before !== undefined && before.stamp === (await stampOf(this.worktree, name))?.text) {
        this.put(name, before.oid, true);
      } else if (this.pace?.leavesOut(name) === true) {
        this.hashed.set(name, tooSlow);
      }
    }
    return new Set(this.hashed.keys());
  }

  /** @returns those that were put off because git was too long at one of them. */
  async storeQuick(files: readonly GitPath[]): Promise<GitPath[]> {
    const slow: GitPath[] = [];
    const stamps = this.pace !== undefined && files.length >= many ? await this.stampsOf(files) : undefined;
    for (let rest = files; rest.length > 0 && this.leftMs() > 0;) {
      const { oids, why } = await this.hash(rest, rest.length > 1 ? stallMs : this.leftMs());
      oids.forEach((oid, index) => {
        this.put(rest[index] ?? '', oid, false);
      });
      const culprit = rest[oids.length];
      if (culprit === undefined) {
        break;
      }
      rest = rest.slice(oids.length + 1);
      if (why === 'failed') {
        await this.alone(culprit);
        continue;
      }
      const filtered = slow.length === 0 ? await filteredOf(this.worktree, rest) : new Set<GitPath>();
      slow.push(culprit, ...rest.filter((name) => filtered.has(name)));
      rest = rest.filter((name) => !filtered.has(name));
    }
    if (stamps !== undefined && files.some((name) => !this.hashed.has(name))) {
      // Not all of them fitted: the next look goes on from here.
      await this.remember([...this.hashed.keys()], stamps);
    }
    return slow;
  }

  /** Stores them as long as there is time, and remembers what they became. */
  async storeSlow(files: readonly GitPath[]): Promise<void> {
    const stored: GitPath[] = [];
    const stamps = await this.stampsOf(files);
    for (let rest = files; rest.length > 0 && this.leftMs() > 0;) {
      const { oids, why } = await this.hash(rest, slowStallMs);
      for (const [index, oid] of oids.entries()) {
        const name = rest[index] ?? '';
        this.put(name, oid, true);
        stored.push(name);
      }
      const culprit = rest[oids.length];
      if (culprit !== undefined && why === 'failed') {
        await this.alone(culprit);
      }
      rest = rest.slice(oids.length + 1);
    }
    await this.remember(stored, stamps);
  }

  /** How `stat` sees the files before they are read. */
  private async stampsOf(files: readonly GitPath[]): Promise<Map<GitPath, Stamp | undefined>> {
    const stamps = new Map<GitPath, Stamp | undefined>();
    for (let at = 0; at < files.length; at += width) {
      const some = files.slice(at, at + width);
      const seen = await Promise.all(some.map((name) => stampOf(this.worktree, name)));
      some.forEach((name, index) => stamps.set(name, seen[index]));
    }
    return stamps;
  }

  /** Remembers the result for files that were not written to during the run, nor shortly before. */
  private async remember(
    names: readonly GitPath[],
    before: ReadonlyMap<GitPath, Stamp | undefined>,
  ): Promise<void> {
    const after = await this.stampsOf(names);
    const fresh = new Map<GitPath, StoredBefore>();
    for (const name of names) {
      const [stamp, result] = [before.get(name), this.hashed.get(name)];
      if (stamp?.settled === true && stamp.text === after.get(name)?.text && result?.kind === 'stored') {
        fresh.set(name, { stamp: stamp.text, oid: result.entry.oid });
      }
    }
    await rememberStored(this.worktree, fresh);
  }

  private put(name: GitPath, oid: string, slow: boolean): void {
    this.hashed.set(name, {
      kind: 'stored',
      entry: fileEntry(this.worktree, this.found.get(name), oid),
      slow,
    });
  }

  private async alone(name: GitPath): Promise<void> {
    const limit = this.pace === undefined ? undefined : Math.max(1, this.pace.leftMs());
    try {
      this.hashed.set(name, await hashAlone(this.worktree, name, this.found.get(name), limit));
    } catch (thrown) {
      if (limit === undefined || !(thrown instanceof GitError) || thrown.failure !== 'timed_out') {
        throw thrown;
      }
    }
  }

  private leftMs(): number {
    return this.pace?.leftMs() ?? Number.POSITIVE_INFINITY;
  }

  private hash(names: readonly GitPath[], stall: number): Promise<Batch> {
    const { worktree, pace, signal } = this;
    const limit = pace?.leftMs() ?? worktree.git.timeLimit;
    return hashInOrder(worktree, names, { stall: pace === undefined ? limit : stall, limit, signal });
  }
}

interface Batch {
  /** What git made of the first of them. */
  readonly oids: readonly string[];
  /** Why the next one is not among them. */
  readonly why: 'done' | 'failed' | 'slow';
}

/**
 * Lets one git store the files one after the other, and ends it when one of them takes too long, or all of them. A process of
 * its own each time: a long-lived one would go on using the attributes and filters that it read at its start.
 */
function hashInOrder(
  worktree: Worktree,
  names: readonly GitPath[],
  bounds: { readonly stall: number; readonly limit: number; readonly signal: AbortSignal | undefined },
): Promise<Batch> {
  const { stall, limit, signal } = bounds;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(new GitError('cancelled', 'hash-object', ''));
      return;
    }
    const child = worktree.git.start(['hash-object', '-w', '--stdin-paths'], worktree.root, 'user');
    const oids: string[] = [];
    let rest = '';
    const bounded = new Bounded<'stalled'>(child, { limit: Math.max(1, limit), signal });
    const whenStalled = (): void => {
      bounded.stop('stalled');
    };
    let one = setTimeout(whenStalled, Math.max(1, stall));
    const settle = (): void => {
      clearTimeout(one);
      bounded.gone();
    };
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('ascii')).split('\n');
      rest = lines.pop() ?? '';
      oids.push(...lines);
      if (lines.length > 0 && bounded.stopped === undefined) {
        clearTimeout(one);
        one = setTimeout(whenStalled, Math.max(1, stall));
      }
    });
    child.stderr.resume();
    child.on('error', (thrown) => {
      settle();
      reject(startError('hash-object', worktree.root, thrown));
    });
    child.on('close', (exitCode, killedBy) => {
      settle();
      if (bounded.stopped === 'cancelled') {
        reject(new GitError('cancelled', 'hash-object', ''));
      } else if (bounded.stopped !== undefined && oids.length < names.length) {
        resolve({ oids, why: 'slow' });
      } else if (exitCode === null && bounded.stopped === undefined) {
        reject(new GitError('killed', 'hash-object', killedBy ?? 'unknown signal'));
      } else {
        resolve({ oids, why: oids.length < names.length ? 'failed' : 'done' });
      }
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(names.map((name) => `${quoteBytes(pathBytes(name))}\n`).join(''));
  });
}

/** Those of the files that git gives to a filter of the user's (gitattributes(5)). */
async function filteredOf(worktree: Worktree, names: readonly GitPath[]): Promise<ReadonlySet<GitPath>> {
  if (names.length === 0) {
    return new Set();
  }
  const { stdout } = await worktree.git.run({
    args: ['check-attr', '-z', '--stdin', 'filter'],
    cwd: worktree.root,
    input: Buffer.concat(names.flatMap((name) => [pathBytes(name), Buffer.from([0])])),
  });
  // For each of them its path, the attribute's name and its value.
  const fields = pathFromBytes(stdout).split('\0');
  return new Set(
    names.filter((_, index) => !['unspecified', 'unset', ''].includes(fields[index * 3 + 2] ?? '')),
  );
}

function sizeOf(found: ReadonlyMap<GitPath, DiskEntry>, name: GitPath): number {
  const what = found.get(name);
  return what?.kind === 'file' ? what.size : 0;
}

/** The paths that were left out because they are slow to store. */
export function slowPaths(
  uncovered: readonly { readonly path: GitPath; readonly reason: string }[],
): GitPath[] {
  return uncovered.flatMap(({ path, reason }) => (reason === 'too_slow' ? [path] : []));
}
