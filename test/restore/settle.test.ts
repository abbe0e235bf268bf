import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { once } from 'node:events';
import { repair, diagnose } from '../../src/doctor/diagnose';
import { fanOut } from '../../src/fanout/fanout';
import { endInterrupted } from '../../src/restore/interrupted';
import { readMovedRecords, Recording } from '../../src/restore/movedRecord';
import { letGo } from '../../src/restore/settle';
import { entriesAt } from '../../src/checkpoint/trees';
import type { MovedAway } from '../../src/ledger';
import { CountedNetwork, pinTo, who as person } from '../fanout/support';
import { inRepo, type TestRepo } from '../support/repo';
import { aside, interrupted } from './interrupted';

const who = { session: 's1', agent: 'test', leases: [] };

/** Lets go of what was moved aside from `a.txt`, of which the last checkpoint holds what was there. */
async function letGoOf(repo: TestRepo, all = false): Promise<readonly MovedAway[]> {
  const worktree = await repo.worktree();
  const { checkpoint } = await repo.checkpoint({ session: 's1' });
  const entries = await entriesAt(worktree.plumbing, checkpoint.tree, ['a.txt']);
  const entry = entries.get('a.txt');
  assert.ok(entry);
  const operation = { from: checkpoint.tree, to: checkpoint.tree, checkpoint: checkpoint.oid };
  const recording = await Recording.begin(worktree, operation);
  const known = {
    entries: new Map([['a.txt', [entry]]]),
    checkpoint: checkpoint.oid,
    seen: new Map(),
    seenAt: Date.now(),
  };
  fs.writeFileSync(repo.at(aside), fs.readFileSync(repo.at('beside')));
  const moved = await letGo(worktree, [{ path: 'a.txt', as: aside }], known, { who, recording, all });
  await recording.end();
  return moved;
}

describe('what was moved aside', () => {
  it(
    'by a process that has ended has its name back before files are put in place again',
    inRepo(async (repo) => {
      await interrupted(repo, true);
      const worktree = await repo.worktree();
      await endInterrupted(worktree, who);
      assert.equal(fs.readFileSync(repo.at('a.txt'), 'utf8'), 'first\n');
      assert.equal(fs.existsSync(repo.at(aside)), false);
      assert.deepEqual(worktree.notices.take(), [
        'A restore or sync was killed in this worktree. a.txt has its name back.',
      ]);
      assert.deepEqual(await readMovedRecords(worktree), []);
    }),
  );

  it(
    'is let go of, and said, where something else has its name by then',
    inRepo(async (repo) => {
      await interrupted(repo, true);
      repo.write('a.txt', 'anew\n');
      const worktree = await repo.worktree();
      await endInterrupted(worktree, who);
      assert.equal(fs.readFileSync(repo.at('a.txt'), 'utf8'), 'anew\n');
      assert.equal(fs.existsSync(repo.at(aside)), false);
      const [notice] = worktree.notices.take();
      assert.match(notice ?? '', /a\.txt: what was there is in checkpoint [0-9a-f]+\.$/);
    }),
  );

  it(
    'has its name back by a fan-out as well, and whoever asked for it hears so',
    inRepo(async (repo) => {
      await interrupted(repo, true);
      const worktree = await repo.worktree();
      const pin = await pinTo(worktree, 'HEAD');
      await fanOut(worktree, pin, [{ repository: worktree, keys: ['main'] }], new CountedNetwork(), person);
      assert.equal(fs.readFileSync(repo.at('a.txt'), 'utf8'), 'first\n');
      assert.deepEqual(worktree.notices.take(), [
        'main: A restore or sync was killed in this worktree. a.txt has its name back.',
      ]);
    }),
  );

  it(
    'by a process that runs is left to it',
    inRepo(async (repo) => {
      await interrupted(repo, false);
      const worktree = await repo.worktree();
      await endInterrupted(worktree, who);
      assert.ok(fs.existsSync(repo.at(aside)) && !fs.existsSync(repo.at('a.txt')));
      assert.equal((await readMovedRecords(worktree)).length, 1);
    }),
  );

  it(
    'is removed where the checkpoint from before holds exactly its bytes',
    inRepo(async (repo) => {
      repo.write('beside', 'first\n');
      assert.deepEqual(await letGoOf(repo), []);
      assert.equal(fs.existsSync(repo.at(aside)), false);
      assert.deepEqual(await readMovedRecords(await repo.worktree()), []);
    }),
  );

  it(
    'is put into a checkpoint of its own where none holds it, on top of what the last one has',
    inRepo(async (repo) => {
      repo.write('beside', 'of the same length?\n');
      const [moved, ...more] = await letGoOf(repo);
      assert.ok(moved?.checkpoint !== undefined && more.length === 0 && moved.path === 'a.txt');
      assert.equal(repo.git('show', `${moved.checkpoint}:a.txt`), 'of the same length?');
      assert.equal(repo.git('diff', '--name-only', `${moved.checkpoint}^`, moved.checkpoint), 'a.txt');
      assert.equal(repo.git('rev-parse', 'refs/belay/shadow/main/current'), moved.checkpoint);
      assert.equal(fs.existsSync(repo.at(aside)), false);
      // The next one shows the disk again.
      const { checkpoint } = await repo.checkpoint({ session: 's1' });
      assert.equal(repo.git('show', `${checkpoint.oid}:a.txt`), 'first');
    }),
  );

  it(
    'keeps its name beside while a program has it open for writing, stays listed, and the doctor lets go of it later',
    inRepo(async (repo) => {
      repo.write('beside', 'first\n');
      fs.writeFileSync(repo.at(aside), '');
      const fd = fs.openSync(repo.at(aside), 'a');
      const writer = spawn('sleep', ['600'], { stdio: ['ignore', fd, 'ignore'] });
      await once(writer, 'spawn');
      fs.closeSync(fd);
      try {
        assert.deepEqual(await letGoOf(repo), [{ path: 'a.txt', as: aside }]);
      } finally {
        writer.kill();
        await once(writer, 'exit');
      }
      assert.equal(fs.readFileSync(repo.at(aside), 'utf8'), 'first\n');
      const worktree = await repo.worktree();
      const found = (await diagnose(worktree)).filter(({ kind }) => kind === 'file_aside');
      assert.match(
        found.map(({ message }) => message).join('\n'),
        /What was at a\.txt is kept as a\.txt\.belay-/,
      );
      const done = await repair(worktree);
      assert.match(done.join('\n'), /a\.txt: what was there is in checkpoint [0-9a-f]{40}(?:[0-9a-f]{24})?/);
      assert.equal(fs.existsSync(repo.at(aside)), false);
      assert.deepEqual(await readMovedRecords(worktree), []);
      assert.equal(repo.read('a.txt').toString(), 'first\n');
    }),
  );
});
