import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { whenMissing } from '../git/missing';
import type { Worktree } from '../git/worktree';
import { formatIdentity, identityOf, lifeOf, parseIdentity } from '../refs/identity';

/**
 * A hook may be killed at any instant, and gives up by itself when it takes too long. So it leaves a mark before it looks at
 * the files, and takes it away once they are covered; a mark whose process is gone is a gap, which the next hook closes by
 * looking at everything.
 */
export class Gaps {
  private constructor(
    private readonly own: string,
    private readonly left: readonly string[],
  ) {}

  /** Leaves this hook's mark, and finds those of hooks that did not get to the end. @throws when the disk refuses. */
  static async open(worktree: Worktree): Promise<Gaps> {
    const folder = gapFolder(worktree);
    await mkdir(folder, { recursive: true });
    const names = await readdir(folder);
    const left: string[] = [];
    for (const name of names) {
      const text = await readFile(path.join(folder, name), 'utf8').catch(whenMissing(undefined));
      if (text !== undefined && isLeft(text)) {
        left.push(path.join(folder, name));
      }
    }
    const own = path.join(folder, randomUUID());
    await writeFile(own, `${formatIdentity(identityOf(process.pid))}\n`, { mode: 0o600 });
    return new Gaps(own, left);
  }

  /** Whether a hook before this one did not get to the end. */
  get found(): boolean {
    return this.left.length > 0;
  }

  /** The files are not covered: says why, and keeps the mark. */
  async leave(why: string): Promise<void> {
    await writeFile(this.own, `${formatIdentity(identityOf(process.pid))}\n${why}\n`).catch(toleratesDisk);
  }

  /** The files are covered; with `all`, also what earlier hooks had left open. */
  async close(all: boolean): Promise<void> {
    for (const file of [this.own, ...(all ? this.left : [])]) {
      await rm(file, { force: true });
    }
  }
}

/** Why a mark was left, one word per hook that could not cover the files of a worktree and said so. */
export async function reasonsLeft(worktree: Worktree): Promise<string[]> {
  const folder = gapFolder(worktree);
  const names = await readdir(folder).catch(whenMissing([]));
  const texts = await Promise.all(
    names.map((name) => readFile(path.join(folder, name), 'utf8').catch(whenMissing(''))),
  );
  return texts.filter(isLeft).map((text) => text.split('\n')[1]?.trim() || 'interrupted');
}

function gapFolder(worktree: Worktree): string {
  return path.join(worktree.repository.belayDir, 'agents', 'gaps', worktree.key);
}

/** Where a mark's process cannot be told, it counts as gone: to look at everything once more costs only time. */
function isLeft(text: string): boolean {
  const identity = parseIdentity(text.split('\n')[0] ?? '');
  const life = identity === undefined ? 'ended' : lifeOf(identity);
  return life === 'ended' || life === 'elsewhere';
}

/** The mark itself says enough. */
function toleratesDisk(thrown: unknown): void {
  if (!(thrown instanceof Error && 'syscall' in thrown)) {
    throw thrown;
  }
}
