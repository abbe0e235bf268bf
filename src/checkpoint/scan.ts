import { GitError } from '../git/errors';
import type { Pace } from './pace';
import { scanTooLong } from './pace';
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
 * All paths on disk that differ from the private index: one `git status`, without the user's clean filters. git would run them
 * on files whose time has changed and whose size has not, however slow they are (seen with git 2.39), and gives up when a
 * required one fails; so a file that only a filter makes what it was shows up as changed, and what it becomes is told when it
 * is stored.
 * @throws BelayError `scan_too_long` when it does not fit the pace.
 */
export async function scan(
  worktree: Worktree,
  index: string,
  signal?: AbortSignal,
  pace?: Pace,
): Promise<ScannedPath[]> {
  const limit = pace?.leftMs();
  if (limit === 0) {
    throw scanTooLong();
  }
  try {
    return await status(worktree, index, withoutFilters(worktree), signal, limit);
  } catch (thrown) {
    if (limit !== undefined && thrown instanceof GitError && thrown.failure === 'timed_out') {
      throw scanTooLong(thrown);
    }
    if (!(thrown instanceof GitError) || thrown.failure !== 'other') {
      throw thrown;
    }
    const lenient = await requireNoFilter(worktree);
    if (lenient === undefined) {
      throw thrown;
    }
    return status(worktree, index, lenient, signal, limit);
  }
}

async function status(
  worktree: Worktree,
  index: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
  timeLimit = worktree.git.timeLimit,
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
    timeLimit,
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

/** The environment in which the filters that were known when the worktree was opened do nothing. */
function withoutFilters({ config }: Worktree): Record<string, string> {
  const drivers = new Set(
    [...config.keys()].flatMap((name) => /^filter\.(.*)\.[a-z]+$/s.exec(name)?.[1] ?? []),
  );
  return asEnvironment(
    [...drivers].flatMap((driver): [string, string][] => [
      [`filter.${driver}.clean`, ''],
      [`filter.${driver}.process`, ''],
      [`filter.${driver}.required`, 'false'],
    ]),
  );
}

function asEnvironment(settings: readonly (readonly [string, string])[]): Record<string, string> {
  const lines = settings.flatMap(([name, value], index): [string, string][] => [
    [`GIT_CONFIG_KEY_${index}`, name],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(lines) };
}

/** The environment in which no filter is required, where one was set since; undefined where none is. */
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
  return asEnvironment(names.map((name) => [name, 'false']));
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
