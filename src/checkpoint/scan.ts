import { GitError } from '../git/errors';
import { pathFromBytes, pathFromText, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';

/** A path that is not as the private index has it. */
export interface ScannedPath {
  readonly path: GitPath;
  /**
   * `deleted`: not there, also where something can be reached by that name through a link that took a folder's place.
   * `closed`: a folder that git could not look into. `untracked`: not in the private index. `nested`: another repository's folder. `submodule`: its commit moved.
   * `ignored`: a file, or a folder in which git did not look further.
   */
  readonly kind: 'changed' | 'deleted' | 'closed' | 'untracked' | 'nested' | 'submodule' | 'ignored';
}

/**
 * All paths on disk that differ from the private index: one `git status`. It compares through the user's clean filters
 * and gives up when a required one fails (git-lfs that is not installed, for example); it is then asked again with no
 * filter required, so that the failing files show up as changed and only they are left out.
 */
export async function scan(worktree: Worktree, index: string, signal?: AbortSignal): Promise<ScannedPath[]> {
  try {
    return await status(worktree, index, {}, signal);
  } catch (thrown) {
    if (!(thrown instanceof GitError) || thrown.failure !== 'other') {
      throw thrown;
    }
    const lenient = await requireNoFilter(worktree);
    if (lenient === undefined) {
      throw thrown;
    }
    return status(worktree, index, lenient, signal);
  }
}

async function status(
  worktree: Worktree,
  index: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<ScannedPath[]> {
  const { stdout, stderr } = await worktree.git.run({
    // Not --no-optional-locks: git may write what it learnt into the private index, so that it is learnt once.
    args: [
      'status',
      '--porcelain=v2',
      '-z',
      '--untracked-files=all',
      // Ignore files that ignore themselves are found like this, without a look into folders that are ignored.
      '--ignored=matching',
      '--no-renames',
      '--ignore-submodules=dirty',
    ],
    cwd: worktree.root,
    // Messages in English, so that they can be read below, whatever locale the filters are to see.
    env: { ...env, GIT_INDEX_FILE: index, LANGUAGE: 'en' },
    locale: 'user',
    signal,
  });
  return [...parseStatus(stdout), ...parseClosed(stderr)];
}

/** The folders of which git only says on its error stream that they could not be opened, and then takes for empty. */
export function parseClosed(stderr: string): ScannedPath[] {
  return Array.from(
    stderr.matchAll(/^warning: could not open directory '(.*?)\/?': /gm),
    ([, name = '']) => ({
      path: pathFromText(name),
      kind: 'closed',
    }),
  );
}

/** The environment in which no filter is required; undefined where none is anyway. */
async function requireNoFilter(worktree: Worktree): Promise<Record<string, string> | undefined> {
  const { stdout } = await worktree.git.run({
    args: ['config', '-z', '--name-only', '--get-regexp', '^filter\\..*\\.required$'],
    cwd: worktree.root,
    answers: [1],
  });
  const names = stdout.toString('utf8').split('\0').slice(0, -1);
  if (names.length === 0) {
    return undefined;
  }
  const settings = names.flatMap((name, index): [string, string][] => [
    [`GIT_CONFIG_KEY_${index}`, name],
    [`GIT_CONFIG_VALUE_${index}`, 'false'],
  ]);
  return { GIT_CONFIG_COUNT: String(names.length), ...Object.fromEntries(settings) };
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
      case '!':
        found.push({ path: path.replace(/\/$/, ''), kind: 'ignored' });
        break;
      case '1':
        if (record.charAt(3) !== '.') {
          found.push({ path, kind: kindOf(record) });
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

function kindOf(record: string): ScannedPath['kind'] {
  if (record.charAt(5) === 'S') {
    return 'submodule';
  }
  return record.charAt(3) === 'D' ? 'deleted' : 'changed';
}

/** How many space-separated fields stand before the path, by the record's first character. */
const pathPosition = new Map([
  ['?', 1],
  ['!', 1],
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
