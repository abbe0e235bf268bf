import assert from 'node:assert/strict';
import path from 'node:path';
import { bash, held, hook, log, silent, write } from '../agents/support';
import { readDecision } from '../../src/decisions/read';
import { belay } from '../support/cli';
import { inRepo, type TestRepo } from '../support/repo';
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

  it(
    'and reads them as git does, with its aliases and branches',
    inRepo((repo) => {
      for (const verb of ['reset', 'checkout', 'clean']) {
        repo.git('config', `belay.protect.${verb}`, 'refuse');
      }
      repo.git('config', 'alias.undo', 'reset --hard');
      repo.git('config', 'alias.wipe', '!git clean -fdx');
      repo.git('branch', 'other');
      repo.git('update-ref', 'refs/remotes/origin/theirs', 'HEAD');
      repo.write('src/a.c', 'code');
      const call = (command: string): string =>
        hook('claude-code', bash(repo, 'PreToolUse', command)).out.replace(
          /^.*(belay\.protect\.\w+).*$/s,
          '$1',
        );
      assert.deepEqual(
        [
          'git undo',
          'git wipe',
          'git checkout src',
          'git checkout -f other',
          'bash -c "git reset --har"',
        ].map(call),
        ['reset', 'clean', 'checkout', 'checkout', 'reset'].map((verb) => `belay.protect.${verb}`),
      );
      assert.deepEqual(
        ['git checkout other', 'git checkout theirs', 'git checkout HEAD', 'git commit -m "git undo"'].map(
          call,
        ),
        ['', '', '', ''],
      );
      return Promise.resolve();
    }),
  );

  for (const [agent, answer] of [
    ['claude-code', /"permissionDecision":"ask".*belay\.protect\.gitFolder/],
    ['codex', /"permissionDecision":"deny".*belay\.protect\.gitFolder/],
  ] as const) {
    it(
      `without any setting, ${agent} does not remove the repository by itself`,
      inRepo((repo) => {
        const linked = repo.link('beside');
        const call = (of: TestRepo, command: string): string =>
          hook(agent, bash(of, 'PreToolUse', command)).out;
        for (const command of ['rm -rf .git', `cd .. && rm -rf ${repo.folder}`, 'mv .git x && git init']) {
          assert.match(call(repo, command), answer, command);
        }
        assert.match(call(linked, `rm -rf ${repo.folder}`), answer, 'from a linked worktree');
        assert.equal(call(repo, `rm -rf ${linked.folder}`), '', 'a linked worktree holds no checkpoint');
        repo.git('config', 'belay.protect.gitFolder', 'refuse');
        assert.match(call(repo, 'rm -rf .git'), /"permissionDecision":"deny"/);
        repo.git('config', 'belay.protect.gitFolder', 'allow');
        assert.equal(call(repo, 'rm -rf .git'), '');
        return Promise.resolve();
      }),
    );
  }

  it(
    'an agent that works above the repository, or in another one, is asked as well',
    inRepo(async (repo) => {
      await repo.checkpoint();
      const there = bash(repo, 'PreToolUse', `rm -rf ${repo.folder}`);
      assert.match(hook('claude-code', { ...there, cwd: repo.base }).out, /"permissionDecision":"ask"/);
      const other = repo.link('elsewhere');
      assert.equal(hook('claude-code', { ...there, cwd: other.folder }).out.includes('gitFolder'), true);
    }),
  );
});
