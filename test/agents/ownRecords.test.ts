import assert from 'node:assert/strict';
import path from 'node:path';
import type { ToolUse } from '../../src/agents/event';
import { reaches } from '../../src/agents/ownRecords';
import { askAbout } from '../support/question';
import { inRepo, referencesAsFiles, type TestRepo } from '../support/repo';
import { bash, claude, hook, refusal, silent, write } from './support';

const refused: readonly string[] = [
  'git update-ref -d refs/belay/decision/main',
  'git -C /r update-ref -d refs/belay/decision/main',
  'cd ../other && git update-ref -d "refs/belay/decision/main"',
  'sh -c "git update-ref -d refs/belay/decision/main"',
  'git symbolic-ref refs/belay/decision/main refs/heads/main',
  'git push . :refs/belay/decision/main',
  'git push . :belay/decision/main',
  "git fetch --prune . '+refs/*:refs/*'",
  'git log refs/belay/decision/main',
  'git show refs/belay/decision/main && ls',
  'git for-each-ref refs/belay',
  'git for-each-ref --format="delete %(refname)" refs/belay | git update-ref --stdin',
  'printf "delete refs/belay/decision/main\\n" | git update-ref --stdin',
  'for r in refs/belay/decision/main; do git update-ref -d $r; done',
  'rm .git/refs/belay/decision/main',
  'rm -rf .git/refs/belay',
  'rm -rf .git/refs',
  'rm -rf /r/.git/refs/belay/',
  'rm -rf /elsewhere.git/refs/belay',
  'sudo rm -rf .git/belay',
  'cd .git && rm -r refs/belay',
  'cd .git/refs && rm -r belay',
  'cd .git && rm -r belay',
  'rm -r "$(git rev-parse --git-common-dir)/refs/belay"',
  'D=.git/refs/belay; rm -r $D',
  'mv .git/refs/belay /tmp/x',
  'unlink .git/refs/belay/decision/main',
  'find .git/refs/belay -type f -delete',
  'find .git/refs/belay -type f | xargs rm',
  'ls .git/refs/belay/decision | while read r; do rm ".git/refs/$r"; done',
  'echo abc > .git/refs/belay/decision/main',
  'echo abc >> .git/packed-refs',
  'cat other >.git/refs/belay/decision/main',
  'echo abc | tee .git/refs/belay/decision/main',
  'cp /tmp/forged .git/refs/belay/decision/main',
  'sed -i /belay/d .git/packed-refs',
  'truncate -s0 .git/packed-refs',
  'chmod 000 .git/belay',
  `python3 -c "import os; os.remove('.git/refs/belay/decision/main')"`,
  `node -e 'fs.rmSync(".git/belay/questions",{recursive:true})'`,
  'rm -r ~/.belay/questions',
  'rm -f $HOME/.belay/answers/x',
];

const allowed: readonly string[] = [
  'ls',
  'npm test && git commit -am "Say it"',
  'git push origin main',
  "git push origin 'refs/heads/*:refs/heads/*'",
  'git update-ref -d refs/heads/old',
  'git log --oneline main',
  'git status && git diff',
  'grep -r refs/belay src',
  'grep -rn "rm refs/belay" docs',
  'git grep refs/belay',
  'git grep refs/belay && git commit -am "Rename"',
  'rg refs/belay | head',
  'cat .git/refs/belay/decision/main',
  'cat .git/packed-refs',
  'cat .git/packed-refs | grep belay > /tmp/found',
  'ls -R .git/refs/belay',
  'ls .git/refs/belay && rm -rf build',
  'find .git/refs/belay -type f',
  'cp .git/refs/belay/decision/main /tmp/x',
  'sed -n 1p .git/packed-refs',
  'rm -rf src/refs/belay/old.ts',
  'mkdir -p refs/belay && touch refs/belay/x',
  'rm .git/index.lock',
  'rm -rf .git/rebase-merge',
  'echo "see refs/belay" > notes.txt',
  'belay doctor --fix',
  'rm -rf node_modules',
];

const shell = (command: string): ToolUse => ({
  name: 'Bash',
  reach: 'shell',
  paths: [],
  commands: [command],
  places: [],
});

const tool = (name: string, reach: ToolUse['reach'], file: string): ToolUse => ({
  name,
  reach,
  paths: reach === 'edit' ? [file] : [],
  commands: [],
  places: reach === 'other' ? [file] : [],
});

describe('what a waiting question is kept in', function () {
  this.timeout(60_000);

  for (const command of refused) {
    it(`is reached for: ${command}`, () => {
      assert.equal(reaches(shell(command), '/r', '/r/.git'), true);
    });
  }

  for (const command of allowed) {
    it(`is not reached for: ${command}`, () => {
      assert.equal(reaches(shell(command), '/r', '/r/.git'), false);
    });
  }

  it('is reached for by tools that write files, and not by those that read them', () => {
    for (const file of [
      '.git/refs/belay/decision/main',
      '/r/.git/packed-refs',
      '/r/.git/belay/questions/main/x.json',
    ]) {
      assert.equal(reaches(tool('Write', 'edit', file), '/r', '/r/.git'), true, file);
      assert.equal(reaches(tool('mcp__files__move_file', 'other', file), '/r', '/r/.git'), true, file);
      assert.equal(reaches(tool('Read', 'read', file), '/r', '/r/.git'), false, file);
      assert.equal(reaches(tool('mcp__files__read', 'other', file), '/r', '/r/.git'), false, file);
    }
    assert.equal(reaches(tool('Write', 'edit', 'src/refs/belay/x.ts'), '/r', '/r/.git'), false);
    assert.equal(reaches(tool('Write', 'edit', '/bare/refs/belay/decision/main'), '/r', '/bare'), true);
  });

  async function waiting(repo: TestRepo): Promise<void> {
    await askAbout(repo, await repo.worktree());
  }

  it(
    'is kept from an agent in another worktree, and in another repository, in its own way, while the question waits',
    inRepo(async (repo) => {
      const beside = repo.link('beside');
      const remove = 'git update-ref -d refs/belay/decision/main';
      const file = path.join(repo.commonDir, 'refs/belay/decision/main');
      silent(hook('claude-code', bash(beside, 'PreToolUse', remove)));
      await waiting(repo);
      const away = repo.other(path.join(repo.base, 'away'));
      repo.git('clone', '--quiet', '.', away.folder);
      for (const call of [
        bash(beside, 'PreToolUse', remove),
        write(beside, 'PreToolUse', file),
        bash(away, 'PreToolUse', `git -C ${repo.folder} update-ref -d refs/belay/decision/main`),
      ]) {
        const said = refusal(hook('claude-code', call));
        assert.match(
          said,
          /"permissionDecision":"deny".*Belay keeps a question to a person about the worktree main/,
        );
      }
      const gemini = claude(beside, 'BeforeTool', {
        tool_name: 'run_shell_command',
        tool_input: { command: remove },
      });
      assert.match(refusal(hook('gemini', gemini)), /^\{"decision":"deny","reason":"Belay keeps a question/);
      silent(hook('claude-code', bash(beside, 'PreToolUse', 'git log --oneline && grep -r refs/belay .')));
      silent(hook('claude-code', bash(away, 'PreToolUse', 'git for-each-ref refs/belay')));
    }, referencesAsFiles),
  );
});
