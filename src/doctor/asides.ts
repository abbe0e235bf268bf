import fs from 'node:fs/promises';
import { onDisk } from '../checkpoint/hash';
import { takeCheckpoint } from '../checkpoint/take';
import { entriesAt } from '../checkpoint/trees';
import { hasCode, whenMissing } from '../git/missing';
import { pathFromBytes, pathText, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { LeaseError } from '../leases/error';
import { whileHolding } from '../leases/hold';
import type { Finding } from './model';

/** What restore and sync add to the name of a file that they move aside for a moment (restore/write.ts). */
const suffix = /\.belay-[0-9a-f]{8}$/;

/** How many of them a sentence names. */
const named = 3;

/** Files that a restore or a sync moved aside, and whose process was killed before it had put the new ones in place. */
export async function filesAside(worktree: Worktree): Promise<Finding[]> {
  const asides = await findAsides(worktree);
  if (asides.length === 0) {
    return [];
  }
  const more = asides.length > named ? ` and ${asides.length - named} more` : '';
  return [
    {
      kind: 'file_aside',
      level: 'problem',
      message: `A restore or sync that was killed left files under another name: ${asides.slice(0, named).map(pathText).join(', ')}${more}.`,
      mend: 'belay doctor --mend',
    },
  ];
}

/**
 * Gives each such file its name back where that is free. Where something else is there by now, the file is removed, once a
 * checkpoint holds it. Works under the worktree's lease, so that whoever is moving files just now is not disturbed.
 * @returns a sentence for each.
 */
export async function mendAsides(worktree: Worktree, leases: readonly string[]): Promise<string[]> {
  if ((await findAsides(worktree)).length === 0) {
    return [];
  }
  const resource = { kind: 'worktree', name: worktree.key } as const;
  const claim = { owner: `command-line (doctor ${process.pid})`, agent: 'editor' };
  try {
    return await whileHolding(worktree, resource, { claim }, async (held) => {
      const { checkpoint } = await takeCheckpoint(worktree, {
        session: 'command-line',
        agent: 'editor',
        message: 'Before files get their names back',
        leases: [...leases, held.token],
      });
      const asides = await findAsides(worktree);
      const saved = await entriesAt(worktree.plumbing, checkpoint.tree, asides);
      const done: string[] = [];
      for (const aside of asides) {
        await held.check();
        done.push(await mendAside(worktree, aside, saved.get(aside) !== undefined));
      }
      return done;
    });
  } catch (thrown) {
    if (thrown instanceof LeaseError) {
      return [`Files that were moved aside are left as they are: ${thrown.message}`];
    }
    throw thrown;
  }
}

async function mendAside(worktree: Worktree, aside: GitPath, saved: boolean): Promise<string> {
  const name = aside.replace(suffix, '');
  const file = onDisk(worktree, aside);
  try {
    // Unlike a rename, this replaces nothing.
    await fs.link(file, onDisk(worktree, name));
  } catch (thrown) {
    if (!hasCode(thrown, 'EEXIST')) {
      throw thrown;
    }
    if (!saved) {
      return `Left ${pathText(aside)}: ${pathText(name)} is there, and no checkpoint holds the other.`;
    }
    await fs.unlink(file);
    return `Removed ${pathText(aside)}, which the last checkpoint holds: ${pathText(name)} is there.`;
  }
  await fs.unlink(file);
  return `Gave ${pathText(name)} its name back.`;
}

async function findAsides(worktree: Worktree): Promise<GitPath[]> {
  const output = await worktree.git.run({
    args: ['ls-files', '--others', '-z', '--', ':(glob)**/*.belay-*'],
    cwd: worktree.root,
  });
  const names = pathFromBytes(output.stdout)
    .split('\0')
    .filter((name) => suffix.test(name));
  // A nested repository's name ends in a slash, and a folder is nothing that was moved aside.
  const files = await Promise.all(
    names.map(async (name) => {
      const stat = await fs.lstat(onDisk(worktree, name)).catch(whenMissing(undefined));
      return stat?.isDirectory() === false ? [name] : [];
    }),
  );
  return files.flat();
}
