import assert from 'node:assert/strict';
import { dangersIn, foldersIn } from '../../src/agents/destructive';

/** The git commands found in a text, with what they may drop. */
function found(...texts: string[]): string {
  return dangersIn(texts)
    .map(({ verb, drops, names }) =>
      [verb, ...drops, ...(names.length > 0 ? [`(${names.join(' ')})`] : [])].join(' '),
    )
    .join('; ');
}

describe('what a shell call may drop', () => {
  const dangerous: Readonly<Record<string, string>> = {
    'git reset --hard HEAD~3': 'reset head (HEAD~3)',
    'git reset --soft HEAD~1': 'reset head (HEAD~1)',
    'cd x && git -C y -c a=b reset --hard': 'reset head',
    'bash -c "git reset --hard"': 'reset head',
    "sh -lc 'cd a; /usr/bin/git checkout -f main'": 'checkout head named (main)',
    'git checkout -- .': 'checkout head named (.)',
    'git checkout a.txt': 'checkout head named (a.txt)',
    'git checkout HEAD~1 file': 'checkout head named (HEAD~1 file)',
    'git switch -C main other': 'switch head named (main other)',
    'git restore src': 'restore (src)',
    'git clean -fdx': 'clean',
    'git stash': 'stash stash head',
    'git stash pop && git stash drop': 'stash stash head (pop); stash stash head (drop)',
    'git branch -D one two': 'branch head named (one two)',
    'git branch -fd one': 'branch head named (one)',
    'git tag -d v1': 'tag named (v1)',
    'git worktree remove --force ../w': 'worktree worktrees (remove ../w)',
    'git rebase -i main': 'rebase head named (main)',
    'git commit --amend --no-edit': 'commit head',
    'git push --force origin main': 'push remote (origin main)',
    'git push -f': 'push remote',
    'git push --force-with-lease': 'push remote',
    'git push origin +main': 'push remote (origin +main)',
    'git push origin :main': 'push remote (origin :main)',
    'git update-ref -d refs/heads/x': 'update-ref head named (refs/heads/x)',
    'git gc --prune=now': 'gc logs stash',
    'git reflog expire --expire=now --all': 'reflog logs stash (expire)',
    'git filter-branch --all': 'filter-branch branches',
    'git merge --abort': 'merge head',
    'git undo-everything': 'undo-everything head stash',
    'true\ngit reset --hard\n': 'reset head',
    'echo $(git reset --hard)': 'reset head',
    'x=`git stash drop`': 'stash stash head (drop)',
    'if true; then git reset --hard; fi': 'reset head',
    'GIT_DIR=.git git reset --hard': 'reset head',
    'git \\\n reset --hard': 'reset head',
    'git.exe reset --hard': 'reset head',
    'cat list | xargs git branch -D': 'branch head named',
  };
  for (const [text, gist] of Object.entries(dangerous)) {
    it(JSON.stringify(text), () => {
      assert.equal(found(text), gist);
    });
  }

  it('and what drops nothing, or is no git', () => {
    const harmless = [
      'ls',
      'git',
      'git status',
      'git --version',
      'git log --oneline -- git',
      'git checkout main',
      'git checkout -b new',
      'git switch main',
      'git stash list',
      'git branch',
      'git branch new',
      'git commit -m "Say reset --hard in a message"',
      'git push origin main',
      'git clean -n',
      'git worktree list',
      'git fetch --prune origin',
      'git merge main',
      'cat .git/config',
      'npm run legit reset',
    ];
    assert.deepEqual(
      harmless.filter((text) => found(text) !== ''),
      [],
    );
  });

  it('is looked for in each of several commands, and never in more than some of a text', () => {
    assert.equal(found('ls', 'git clean -f'), 'clean');
    // A search in all of it would take hours.
    const started = performance.now();
    found('git '.repeat(200_000), 'git -C '.repeat(200_000), 'x'.repeat(5_000_000), '"$('.repeat(100_000));
    assert.ok(performance.now() - started < 60_000);
  });

  it('goes to the folders that it names', () => {
    assert.deepEqual(foldersIn(['cd ../other && git -C "third" status', 'pushd /x; ls']), [
      '../other',
      'third',
      '/x',
    ]);
  });
});
