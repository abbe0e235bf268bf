import { createHash } from 'node:crypto';
import path from 'node:path';
import { BelayError } from '../errors';
import type { Worktree } from '../git/worktree';
import { cleaner, withoutCredentials } from './cleanOutput';

/** A remote as git resolves it now. */
export interface Remote {
  /** What tells it from others: a hash of its URL without credentials, so that a new token makes no new remote. */
  readonly id: string;
  /** For people: one line, without credentials. */
  readonly shown: string;
  /** Its URL without credentials. */
  readonly address: string;
  /** On this machine's own file system: nothing of it can be out of reach. */
  readonly local: boolean;
  /** Makes what git says about it fit to be shown. */
  readonly clean: (text: string) => string;
}

/**
 * What a remote's name or URL leads to, with `url.<base>.insteadOf` applied; asks no remote.
 * @throws BelayError when git cannot be asked, or the name cannot be one.
 */
export async function resolveRemote(
  worktree: Worktree,
  remote: string,
  direction: 'fetch' | 'push',
): Promise<Remote> {
  refuseOption(remote);
  const { git, root } = worktree;
  const ask = (args: readonly string[], answers: readonly number[]): Promise<string> =>
    git.text({ args, cwd: root, answers });
  let urls = '';
  if (direction === 'push') {
    // Fails where the remote is given as a URL; the URL itself is the answer then.
    urls = await ask(['remote', 'get-url', '--push', '--', remote], [1, 2, 128]);
  }
  if (urls === '') {
    urls = await ask(['ls-remote', '--get-url', '--', remote], []);
  }
  return describeRemote(urls.split('\n')[0] ?? '', root, remote);
}

/** A remote that is given by its URL alone. `base` is what a relative path is relative to. */
export function describeRemote(url: string, base: string, name = url): Remote {
  const local = isLocal(url);
  const address = withoutCredentials(local && !url.startsWith('file://') ? path.resolve(base, url) : url);
  const clean = cleaner([url, name]);
  const shown = clean(name) === clean(url) ? clean(address) : `${clean(name)} (${clean(address)})`;
  return {
    id: createHash('sha256').update(address).digest('hex').slice(0, 32),
    shown,
    address: clean(address),
    local,
    clean,
  };
}

/** git's own rule (git-clone(1)): no scheme, no helper, and no colon before the first slash. */
function isLocal(url: string): boolean {
  return url.startsWith('file://') || /^[A-Za-z]:[\\/]/.test(url) || !/^[^/]*:/.test(url);
}

/** What begins with a dash would be taken for an option, here or by a program that git starts. */
export function refuseOption(argument: string): void {
  if (argument === '' || argument.startsWith('-') || argument.includes('\0')) {
    throw new BelayError('git_failed', 'Not a valid remote name, URL or reference.');
  }
}
