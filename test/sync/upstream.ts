import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { Fetched, Fetcher, SyncRequest } from '../../src/sync/request';
import { importCommit } from '../support/importing';
import { testHome, TestRepo } from '../support/repo';
import { Template } from '../support/template';

/** What makes a test repository, as it comes, one with an upstream: nothing of the working folder, which is the test's. */
const template = new Template(
  () => path.join(testHome, 'template-upstream'),
  (base) => {
    TestRepo.template().copyTo(base);
    const repo = TestRepo.in(base);
    connect(repo);
    ['a.txt', 'folder', '.git/index'].forEach((name) => {
      repo.remove(name);
    });
  },
);

/** The upstream of a test repository: a bare repository beside it, to which others push. */
export class Upstream {
  private constructor(
    private readonly repo: TestRepo,
    readonly bare: string,
    /** Of the upstream. */
    private readonly branch: string,
  ) {}

  /** Makes the upstream from what the repository holds; its branch then follows it. */
  static of(repo: TestRepo): Upstream {
    if (TestRepo.template().isAt(path.join('repo', '.git'), repo.gitDir)) {
      template.copyTo(repo.base);
      return new Upstream(repo, bareOf(repo), 'main');
    }
    return new Upstream(repo, bareOf(repo), connect(repo));
  }

  /** Somebody else commits these files and pushes. @returns the commit. */
  push(files: Readonly<Record<string, string | undefined>>, message = 'From elsewhere'): string {
    const { branch } = this;
    const parent = run(this.bare, 'rev-parse', `refs/heads/${branch}`).trim();
    return importCommit(this.bare, { parents: [parent], files, message, branch });
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

function bareOf(repo: TestRepo): string {
  return path.join(repo.base, 'upstream.git');
}

/** @returns the branch that now follows the upstream's of the same name. */
function connect(repo: TestRepo): string {
  const bare = bareOf(repo);
  run(repo.base, 'clone', '--quiet', '--bare', repo.folder, bare);
  repo.git('remote', 'add', 'origin', bare);
  repo.git('fetch', '--quiet', 'origin');
  const branch = repo.git('symbolic-ref', '--short', 'HEAD');
  repo.git('branch', '--quiet', `--set-upstream-to=origin/${branch}`);
  return branch;
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
  listRemote: (worktree, remote, { patterns }) => {
    const listed = run(worktree.root, 'ls-remote', remote, ...patterns).split('\n');
    const pairs = listed.map((line): [string, string] => [
      line.split('\t')[1] ?? '',
      line.split('\t')[0] ?? '',
    ]);
    return Promise.resolve({ kind: 'done', value: new Map(pairs) });
  },
};

export const asking: SyncRequest = { session: 'person', agent: 'editor', onConflict: 'ask' };
export const resetting: SyncRequest = { ...asking, onConflict: 'reset' };
