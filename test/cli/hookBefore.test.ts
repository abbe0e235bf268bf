import assert from 'node:assert/strict';
import path from 'node:path';
import { bash, held, hook, log, silent, write } from '../agents/support';
import { readDecision } from '../../src/decisions/read';
import { belay } from '../support/cli';
import { inRepo } from '../support/repo';
import { Upstream } from '../sync/upstream';

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
        assert.ok(repo.isHeld(head), 'the commits are kept, whatever the command');
        assert.equal(
          (await readDecision(await repo.worktree(), 'main'))?.status,
          undefined,
          'what was covered before is no question to a person',
        );
      }),
    );
  }

  for (const push of [
    'git push --force origin main',
    'git push origin +main',
    'git push origin :main',
    'git push --mirror origin',
    'git push -f',
  ]) {
    it(
      `${push}: what the remote is known to have here is held by a backup that can be listed`,
      inRepo((repo) => {
        Upstream.of(repo);
        const tip = repo.git('commit-tree', 'HEAD^{tree}', '-m', 'Of somebody else');
        repo.git('update-ref', 'refs/remotes/origin/main', tip);
        silent(hook('claude-code', bash(repo, 'PreToolUse', push)));
        const held = repo.git('for-each-ref', '--format=%(objectname)', 'refs/belay/backup/before-command/');
        assert.equal(held, tip);
        return Promise.resolve();
      }),
    );
  }

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
      assert.ok(linked.isHeld(there));
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
