import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Git } from '../../src/git/git';
import { listWorktrees, readHead } from '../../src/git/worktree';
import { inRepo, type TestRepo } from '../support/repo';

/** Where git keeps a repository's own folder. */
interface Layout {
  /** Makes it beside the test's repository. @returns its working folder. */
  readonly make: (repo: TestRepo) => string;
  /** What a linked worktree of it can know of the main one's folder. */
  readonly fromLinked: 'known' | 'unknown';
}

function git(cwd: string, ...args: string[]): void {
  execFileSync('git', args, { cwd, stdio: 'ignore' });
}

const layouts: Readonly<Record<string, Layout>> = {
  'as git makes it': { make: (repo) => repo.folder, fromLinked: 'known' },
  'a git dir that lies apart': {
    make: (repo) => {
      const folder = path.join(repo.base, 'apart');
      git(
        repo.base,
        'clone',
        '--quiet',
        '--separate-git-dir',
        path.join(repo.base, 'apart.git'),
        repo.folder,
        folder,
      );
      return folder;
    },
    fromLinked: 'unknown',
  },
  'the inside of a submodule': {
    make: (repo) => {
      const over = path.join(repo.base, 'over');
      git(repo.base, 'init', '--quiet', over);
      git(over, 'submodule', '--quiet', 'add', repo.folder, 'inside');
      return path.join(over, 'inside');
    },
    fromLinked: 'known',
  },
};

describe('where git keeps what', () => {
  for (const [name, { make, fromLinked }] of Object.entries(layouts)) {
    it(
      `${name}: each worktree is where it is`,
      inRepo(async (repo) => {
        const folder = fs.realpathSync(make(repo));
        const worktree = await repo.open(new Git(), folder);
        const [main] = await listWorktrees(worktree);
        assert.deepEqual([main?.key, main?.root, main?.missing], ['main', folder, false]);
        const linked = path.join(repo.base, 'beside');
        git(folder, 'worktree', 'add', '--quiet', '-b', 'beside', linked);
        const [seen] = await listWorktrees(await repo.open(new Git(), linked));
        assert.equal(seen?.missing, fromLinked === 'unknown');
        if (fromLinked === 'known') {
          assert.equal(seen.root, folder);
        }
      }),
    );
  }

  it(
    'HEAD is a link: the branch is told, also once it is packed',
    inRepo(async (repo) => {
      repo.git('config', 'core.preferSymlinkRefs', 'true');
      repo.git('checkout', '--quiet', '-b', 'linked');
      assert.ok(fs.lstatSync(path.join(repo.gitDir, 'HEAD')).isSymbolicLink());
      const worktree = await repo.worktree();
      assert.equal((await readHead(worktree)).branch, 'refs/heads/linked');
      repo.git('pack-refs', '--all', '--prune');
      assert.equal((await readHead(worktree)).branch, 'refs/heads/linked');
      repo.write('a.txt', 'edited\n');
      assert.equal((await repo.checkpoint()).checkpoint.branch, 'refs/heads/linked');
    }),
  );
});
