import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { inRepo, type TestRepo } from '../../support/repo';
import { sized } from '../../support/size';
import { besideIndex, bring, indexBytes, inLong, staged, take, takeBack } from './support';

const odd = Buffer.concat([Buffer.from('odd\n"'), Buffer.from([0xff]), Buffer.from('.txt')]);

/** Indexes that say more than a tree can hold, each made of one with something staged in it. */
const shapes: Readonly<Record<string, (repo: TestRepo) => void>> = {
  'a plain one': () => undefined,
  'one with an entry that is only intended to be added': (repo) => {
    repo.write('intended.txt', 'later\n');
    repo.git('add', '--intent-to-add', 'intended.txt');
  },
  'one with an intended entry where the restore stages a file': (repo) => {
    repo.git('rm', '--cached', '--quiet', '--ignore-unmatch', 'new.txt');
    repo.write('new.txt', 'anything\n');
    repo.git('add', '--intent-to-add', 'new.txt');
  },
  'one with files that are assumed unchanged': (repo) => {
    repo.git('update-index', '--assume-unchanged', 'a.txt', 'folder/b.txt');
  },
  'one with files that are skipped': (repo) => {
    repo.git('update-index', '--skip-worktree', 'a.txt', 'folder/b.txt');
  },
  'a split one': (repo) => {
    repo.git('update-index', '--split-index');
    repo.git('add', 'other.txt');
  },
  'one with the answers of a file system monitor': (repo) => {
    const hook = repo.script('monitor', "#!/bin/sh\nprintf 'token\\0/\\0'\n");
    repo.git('config', 'core.fsmonitor', hook);
    repo.git('config', 'core.fsmonitorHookVersion', '2');
    repo.git('update-index', '--fsmonitor');
    repo.git('status', '--short');
  },
  'one with a cache of untracked files': (repo) => {
    repo.git('update-index', '--force-untracked-cache');
    repo.git('status', '--short');
  },
  'one of version 4': (repo) => {
    repo.git('update-index', '--index-version', '4');
  },
  'a sparse one': (repo) => {
    repo.git('config', 'index.sparse', 'true');
    repo.git('sparse-checkout', 'init', '--cone', '--sparse-index');
    repo.git('sparse-checkout', 'set', 'folder');
  },
  'one with a repository inside': (repo) => {
    const oid = repo.git('rev-parse', 'HEAD');
    repo.git('update-index', '--add', '--cacheinfo', `160000,${oid},module`);
  },
  'none at all': (repo) => {
    fs.rmSync(path.join(repo.gitDir, 'index'));
  },
};

/** A short run takes what can be had together in one. */
const together = [
  'one with an entry that is only intended to be added',
  'one with files that are assumed unchanged',
  'one with files that are skipped',
  'one with a cache of untracked files',
  'one of version 4',
];
const tried = sized<readonly (readonly string[])[]>({
  short: [[...together, 'a split one']],
  long: [together, ...Object.keys(shapes).map((name) => [name])],
});

/** Something staged that is in no file, by names of every kind. */
function stageSomething(repo: TestRepo): void {
  repo.write('a.txt', 'staged\n');
  repo.write('new.txt', 'only staged\n');
  repo.write(odd, 'odd\n');
  fs.symlinkSync('a.txt', repo.at('link'));
  repo.write('run.sh', '#!/bin/sh\n', 0o755);
  repo.git('add', '--all');
  repo.git('rm', '--cached', '--quiet', 'keep/c.txt');
  repo.write('a.txt', 'on disk\n');
  repo.remove('new.txt');
  repo.remove(odd);
}

describe('a restore of staged state, taken back', () => {
  for (const names of tried) {
    it(
      `gives back byte for byte: ${names.join('; ')}`,
      inRepo(async (repo) => {
        repo.write('keep/c.txt', 'c\n');
        repo.write('other.txt', 'other\n');
        repo.git('add', '--all');
        repo.git('commit', '--quiet', '--message=More');
        stageSomething(repo);
        const target = await take(repo);
        const then = staged(repo);
        repo.git('reset', '--quiet', '--hard');
        repo.write('other.txt', 'staged since\n');
        repo.git('add', 'other.txt');
        for (const name of names) {
          shapes[name]?.(repo);
        }
        await take(repo);
        const before = indexBytes(repo);
        const listed = staged(repo);
        const rest = besideIndex(repo);

        const result = await bring(repo, target);
        assert.deepEqual(result.skipped, []);
        assert.deepEqual(result.blocked, []);
        const lacks = (text: string): string[] =>
          text.split('\0').filter((line) => !/\t(?:intended\.txt|module)$/.test(line));
        assert.deepEqual(lacks(staged(repo)), lacks(then), 'what was staged is staged');
        assert.equal(besideIndex(repo), rest, 'files, HEAD and branches are as they were');

        const undone = await takeBack(repo);
        assert.equal(undone.exact, true);
        assert.deepEqual(indexBytes(repo), before);
        assert.equal(staged(repo), listed, 'git can read it');
        assert.equal(besideIndex(repo), rest);

        if (sized({ short: false, long: true })) {
          await takeBack(repo);
          assert.deepEqual(lacks(staged(repo)), lacks(then), 'the undo is taken back');
          await takeBack(repo);
          assert.deepEqual(indexBytes(repo), before);
        }
        const { code, output } = repo.tryGit('fsck', '--connectivity-only');
        assert.equal(code, 0, output);
      }),
    );
  }

  inLong(
    'puts the shared part of a split index back where git has cleared it away meanwhile',
    inRepo(async (repo) => {
      repo.write('a.txt', 'staged\n');
      repo.git('add', 'a.txt');
      const target = await take(repo);
      repo.git('reset', '--quiet', '--hard');
      repo.git('update-index', '--split-index');
      await take(repo);
      const before = indexBytes(repo);
      await bring(repo, target);
      const shared = fs.readdirSync(repo.gitDir).filter((name) => name.startsWith('sharedindex.'));
      assert.ok(shared.length > 0);
      for (const name of shared) {
        fs.rmSync(path.join(repo.gitDir, name));
      }
      await takeBack(repo);
      assert.deepEqual(indexBytes(repo), before);
      assert.equal(repo.git('status', '--short'), '');
    }),
  );
});
