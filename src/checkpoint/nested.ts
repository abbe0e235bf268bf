import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { hasCode, isMissing } from '../git/diskErrors';
import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { look, onDisk } from './hash';
import { argument } from './tracked';
import { hasOwnCheckpoints } from './innerWorktree';
import type { PathEntry } from './trees';

/** The innermost other repository that each of the paths lies in, where it lies in one. */
export async function repositoriesAround(
  worktree: Worktree,
  paths: readonly GitPath[],
): Promise<Map<GitPath, GitPath>> {
  const folders = new Set(paths.flatMap(foldersAround));
  const marks = [...folders].flatMap((folder) => [`${folder}/.git`, `${folder}/.git/HEAD`]);
  const found = await look(worktree, marks);
  const isRepository = (folder: GitPath): boolean => {
    const head = found.get(`${folder}/.git/HEAD`)?.kind;
    return found.get(`${folder}/.git`)?.kind === 'file' || head === 'file' || head === 'link';
  };
  return new Map(
    paths.flatMap((name): [GitPath, GitPath][] => {
      const folder = foldersAround(name).find(isRepository);
      return folder === undefined ? [] : [[name, folder]];
    }),
  );
}

/** The folders that a path lies in, the innermost first, without the root. */
function foldersAround(name: GitPath): GitPath[] {
  const parts = name.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
}

/** A linked worktree of the same repository inside this one is no gap where it has checkpoints of its own. */
export async function isLinkedWorktree(worktree: Worktree, name: GitPath): Promise<boolean> {
  const dotGit = Buffer.concat([onDisk(worktree, name), Buffer.from('/.git')]);
  try {
    const pointer = (await readFile(dotGit, 'utf8')).replace(/^gitdir: /, '').trim();
    // Since git 2.48 the pointer may be relative to the folder it is in.
    const gitDir = path.resolve(path.join(worktree.root, argument(name)), pointer);
    return await hasOwnCheckpoints(worktree, path.join(worktree.root, argument(name)), gitDir);
  } catch (thrown) {
    if (isMissing(thrown) || hasCode(thrown, 'EISDIR')) {
      return false;
    }
    throw thrown;
  }
}

/**
 * Those of the submodules in whose place something of another kind stands: a file, or a folder with files but without a
 * repository. An empty folder is a submodule that is not checked out.
 */
export async function replacedSubmodules(worktree: Worktree, names: readonly GitPath[]): Promise<GitPath[]> {
  const found = await look(
    worktree,
    names.flatMap((name) => [name, `${name}/.git`]),
  );
  const replaced: GitPath[] = [];
  for (const name of names) {
    const kind = found.get(name)?.kind;
    const plain = kind === 'folder' && found.get(`${name}/.git`)?.kind === 'nothing';
    const holdsSomething = plain && (await readdir(onDisk(worktree, name))).length > 0;
    if (kind === 'file' || kind === 'link' || holdsSomething) {
      replaced.push(name);
    }
  }
  return replaced;
}

/** The commit that each moved submodule is at; undefined where its folder is gone. */
export async function submoduleCommits(
  worktree: Worktree,
  paths: readonly GitPath[],
): Promise<Map<GitPath, PathEntry | undefined>> {
  const commits = new Map<GitPath, PathEntry | undefined>();
  const found = await look(
    worktree,
    paths.flatMap((name) => [name, `${name}/.git`]),
  );
  for (const name of paths) {
    if (found.get(name)?.kind === 'nothing') {
      commits.set(name, undefined);
      continue;
    }
    if (found.get(`${name}/.git`)?.kind === 'nothing') {
      // Without a repository of its own, git would answer for the one around it.
      continue;
    }
    const { stdout, exitCode } = await worktree.git.run({
      args: ['rev-parse', '-q', '--verify', 'HEAD'],
      cwd: path.join(worktree.root, argument(name)),
      answers: [1, 128],
    });
    if (exitCode === 0) {
      commits.set(name, { mode: '160000', oid: stdout.toString('ascii').trim() });
    }
  }
  return commits;
}
