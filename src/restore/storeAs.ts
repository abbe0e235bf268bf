import fs from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import path from 'node:path';
import { fileEntry } from '../checkpoint/hash';
import type { PathEntry } from '../checkpoint/trees';
import { makeScratch } from '../git/own';
import { pathBytes, quoteBytes, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';

/**
 * Stores the content of a file as git stores a path, whatever the file is called now: through the clean filters that belong to
 * the path. A name that is not UTF-8 cannot be given to git as an argument: then the very bytes are stored.
 * @throws GitError, or what the system says.
 */
export async function storeAs(
  worktree: Worktree,
  name: GitPath,
  file: Buffer,
  stat: BigIntStats,
): Promise<PathEntry> {
  if (stat.isSymbolicLink()) {
    const scratch = await makeScratch(worktree.repository, 'link');
    try {
      const target = path.join(scratch.folder, 'target');
      await fs.writeFile(target, await fs.readlink(file, 'buffer'));
      return {
        mode: '120000',
        oid: await hash(worktree, ['--no-filters', '--stdin-paths'], Buffer.from(target)),
      };
    } finally {
      await scratch.remove();
    }
  }
  const found = { kind: 'file', size: Number(stat.size), executable: (stat.mode & 0o100n) !== 0n } as const;
  const names = [pathBytes(name), file].map((bytes) => ({ bytes, text: bytes.toString('utf8') }));
  const isText = names.every(({ bytes, text }) => Buffer.from(text, 'utf8').equals(bytes));
  const [asked, now] = names.map(({ text }) => text);
  const oid = isText
    ? await hash(worktree, [`--path=${asked ?? ''}`, '--', now ?? ''])
    : await hash(worktree, ['--no-filters', '--stdin-paths'], file);
  return fileEntry(worktree, found, oid);
}

async function hash(worktree: Worktree, args: readonly string[], file?: Buffer): Promise<string> {
  const text = await worktree.git.run({
    args: ['hash-object', '-w', ...args],
    cwd: worktree.root,
    ...(file === undefined ? {} : { input: `${quoteBytes(file)}\n` }),
  });
  return text.stdout.toString('ascii').trim();
}
