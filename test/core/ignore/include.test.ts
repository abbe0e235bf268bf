import assert from 'node:assert/strict';
import { excludePaths, includePaths, readInclusion } from '../../../src/checkpoint/include';
import { restore } from '../../../src/restore/restore';
import { Git } from '../../../src/git/git';
import { inRepo } from '../../support/repo';
import { assertNowhere, fateOf } from './scenes';

const who = { session: 'person', agent: 'editor' } as const;

describe('what a person includes', function () {
  this.timeout(60_000);

  it(
    'is captured whatever the rules say, and no longer once that is taken back',
    inRepo(async (repo) => {
      repo.write('.gitignore', '*.env\n/build/\n');
      repo.write('build/deep/one.o', 'one\n');
      repo.write('build/two.o', 'two\n');
      repo.write('secret.env', 'secret\n');
      await repo.checkpoint();
      const worktree = await repo.worktree();

      const folder = await includePaths(worktree, ['build/deep'], who);
      assert.deepEqual(
        [fateOf(repo, folder, 'build/deep/one.o'), fateOf(repo, folder, 'build/two.o')],
        ['in', 'out'],
      );
      repo.write('build/deep/one.o', 'one more\n');
      assert.equal(fateOf(repo, await repo.checkpoint(), 'build/deep/one.o'), 'in');
      assert.equal(repo.git('show', 'refs/belay/shadow/main/current:build/deep/one.o'), 'one more');
      repo.write('build/deep/one.o', 'by path\n');
      await repo.checkpoint({ paths: ['build/deep/one.o'] });
      assert.equal(repo.git('show', 'refs/belay/shadow/main/current:build/deep/one.o'), 'by path');

      repo.remove('.gitignore');
      await repo.checkpoint();
      assert.deepEqual(await readInclusion(worktree), {
        included: ['build/deep'],
        leftOut: ['build', 'secret.env'],
      });
      const file = await includePaths(worktree, ['secret.env'], who);
      assert.equal(fateOf(repo, file, 'secret.env'), 'in');

      const back = await excludePaths(worktree, ['build/deep', 'secret.env'], who);
      for (const name of ['build/deep/one.o', 'secret.env']) {
        assert.equal(fateOf(repo, back, name), 'gap', name);
      }
      assert.deepEqual((await readInclusion(worktree)).included, []);
      await assert.rejects(excludePaths(worktree, ['secret.env'], who), { reason: 'invalid_path' });
      await assert.rejects(includePaths(worktree, ['nowhere'], who), { reason: 'invalid_path' });
    }),
  );

  it(
    'no path that is named gets in by that alone, nor does it cost a process that nothing changed',
    inRepo(async (repo) => {
      const calls: string[] = [];
      const worktree = await repo.open(new Git({ onCommand: (line) => calls.push(line) }));
      const processes = async (paths: readonly string[]): Promise<string[]> => {
        calls.length = 0;
        await repo.checkpoint({ paths }, worktree);
        return calls.filter((line) => /check-ignore/.test(line));
      };
      repo.write('notes.txt', 'captured\n');
      repo.write('venv/.gitignore', '*\n');
      await repo.checkpoint({}, worktree);
      repo.write('a.txt', 'edited\n');
      repo.write('notes.txt', 'edited\n');
      assert.deepEqual(await processes(['a.txt', 'notes.txt']), []);
      repo.write('a.txt', 'edited again\n');
      assert.deepEqual(await processes([]), []);

      repo.write('venv/secret', 'secret one\n');
      repo.remove('venv/.gitignore');
      const named = await repo.checkpoint({ paths: ['venv/secret'] }, worktree);
      assert.equal(fateOf(repo, named, 'venv/secret'), 'gap');
      assertNowhere(repo, 'secret one\n', 'named while its ignore file is away');

      repo.write('.gitignore', 'notes.txt\n');
      repo.write('notes.txt', 'must stay out\n');
      const later = await repo.checkpoint({ paths: ['notes.txt'] }, worktree);
      assert.equal(fateOf(repo, later, 'notes.txt'), 'gap');
      assertNowhere(repo, 'must stay out\n', 'named although it is ignored by now');
      const scanned = await repo.checkpoint({}, worktree);
      assert.deepEqual(
        [fateOf(repo, scanned, 'notes.txt'), fateOf(repo, scanned, 'venv/secret')],
        ['gap', 'gap'],
      );
    }),
  );

  it(
    'and a restore neither deletes nor overwrites what is left out',
    inRepo(async (repo) => {
      repo.write('later.env', 'captured\n');
      const first = await repo.checkpoint();
      repo.write('.gitignore', '*.env\n');
      repo.write('later.env', 'mine\n');
      repo.write('never.env', 'mine, too\n');
      const second = await repo.checkpoint();
      repo.write('a.txt', 'changed\n');
      repo.remove('.gitignore');
      await repo.checkpoint();
      const worktree = await repo.worktree();
      for (const { checkpoint } of [first, second]) {
        await restore(worktree, checkpoint, { ...who, include: 'all' });
        assert.equal(repo.read('later.env').toString(), 'mine\n');
        assert.equal(repo.read('never.env').toString(), 'mine, too\n');
      }
      repo.write('.gitignore', 'nothing\n');
      await repo.checkpoint();
      const captured = await repo.checkpoint({ always: true });
      assert.equal(fateOf(repo, captured, 'never.env'), 'in');
      await restore(worktree, second.checkpoint, { ...who, include: 'all' });
      assert.equal(repo.read('never.env').toString(), 'mine, too\n', 'that checkpoint could not have it');
    }),
  );
});
