import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { whenMissing } from '../git/missing';
import type { Worktree } from '../git/worktree';
import { uniqueName } from '../git/unique';
import { formatIdentity, identityOf, lifeOf, parseIdentity } from '../refs/identity';

/**
 * A hook may be killed at any instant, and gives up by itself when it takes too long. So it leaves a mark before it looks at
 * the files, and takes it away once they are covered; a mark whose process is gone is a gap, which the next hook closes by
 * looking at everything.
 */
export class Gaps {
  private covered = false;

  private constructor(
    private readonly own: string,
    private readonly left: readonly string[],
  ) {}

  /** Leaves this hook's mark, and finds those of hooks that did not get to the end. @throws when the disk refuses. */
  static async open(worktree: Worktree): Promise<Gaps> {
    const folder = gapFolder(worktree);
    await mkdir(folder, { recursive: true });
    const left = await marksLeft(worktree);
    const own = path.join(folder, `${formatIdentity(identityOf(process.pid))}~${uniqueName()}`);
    await writeFile(own, '', { mode: 0o600 });
    return new Gaps(
      own,
      left.map(({ file }) => file),
    );
  }

  /** Whether a hook before this one did not get to the end. */
  get found(): boolean {
    return this.left.length > 0;
  }

  /** The files are not covered, unless they were by now: says why, and keeps the mark. */
  async leave(why: string): Promise<void> {
    if (this.covered) {
      return;
    }
    await writeFile(this.own, `${why}\n`).catch(toleratesDisk);
  }

  /** The files are covered; with `all`, also what earlier hooks had left open. */
  async close(all: boolean): Promise<void> {
    this.covered = true;
    for (const file of [this.own, ...(all ? this.left : [])]) {
      await rm(file, { force: true });
    }
  }
}

/** A mark that a hook left which is gone. */
export interface Mark {
  readonly file: string;
  /** In one word, why the files were not covered: what the hook said, or `interrupted` where it could say nothing. */
  readonly reason: string;
}

/** The marks of hooks that did not get to the end in this worktree. */
export async function marksLeft(worktree: Worktree): Promise<Mark[]> {
  const folder = gapFolder(worktree);
  const left: Mark[] = [];
  for (const name of (await readdir(folder).catch(whenMissing([]))).filter(isLeft)) {
    const file = path.join(folder, name);
    const reason = await readFile(file, 'utf8').catch(whenMissing(undefined));
    if (reason !== undefined) {
      left.push({ file, reason: reason.trim() || 'interrupted' });
    }
  }
  return left;
}

/** Takes these marks away, once a look at everything that began after they were found has covered the files. */
export async function removeMarks(marks: readonly Mark[]): Promise<void> {
  for (const { file } of marks) {
    await rm(file, { force: true });
  }
}

function gapFolder(worktree: Worktree): string {
  return path.join(worktree.repository.belayDir, 'agents', 'gaps', worktree.key);
}

/**
 * Whose a mark is, its name says, so that it is never there without. Where its process cannot be told, it counts as gone: to
 * look at everything once more costs only time.
 */
function isLeft(name: string): boolean {
  const identity = parseIdentity(name.slice(0, Math.max(0, name.lastIndexOf('~'))));
  const life = identity === undefined ? 'ended' : lifeOf(identity);
  return life === 'ended' || life === 'elsewhere';
}

/** The mark itself says enough. */
function toleratesDisk(thrown: unknown): void {
  if (!(thrown instanceof Error && 'syscall' in thrown)) {
    throw thrown;
  }
}
