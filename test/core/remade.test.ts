import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { lastLook, noteLook } from '../../src/agents/looked';
import { leaveOpen, openIn } from '../../src/agents/mark';
import { noteTooLong, readSlowness } from '../../src/agents/slowness';
import { noneWaits, readDecision } from '../../src/decisions/read';
import { askAbout } from '../support/question';
import { inRepo } from '../support/repo';

describe('a worktree made anew under the name of one that was removed', function () {
  this.timeout(60_000);

  it(
    'starts from nothing, and the checkpoints of the old one are listed still',
    inRepo(async (repo) => {
      const old = repo.link('again');
      old.write('.gitignore', '*.env\n');
      old.write('only-old.txt', 'old\n');
      await old.checkpoint();
      const first = await old.checkpoint({ paths: ['only-old.txt'], always: true });
      repo.git('worktree', 'remove', '--force', old.folder);

      const made = repo.link('again');
      made.write('new.txt', 'new\n');
      made.write('x.env', 'not ignored here\n');
      const { checkpoint } = await made.checkpoint({ session: 'session-2', paths: ['new.txt'] });
      assert.equal(checkpoint.mode, 'whole', 'what the old one left says nothing of this one');
      const entries = made.treeEntries(checkpoint.oid);
      assert.deepEqual([...entries.keys()].sort(), ['a.txt', 'folder/b.txt', 'new.txt', 'x.env']);
      assert.equal(checkpoint.parents[0], first.checkpoint.oid, 'the chain goes on');
      made.write('new.txt', 'newer\n');
      const next = await made.checkpoint({ session: 'session-2', paths: ['new.txt'] });
      assert.equal(next.checkpoint.mode, 'paths');
      assert.equal((await made.checkpoint({ session: 'session-2' })).created, false);
    }),
  );

  it(
    'takes a checkpoint of its own where it looks just like the old one',
    inRepo(async (repo) => {
      const old = repo.link('again');
      const first = await old.checkpoint();
      repo.git('worktree', 'remove', '--force', old.folder);
      const second = await repo.link('again').checkpoint();
      assert.deepEqual([second.created, second.checkpoint.tree], [true, first.checkpoint.tree]);
    }),
  );

  it(
    'has no marks of the old one: nothing is open in it, no look at it is put off, and it was not looked at yet',
    inRepo(async (repo) => {
      const old = repo.link('again');
      const worktree = await old.worktree();
      const asked = { session: 's', agent: 'claude-code', leases: [] };
      await leaveOpen(worktree, 'too_slow', asked);
      await noteTooLong(worktree, undefined);
      await noteLook(worktree.repository, 'again', 'as it was');
      assert.equal((await openIn(worktree)).length, 1);
      assert.ok(await readSlowness(worktree));
      assert.ok((await lastLook(worktree.repository, 'again')).at > 0);
      repo.git('worktree', 'remove', '--force', old.folder);

      const anew = repo.link('again');
      const made = await anew.worktree();
      assert.deepEqual(await openIn(made), []);
      assert.equal(await readSlowness(made), undefined);
      assert.equal((await lastLook(made.repository, 'again')).at, 0);
      await leaveOpen(made, 'too_slow', asked);
      assert.equal((await openIn(made)).length, 1, 'its own count');
    }),
  );

  it(
    'is not held by a question about the old one',
    inRepo(async (repo) => {
      const old = repo.link('again');
      const worktree = await old.worktree();
      await askAbout(old, worktree);
      await assert.rejects(noneWaits(worktree, 'again'), { reason: 'decision_pending' });
      repo.git('worktree', 'remove', '--force', old.folder);
      const main = await repo.worktree();
      assert.equal((await readDecision(main, 'again'))?.status, 'pending', 'nobody took its place');

      const anew = repo.link('again');
      const made = await anew.worktree();
      assert.equal((await readDecision(made, 'again'))?.status, 'outlived');
      await noneWaits(made, 'again');
      await askAbout(anew, made);
      await assert.rejects(noneWaits(made, 'again'), { reason: 'decision_pending' });
    }),
  );
});

describe('a submodule that something else replaced', function () {
  this.timeout(60_000);

  it(
    'is captured as what it is, and is a submodule again when it comes back',
    inRepo(async (repo) => {
      const sub = path.join(repo.base, 'sub');
      fs.mkdirSync(sub);
      repo.gitBytes(['init', '--quiet', sub]);
      repo.gitBytes(['-C', sub, 'commit', '--quiet', '--allow-empty', '--message=Sub']);
      repo.git('submodule', '--quiet', 'add', sub, 'module');
      repo.git('commit', '--quiet', '--message=Submodule');
      const before = await repo.checkpoint();
      assert.deepEqual(before.uncovered, [{ path: 'module', reason: 'submodule' }]);

      fs.renameSync(path.join(repo.folder, 'module'), path.join(repo.base, 'kept'));
      assert.equal((await repo.checkpoint()).checkpoint.uncovered.length, 1, 'missing');
      repo.write('module/plain.txt', 'plain\n');
      const plain = await repo.checkpoint();
      assert.deepEqual(plain.uncovered, []);
      assert.equal(repo.git('show', `${plain.checkpoint.oid}:module/plain.txt`), 'plain');
      repo.write('module/plain.txt', 'plain still\n');
      const edited = await repo.checkpoint();
      assert.equal(repo.git('show', `${edited.checkpoint.oid}:module/plain.txt`), 'plain still');

      repo.remove('module');
      repo.write('module', 'a file\n');
      const file = await repo.checkpoint();
      assert.equal(repo.git('show', `${file.checkpoint.oid}:module`), 'a file');

      repo.remove('module');
      fs.renameSync(path.join(repo.base, 'kept'), path.join(repo.folder, 'module'));
      const again = await repo.checkpoint();
      assert.equal(again.checkpoint.tree, before.checkpoint.tree);
      assert.deepEqual(again.uncovered, before.uncovered);
    }),
  );
});

describe('a sparse checkout', function () {
  this.timeout(60_000);

  for (const index of ['false', 'true']) {
    it(
      `a tracked file outside of it that was there for a while is not deleted (index.sparse=${index})`,
      inRepo(async (repo) => {
        repo.write('out/deep/file', 'as committed\n');
        repo.write('in/file', 'in\n');
        repo.git('add', '--all');
        repo.git('commit', '--quiet', '--message=Files');
        repo.git('config', 'index.sparse', index);
        repo.git('sparse-checkout', 'set', '--cone', 'in');
        const before = await repo.checkpoint();
        repo.write('out/deep/file', 'edited\n');
        const edited = await repo.checkpoint();
        assert.equal(repo.git('show', `${edited.checkpoint.oid}:out/deep/file`), 'edited');
        repo.remove('out');
        const scanned = await repo.checkpoint();
        assert.equal(scanned.checkpoint.tree, before.checkpoint.tree);
        repo.write('out/deep/file', 'edited again\n');
        await repo.checkpoint({ paths: ['out/deep/file'] });
        repo.remove('out');
        const named = await repo.checkpoint({ paths: ['out/deep/file'] });
        assert.equal(named.checkpoint.tree, before.checkpoint.tree);
      }),
    );
  }
});
