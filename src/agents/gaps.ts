import { whenRefused } from '../git/diskErrors';
import { uniqueName } from '../git/unique';
import type { Worktree } from '../git/worktree';
import { identityOf } from '../refs/identity';
import {
  add,
  begin,
  beginBeside,
  isForLater,
  leaveBeside,
  openIn,
  removeBeside,
  tidy,
  type Asker,
  type Open,
} from './mark';

/**
 * A hook may be killed at any instant, and gives up by itself when it takes too long. So it says in the worktree's mark that it
 * has begun before it looks at the files, and that they are covered once they are; one that is gone and has not said so has
 * left a gap, which a later look at everything closes. Where the mark cannot be written, the hook goes on without; where it
 * cannot be read, that is a gap.
 */
export class Gaps {
  private state: 'begun' | 'covered' | 'left' = 'begun';
  private readonly id = uniqueName();
  private before: readonly Open[] = [];
  /** Where no line could be added. */
  private file: string | undefined;

  private constructor(private readonly worktree: Worktree) {}

  /** Leaves this hook's line, and finds those of hooks that did not get to the end. */
  static async open(worktree: Worktree): Promise<Gaps> {
    const gaps = new Gaps(worktree);
    const own = identityOf(process.pid);
    gaps.file = (await begin(worktree, gaps.id, own)) ? undefined : await beginBeside(worktree, own);
    gaps.before = await openIn(worktree);
    return gaps;
  }

  /** Whether a hook before this one did not get to the end, and left that to no process in the background. */
  get found(): boolean {
    return this.before.some((one) => !isForLater(one));
  }

  /** The files are not covered, unless they were by now: says why, and who asks for it. */
  async leave(why: string, asked?: Asker): Promise<void> {
    if (this.state !== 'begun') {
      return;
    }
    this.state = 'left';
    if (this.file !== undefined) {
      await leaveBeside(this.file);
    }
    const line = { is: 'open', id: this.id, why, ...(asked === undefined ? {} : { asked }) } as const;
    await add(this.worktree, [line]).catch(whenRefused(undefined));
    await tidy(this.worktree).catch(whenRefused(undefined));
  }

  /** The files are covered; with `all`, also what earlier hooks had left open. */
  async close(all: boolean): Promise<void> {
    if (this.state === 'left' && !all) {
      return;
    }
    if (this.state === 'begun') {
      this.state = 'covered';
      if (this.file !== undefined) {
        await removeBeside(this.file);
      }
      await add(this.worktree, [{ is: 'covered', id: this.id }]).catch(whenRefused(undefined));
    }
    await closeOpen(this.worktree, all ? this.before : []);
  }

  /** All but some slow files is covered: that is all that is still open. */
  async leaveOnly(why: string, asked: Asker): Promise<void> {
    await this.leave(why, asked);
    await closeOpen(this.worktree, this.before);
  }
}

/** Takes these out of the mark, once a look at everything that began after they were found has covered the files. */
export async function closeOpen(worktree: Worktree, open: readonly Open[]): Promise<void> {
  const lines = open.flatMap(({ id, file }) => (file === undefined ? [{ is: 'covered', id } as const] : []));
  if (lines.length > 0) {
    await add(worktree, lines).catch(whenRefused(undefined));
  }
  for (const { file } of open) {
    if (file !== undefined) {
      await removeBeside(file);
    }
  }
  await tidy(worktree).catch(whenRefused(undefined));
}
