import { pathFromBytes, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { isIgnoreFile } from './ignoreFiles';

/** What of an index's entries is not plain, and which of them are ignore files. */
export interface IndexEntries {
  readonly unmerged: { entry: string; path: GitPath }[];
  readonly gitlinks: GitPath[];
  readonly assumedUnchanged: GitPath[];
  readonly skipped: GitPath[];
  readonly ignoreFiles: GitPath[];
}

/**
 * git tells a path that a sparse checkout leaves out from others only while its file is not there; with this it tells always
 * (`sparse.expectFilesOutsideOfPatterns`, git-config(1)).
 */
const tellingSkipped = {
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'sparse.expectFilesOutsideOfPatterns',
  GIT_CONFIG_VALUE_0: 'true',
};

/** Reads the index that the environment names. */
export async function readEntries(worktree: Worktree, index: string): Promise<IndexEntries> {
  const { stdout } = await worktree.git.run({
    args: ['ls-files', '-s', '-v', '-z'],
    cwd: worktree.root,
    env: { ...tellingSkipped, GIT_INDEX_FILE: index },
  });
  const entries: IndexEntries = {
    unmerged: [],
    gitlinks: [],
    assumedUnchanged: [],
    skipped: [],
    ignoreFiles: [],
  };
  const plain = Buffer.from('H 100');
  const ignoreFile = Buffer.from('.gitignore');
  for (let at = 0; at < stdout.length;) {
    const end = stdout.indexOf(0, at);
    const tab = stdout.indexOf(0x09, at);
    const isPlain =
      stdout.compare(plain, 0, plain.length, at, at + plain.length) === 0 && stdout[tab - 1] === 0x30;
    if (!isPlain) {
      const line = stdout.toString('latin1', at, tab);
      const name = pathFromBytes(stdout.subarray(tab + 1, end));
      const tag = line.slice(0, 1);
      if (!line.endsWith(' 0')) {
        entries.unmerged.push({ entry: line.slice(2), path: name });
      } else if (line.startsWith('160000', 2)) {
        entries.gitlinks.push(name);
      } else if (tag === 'S') {
        entries.skipped.push(name);
      } else if (tag !== tag.toUpperCase()) {
        entries.assumedUnchanged.push(name);
        if (tag === 's') {
          entries.skipped.push(name);
        }
      }
    }
    if (stdout.compare(ignoreFile, 0, ignoreFile.length, end - ignoreFile.length, end) === 0) {
      const name = pathFromBytes(stdout.subarray(tab + 1, end));
      if (isIgnoreFile(name)) {
        entries.ignoreFiles.push(name);
      }
    }
    at = end + 1;
  }
  return entries;
}
