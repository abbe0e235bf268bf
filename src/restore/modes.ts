import fs from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { trustsExecuteBits } from '../checkpoint/hash';
import { toleratesDisk, whenRefused } from '../git/diskErrors';
import { makeOwnFolder, writeOwnFile } from '../git/own';
import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';

/** How many paths are remembered. */
const maxRemembered = 1_000;

const schema = v.pipe(v.string(), v.parseJson(), v.array(v.tuple([v.string(), v.number()])));

/** What git's files have under the usual masks. */
const commonModes = new Set([0o644, 0o664, 0o755, 0o775]);

/** Read, write and execute for everybody: what a file may have that a tree cannot say, apart from the owner's execute bit. */
const permissions = 0o777;

/**
 * The permissions that files had when they left their names. git keeps the execute bit alone: what a restore writes has the
 * permissions of what it overwrites, else those that the path had last, with the execute bit of the checkpoint. What is
 * remembered may be lost.
 */
export class ModesKept {
  private changed = false;

  private constructor(
    private readonly worktree: Worktree,
    private readonly known: Map<GitPath, number>,
  ) {}

  static async open(worktree: Worktree): Promise<ModesKept> {
    const text = await fs.readFile(fileOf(worktree), 'utf8').catch(whenRefused(undefined));
    const parsed = v.safeParse(schema, text ?? '');
    return new ModesKept(worktree, new Map(parsed.success ? parsed.output : []));
  }

  saw(name: GitPath, stat: BigIntStats): void {
    if (stat.isFile()) {
      const mode = Number(stat.mode) & permissions;
      if (this.known.get(name) !== mode) {
        this.known.delete(name);
        this.known.set(name, mode);
        this.changed = true;
      }
    }
  }

  /** Gives a rendered file the permissions that its path had. */
  async give(name: GitPath, file: Buffer): Promise<void> {
    const had = this.known.get(name);
    const stat = await fs.lstat(file);
    if (had === undefined || !stat.isFile()) {
      return;
    }
    const executable = trustsExecuteBits(this.worktree) ? (stat.mode & 0o100) !== 0 : (had & 0o100) !== 0;
    // Who may read it may execute it, as git has it.
    const mode = executable ? had | ((had & 0o444) >> 2) : had & ~0o111;
    if (mode !== (stat.mode & permissions)) {
      await fs.chmod(file, mode);
    }
  }

  /** Remembers the latest, and rather what is not as git would have it anyway. */
  async close(): Promise<void> {
    if (!this.changed) {
      return;
    }
    const all = [...this.known];
    const isOdd = ([, mode]: [GitPath, number]): boolean => !commonModes.has(mode);
    const kept = [...all.filter((one) => !isOdd(one)), ...all.filter(isOdd)].slice(-maxRemembered);
    try {
      await makeOwnFolder(this.worktree.repository, 'worktrees', this.worktree.key);
      await writeOwnFile(this.worktree.repository, fileOf(this.worktree), JSON.stringify(kept), {
        mode: 0o600,
      });
    } catch (thrown) {
      toleratesDisk(thrown);
    }
  }
}

function fileOf({ repository, key }: Worktree): string {
  return path.join(repository.belayDir, 'worktrees', key, 'modes.json');
}
