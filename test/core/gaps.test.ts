import assert from 'node:assert/strict';
import { inRepo } from '../support/repo';

describe('invariant 13: a gap that opens or closes is said at once', function () {
  this.timeout(60_000);

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
});
