import assert from 'node:assert/strict';
import path from 'node:path';
import { bash, held, hook, log, silent, write } from '../agents/support';
import { readDecision } from '../../src/decisions/read';
import { belay } from '../support/cli';
import { inRepo } from '../support/repo';

describe('belay hook, before what destroys', () => {
  for (const command of [
    'git reset --hard HEAD~1',
    'git clean -fdx',
    'git checkout -f -- .',
    'git stash -u',
  ]) {
    it(
      `${command}: everything that is not ignored comes back with one restore`,
      inRepo(async (repo) => {
        repo.write('a.txt', 'a commit of the agent\n');
        repo.git('commit', '--all', '--quiet', '--message=Work');
        const head = repo.git('rev-parse', 'HEAD');
        repo.write('a.txt', 'not committed\n');
        repo.write('folder/b.txt', 'staged\n');
        repo.git('add', 'folder/b.txt');
        repo.write('new/untracked.txt', 'never added\n');
        const files = repo.diskEntries();
        silent(hook('claude-code', bash(repo, 'PreToolUse', command)));
        repo.git(...command.split(' ').slice(1));
        silent(hook('claude-code', bash(repo, 'PostToolUse', command)));
        assert.notDeepEqual(repo.diskEntries(), files);
        const [before] = (await log(repo)).filter(({ message }) => message === 'Before Bash');
        assert.ok(before);
        const restored = belay(repo, ['restore', before.oid, '--include-drifted']);
        assert.equal(restored.code, 0, restored.err);
        assert.deepEqual(repo.diskEntries(), files);
        const pinned = repo.git(
          'for-each-ref',
          '--format=%(objectname)',
          'refs/belay/backup/before-command/',
        );
        assert.equal(
          pinned.includes(head),
          /reset|stash|checkout/.test(command),
          'the commits are pinned where the command can drop some',
        );
        assert.equal(
          (await readDecision(await repo.worktree(), 'main'))?.status,
          undefined,
          'what was covered before is no question to a person',
        );
      }),
    );
  }

  it(
    'pins branches, stashes and commits of the logs, each once, and what a remote or tag has not at all',
    inRepo((repo) => {
      const pins = (): string[] =>
        repo
          .git('for-each-ref', '--format=%(objectname)', 'refs/belay/backup/before-command/')
          .split('\n')
          .filter((line) => line !== '');
      const call = (command: string): void => {
        silent(hook('claude-code', bash(repo, 'PreToolUse', command)));
      };
      repo.git('branch', 'side');
      repo.git('checkout', '--quiet', 'side');
      repo.write('a.txt', 'on the side\n');
      repo.git('commit', '--all', '--quiet', '--message=Side');
      const side = repo.git('rev-parse', 'side');
      repo.git('checkout', '--quiet', 'main');
      repo.write('a.txt', 'put away\n');
      repo.git('stash', '--quiet');
      const stash = repo.git('rev-parse', 'refs/stash');

      call('echo hello && ls -la');
      assert.deepEqual(pins(), [], 'a harmless command drops nothing');
      call('git status; git log --oneline; git commit -m "git reset"; git push origin main');
      assert.deepEqual(pins(), [], 'nor do these');
      call('bash -c "git branch -D side"');
      assert.ok(pins().includes(side));
      call('git stash drop');
      assert.ok(pins().includes(stash));
      const count = pins().length;
      call('git stash clear');
      call('git branch -D side');
      assert.equal(pins().length, count, 'each is pinned once');

      repo.git('branch', '--quiet', '-D', 'side');
      repo.git('stash', 'drop', '--quiet');
      repo.git('reflog', 'expire', '--expire=now', '--all');
      repo.git('gc', '--quiet', '--prune=now');
      assert.equal(repo.tryGit('cat-file', '-e', `${side}^{tree}`).code, 0);
      assert.equal(repo.tryGit('cat-file', '-e', `${stash}^{tree}`).code, 0);

      repo.git('tag', 'kept');
      repo.git('checkout', '--quiet', '--detach');
      repo.git('commit', '--quiet', '--allow-empty', '--message=Tagged');
      repo.git('tag', 'kept-too');
      call('git reset --hard kept');
      assert.equal(pins().length, count, 'a tag holds it');
    }),
  );

  it(
    'covers the other worktree that the command itself goes to, or removes',
    inRepo(async (repo) => {
      const linked = repo.link('beside');
      linked.write('unsaved.txt', 'in the other worktree\n');
      linked.git('commit', '--quiet', '--allow-empty', '--message=There');
      const there = linked.git('rev-parse', 'HEAD');
      silent(hook('claude-code', bash(repo, 'PreToolUse', `git worktree remove --force ${linked.folder}`)));
      const [other] = await log(linked);
      assert.equal(held(repo, other?.oid ?? '', 'unsaved.txt'), 'in the other worktree\n');
      assert.match(repo.git('for-each-ref', 'refs/belay/backup/before-command/'), new RegExp(there));
      linked.write('unsaved.txt', 'more\n');
      silent(hook('claude-code', bash(repo, 'PreToolUse', `cd ${linked.folder} && rm -rf .`)));
      const [again] = await log(linked);
      assert.equal(held(repo, again?.oid ?? '', 'unsaved.txt'), 'more\n');
    }),
  );

  it(
    'what an edit is about to overwrite is kept, too',
    inRepo(async (repo) => {
      repo.write('a.txt', 'a person’s work that nobody has saved\n');
      const file = path.join(repo.folder, 'a.txt');
      silent(hook('claude-code', write(repo, 'PreToolUse', file)));
      const [before] = await log(repo);
      assert.equal(before?.message, 'Before Write');
      assert.match(held(repo, before.oid, 'a.txt'), /nobody has saved/);
    }),
  );

  it(
    'a repository’s setting keeps chosen commands for a person',
    inRepo((repo) => {
      repo.git('config', 'belay.protect.reset', 'refuse');
      repo.git('config', 'belay.protect.clean', 'ask');
      const call = (command: string): string => {
        const ended = hook('claude-code', bash(repo, 'PreToolUse', command));
        assert.deepEqual([ended.code, ended.err], [0, '']);
        return ended.out;
      };
      assert.match(call('git reset --hard'), /"permissionDecision":"deny".*belay\.protect\.reset/);
      assert.match(call('git clean -fd'), /"permissionDecision":"ask"/);
      assert.equal(call('git stash'), '');
      assert.equal(call('git clean -n'), '');
    }),
  );
});
