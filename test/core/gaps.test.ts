import assert from 'node:assert/strict';
import { inRepo } from '../support/repo';

describe('invariant 13: a gap that opens or closes is said at once', () => {
  it(
    'although nothing that is captured changed, and once only',
    inRepo(async (repo) => {
      const limits = { maxFileSize: 100 };
      const { checkpoint: first } = await repo.checkpoint({ limits });
      repo.write('huge.bin', 'x'.repeat(200));
      const opened = await repo.checkpoint({ limits });
      assert.deepEqual([opened.created, opened.checkpoint.step], [true, first.step + 1]);
      assert.deepEqual(opened.checkpoint.uncovered, [{ path: 'huge.bin', reason: 'too_large' }]);
      assert.equal(opened.checkpoint.tree, first.tree);
      assert.equal((await repo.checkpoint({ limits })).created, false);
      assert.equal((await repo.checkpoint({ limits, paths: ['a.txt'] })).created, false);
      repo.remove('huge.bin');
      const closed = await repo.checkpoint({ limits });
      assert.equal(closed.created, true);
      assert.deepEqual(closed.checkpoint.uncovered, []);
    }),
  );

  it(
    'but an ignored path that somebody names makes no checkpoint',
    inRepo(async (repo) => {
      repo.write('.gitignore', 'secret\n');
      await repo.checkpoint();
      repo.write('secret', 'kept out');
      const named = await repo.checkpoint({ paths: ['secret'] });
      assert.equal(named.created, false);
      assert.deepEqual(named.uncovered, [{ path: 'secret', reason: 'ignored' }]);
    }),
  );

  it(
    'a file that is ignored from now on is not captured any more, whatever the private index knows',
    inRepo(async (repo) => {
      for (let i = 0; i < 250; i += 1) {
        repo.write(`many/${i}.txt`, `file ${i}\n`);
      }
      repo.write('secret.env', 'captured before anybody thought of it');
      const first = await repo.checkpoint();
      assert.ok(repo.treeEntries(first.checkpoint.oid).has('secret.env'));
      repo.write('.gitignore', '*.env\n');
      repo.write('secret.env', 'must stay out');
      const second = await repo.checkpoint();
      assert.equal(repo.treeEntries(second.checkpoint.oid).has('secret.env'), false);
      assert.equal(repo.treeEntries(second.checkpoint.oid).has('many/7.txt'), true);
      const oid = repo.git('hash-object', 'secret.env');
      assert.notEqual(repo.tryGit('cat-file', '-e', oid).code, 0, 'its new content is stored nowhere');
    }),
  );
});
