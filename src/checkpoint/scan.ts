import { pathFromBytes, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';

/** A path that is not as the private index has it. */
export interface ScannedPath {
  readonly path: GitPath;
  /** `untracked`: not in the private index. `nested`: another repository's folder. `submodule`: its commit moved. */
  readonly kind: 'changed' | 'untracked' | 'nested' | 'submodule';
}

/** All paths on disk that differ from the private index: one `git status`. */
export async function scan(worktree: Worktree, index: string, signal?: AbortSignal): Promise<ScannedPath[]> {
  const { stdout } = await worktree.git.run({
    // Not --no-optional-locks: git may write what it learnt into the private index, so that it is learnt once.
    args: [
      'status',
      '--porcelain=v2',
      '-z',
      '--untracked-files=all',
      '--no-renames',
      '--ignore-submodules=dirty',
    ],
    cwd: worktree.root,
    env: { GIT_INDEX_FILE: index },
    locale: 'user',
    signal,
  });
  return parseStatus(stdout);
}

/** Reads `git status --porcelain=v2 -z` without renames (git-status(1), "Porcelain Format Version 2"). */
export function parseStatus(output: Buffer): ScannedPath[] {
  const found: ScannedPath[] = [];
  for (let at = 0; at < output.length;) {
    const end = output.indexOf(0, at);
    const record = pathFromBytes(output.subarray(at, end < 0 ? output.length : end));
    at = end < 0 ? output.length : end + 1;
    const path = fieldsAfter(record, pathPosition.get(record.charAt(0)) ?? 1);
    switch (record.charAt(0)) {
      case '?':
        found.push(
          path.endsWith('/') ? { path: path.slice(0, -1), kind: 'nested' } : { path, kind: 'untracked' },
        );
        break;
      case '1':
        if (record.charAt(3) !== '.') {
          found.push({ path, kind: record.charAt(5) === 'S' ? 'submodule' : 'changed' });
        }
        break;
      case 'u':
        found.push({ path, kind: 'changed' });
        break;
      default:
        break;
    }
  }
  return found;
}

/** How many space-separated fields stand before the path, by the record's first character. */
const pathPosition = new Map([
  ['?', 1],
  ['1', 8],
  ['u', 10],
]);

function fieldsAfter(record: string, fields: number): string {
  let at = 0;
  for (let i = 0; i < fields; i += 1) {
    at = record.indexOf(' ', at) + 1;
  }
  return record.slice(at);
}
