import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Fetched, Fetcher, SyncRequest } from '../../src/sync/request';
import type { TestRepo } from '../support/repo';

/** The upstream of a test repository: a bare repository beside it, and another clone that pushes to it. */
export class Upstream {
  private constructor(
    private readonly repo: TestRepo,
    readonly bare: string,
    private readonly other: string,
  ) {}

  /** Makes the upstream from what the repository holds; its branch then follows it. */
  static of(repo: TestRepo): Upstream {
    const bare = path.join(repo.base, 'upstream.git');
    const other = path.join(repo.base, 'other');
    run(repo.base, 'clone', '--quiet', '--bare', repo.folder, bare);
    repo.git('remote', 'add', 'origin', bare);
    repo.git('fetch', '--quiet', 'origin');
    const branch = repo.git('symbolic-ref', '--short', 'HEAD');
    repo.git('branch', '--quiet', `--set-upstream-to=origin/${branch}`);
    run(repo.base, 'clone', '--quiet', bare, other);
    return new Upstream(repo, bare, other);
  }

  /** Somebody else commits these files and pushes. @returns the commit. */
  push(files: Readonly<Record<string, string | undefined>>, message = 'From elsewhere'): string {
    run(this.other, 'pull', '--quiet', '--rebase');
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(this.other, name);
      if (content === undefined) {
        fs.rmSync(file, { recursive: true });
      } else {
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, content);
      }
    }
    run(this.other, 'add', '--all');
    run(this.other, 'commit', '--quiet', '--message', message);
    run(this.other, 'push', '--quiet');
    return run(this.other, 'rev-parse', 'HEAD').trim();
  }

  /** The working folder's own commit. @returns it. */
  commit(files: Readonly<Record<string, string>>, message = 'Local work'): string {
    for (const [name, content] of Object.entries(files)) {
      this.repo.write(name, content);
      this.repo.git('add', '--', name);
    }
    this.repo.git('commit', '--quiet', '--message', message);
    return this.repo.git('rev-parse', 'HEAD');
  }
}

function run(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Fetches with plain git: what bounds it is tested elsewhere. */
export const plainFetch: Fetcher = {
  fetch: (worktree, remote, { objects = [] }): Promise<Fetched> => {
    run(worktree.root, 'fetch', '--quiet', '--no-write-fetch-head', remote, ...objects);
    return Promise.resolve({ kind: 'done' });
  },
};

export const asking: SyncRequest = { session: 'person', agent: 'editor', onConflict: 'ask' };
export const resetting: SyncRequest = { ...asking, onConflict: 'reset' };
