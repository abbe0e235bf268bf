import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Git } from '../git/git';

/** What a text is before and after, and in which file. */
interface Change {
  readonly file: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/**
 * A change as a unified diff, under the file's own name.
 * @throws GitError, and when the disk refuses.
 */
export async function unifiedDiff(git: Git, { file, before, after }: Change): Promise<string> {
  const folder = path.join(tmpdir(), `belay-diff-${randomUUID()}`);
  await mkdir(folder, { mode: 0o700 });
  try {
    const sides = await Promise.all([side(folder, 'before', before), side(folder, 'after', after)]);
    const output = await git.run({
      args: ['diff', '--no-index', '--no-color', '--no-ext-diff', '--no-textconv', '--text', '--', ...sides],
      cwd: folder,
      answers: [1],
    });
    const text = output.stdout.toString('utf8');
    const hunks = text.slice(Math.max(0, text.search(/^@@/m)));
    const [from, to] = [before === undefined ? '/dev/null' : file, after === undefined ? '/dev/null' : file];
    return `--- ${from}\n+++ ${to}\n${hunks}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function side(folder: string, name: string, text: string | undefined): Promise<string> {
  if (text === undefined) {
    return '/dev/null';
  }
  await writeFile(path.join(folder, name), text, { mode: 0o600 });
  return name;
}
