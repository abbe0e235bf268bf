import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import type { PathEntry } from '../checkpoint/trees';
import { makeOwnFolder } from '../git/own';
import { pathBytes, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { orAbsent } from './absent';
import { renderingPlace } from './rendering';
import { lstat } from './statSnapshot';

/** The files of a restore as they will be, rendered by git (filters, line ends, modes) where nobody else writes. */
export interface StagedFiles {
  /** Where the content of a path stands; undefined when git could not render it. */
  locate(path: GitPath): Promise<Buffer | undefined>;
  remove(): Promise<void>;
}

/**
 * Renders the entries into a folder below Belay's own, through an index of its own.
 * @param deleted What goes at the same time.
 */
export async function stageFiles(
  worktree: Worktree,
  entries: ReadonlyMap<GitPath, PathEntry>,
  deleted: readonly GitPath[] = [],
): Promise<StagedFiles> {
  const present = await existing(worktree, entries);
  const folder = await makeOwnFolder(worktree.repository, 'restore', randomUUID());
  const env = { GIT_INDEX_FILE: path.join(folder, 'index') };
  const prefix = path.join(folder, 'files') + path.sep;
  const lines = [...present].map(([name, { mode, oid }]) => `${mode} ${oid}\t${name}\0`);
  const { git, root: cwd } = worktree;
  await git.run({
    args: ['update-index', '-z', '--index-info'],
    cwd,
    env,
    input: Buffer.from(lines.join(''), 'latin1'),
  });
  const place = await renderingPlace(worktree, folder, [...present.keys()], deleted);
  const rendered = await git.run({
    args: ['checkout-index', '--all', '--force', '--quiet', `--prefix=${prefix}`],
    cwd: place.cwd,
    // One after the other, in the order of their names.
    env: {
      ...env,
      ...place.env,
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'checkout.workers',
      GIT_CONFIG_VALUE_0: '1',
    },
    locale: 'user',
    // A file that cannot be rendered (a smudge filter failed) is missing afterwards and said so; the others are there.
    answers: [1, 128],
  });
  if (rendered.exitCode === 128) {
    await removeLast(prefix, [...present.keys()]);
  }
  return {
    async locate(name) {
      const file = Buffer.concat([Buffer.from(prefix), pathBytes(name)]);
      return (await lstat(file)) === undefined ? undefined : file;
    },
    remove: () => fs.rm(folder, { recursive: true, force: true }),
  };
}

/** The entries whose content git has: of one that it cannot read it leaves an empty file behind (measured). */
async function existing(
  worktree: Worktree,
  entries: ReadonlyMap<GitPath, PathEntry>,
): Promise<Map<GitPath, PathEntry>> {
  const infos = await orAbsent(worktree.plumbing.infos([...entries.values()].map(({ oid }) => oid)));
  return new Map([...entries].filter((_, index) => infos[index]?.type === 'blob'));
}

/** git died in the middle: what it wrote last may not be whole. */
async function removeLast(prefix: string, names: readonly GitPath[]): Promise<void> {
  for (const name of [...names].sort().reverse()) {
    const file = Buffer.concat([Buffer.from(prefix), pathBytes(name)]);
    if ((await lstat(file)) !== undefined) {
      await fs.rm(file);
      return;
    }
  }
}
