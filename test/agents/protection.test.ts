import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { guardedVerbs } from '../../src/agents/destructive';
import { readProtections, setProtection } from '../../src/agents/protection';
import { gitFolderProtectionOf, gitFolderSetting, protectionOf } from '../../src/agents/hookSettings';
import { BelayError } from '../../src/errors';
import { Git } from '../../src/git/git';
import { inRepo } from '../support/repo';

describe('what becomes of a dangerous command', () => {
  it(
    'is written where every worktree and every hook reads it, and taken out again without a trace',
    inRepo(async (repo) => {
      const config = path.join(repo.folder, '.git', 'config');
      const before = fs.readFileSync(config, 'utf8');
      const worktree = await repo.worktree();
      assert.deepEqual([...(await readProtections(worktree))], []);
      await setProtection(worktree, 'reset', 'refuse');
      await setProtection(worktree, 'update-ref', 'ask');
      assert.deepEqual(
        [...(await readProtections(worktree))],
        [
          ['reset', 'refuse'],
          ['update-ref', 'ask'],
        ],
      );
      const anew = await repo.open(new Git());
      assert.equal(protectionOf(anew, 'reset'), 'refuse');
      assert.equal(protectionOf(anew, 'update-ref'), 'ask');
      assert.equal(protectionOf(anew, 'clean'), 'cover');
      await setProtection(worktree, 'reset', 'cover');
      await setProtection(worktree, 'reset', 'cover');
      await setProtection(worktree, 'update-ref', 'cover');
      assert.deepEqual([...(await readProtections(worktree))], []);
      assert.equal(fs.readFileSync(config, 'utf8'), before);
    }),
  );

  it(
    'is said out loud where a wider configuration says otherwise',
    inRepo(async (repo) => {
      const wider = path.join(repo.base, 'wider');
      fs.writeFileSync(wider, '[belay "protect"]\n\tclean = ask\n');
      repo.git('config', 'include.path', wider);
      const worktree = await repo.worktree();
      assert.equal((await readProtections(worktree)).get('clean'), 'ask');
      await setProtection(worktree, 'clean', 'cover');
      assert.equal(protectionOf(await repo.open(new Git()), 'clean'), 'cover');
      assert.equal((await readProtections(worktree)).has('clean'), false);
    }),
  );

  it(
    'of the .git folder is asked about unless a person says otherwise',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const now = async () => gitFolderProtectionOf(await repo.open(new Git()));
      assert.equal(await now(), 'ask');
      for (const [wanted, written] of [
        ['refuse', 'refuse'],
        ['cover', 'allow'],
      ] as const) {
        await setProtection(worktree, gitFolderSetting, wanted);
        assert.equal(repo.git('config', 'belay.protect.gitFolder'), written);
        assert.equal(await now(), wanted);
        assert.equal((await readProtections(worktree)).get(gitFolderSetting), wanted);
      }
      await setProtection(worktree, gitFolderSetting, 'ask');
      assert.deepEqual([...(await readProtections(worktree))], []);
      repo.git('config', 'belay.protect.gitFolder', 'alow');
      assert.equal(await now(), 'ask', 'a slip of the pen lets nothing through');
    }),
  );

  it(
    'is left as it is while another git has the configuration locked, and says so',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      fs.writeFileSync(path.join(repo.folder, '.git', 'config.lock'), '');
      await assert.rejects(
        setProtection(worktree, 'reset', 'refuse'),
        (thrown) => thrown instanceof BelayError && thrown.reason === 'publish_failed',
      );
      assert.deepEqual([...(await readProtections(worktree))], []);
    }),
  );

  it('can be said of every command that can drop work', () => {
    for (const verb of ['reset', 'checkout', 'restore', 'clean', 'stash', 'branch', 'rebase', 'push', 'gc']) {
      assert.ok(guardedVerbs.includes(verb), verb);
    }
    // git takes nothing else as the name of a setting.
    assert.deepEqual(
      guardedVerbs.filter((verb) => !/^[a-z][a-z-]*$/.test(verb)),
      [],
    );
  });
});
