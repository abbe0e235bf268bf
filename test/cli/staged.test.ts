import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { belay, json } from '../support/cli';
import { inRepo } from '../support/repo';

const Taken = v.object({ checkpoint: v.string() });
const Shown = v.object({
  stagedPaths: v.array(v.object({ path: v.string(), change: v.string(), inFiles: v.boolean() })),
  stagedConflicts: v.array(v.string()),
});
const Restored = v.object({
  staged: v.literal(true),
  stagedPaths: v.array(v.string()),
  exact: v.boolean(),
  before: v.string(),
});
const Refused = v.object({ error: v.object({ reason: v.string(), message: v.string(), next: v.string() }) });

describe('belay restore --staged', () => {
  it(
    'is told of by show, says first what it would do, does it, and is taken back',
    inRepo((repo) => {
      repo.write('a.txt', 'staged\n');
      repo.write('new.txt', 'only staged\n');
      repo.git('add', '--all');
      repo.write('a.txt', 'on disk\n');
      repo.remove('new.txt');
      const who = ['--session', 's1', '--agent', 'claude-code', '--json'];
      const { checkpoint } = json(Taken, belay(repo, ['checkpoint', ...who]));
      repo.git('restore', '--staged', '--worktree', '.');
      belay(repo, ['checkpoint', ...who]);
      const before = fs.readFileSync(path.join(repo.gitDir, 'index'));

      const shown = belay(repo, ['show', checkpoint]).out;
      assert.match(shown, /M {2}a\.txt {2}\(only staged[^\n]*\n {2}A {2}new\.txt/);
      assert.match(shown, new RegExp(`belay restore ${checkpoint.slice(0, 10)} --staged`));
      assert.deepEqual(
        json(Shown, belay(repo, ['show', checkpoint, '--json'])).stagedPaths.map(
          ({ path: name, inFiles }) => [name, inFiles],
        ),
        [
          ['a.txt', false],
          ['new.txt', false],
        ],
      );

      const dry = belay(repo, ['restore', checkpoint, '--staged', '--dry-run']);
      assert.match(dry.out, /stage {2}a\.txt {2}\(modified in the index\)\nstage {2}new\.txt {2}\(added/);
      assert.deepEqual(fs.readFileSync(path.join(repo.gitDir, 'index')), before);

      const done = json(
        Restored,
        belay(repo, ['restore', checkpoint, '--staged', '--path', 'new.txt', '--json']),
      );
      assert.deepEqual(done.stagedPaths, ['new.txt']);
      assert.equal(repo.git('show', ':new.txt'), 'only staged');
      assert.equal(fs.existsSync(repo.at('new.txt')), false, 'files on disk are not touched');
      assert.equal(belay(repo, ['restore', checkpoint, '--staged', '--path', 'new.txt']).code, 1);

      fs.writeFileSync(path.join(repo.gitDir, 'index.lock'), '');
      const locked = belay(repo, ['restore', checkpoint, '--staged', '--json']);
      const { error } = v.parse(Refused, JSON.parse(locked.out));
      assert.deepEqual([locked.code, error.reason], [1, 'index_locked']);
      assert.ok(error.message.includes(path.join(repo.gitDir, 'index.lock')), error.message);
      fs.rmSync(path.join(repo.gitDir, 'index.lock'));

      const undone = belay(repo, ['undo-restore']);
      assert.equal(undone.code, 0, undone.err);
      assert.match(undone.out, /byte for byte/);
      assert.deepEqual(fs.readFileSync(path.join(repo.gitDir, 'index')), before);
    }),
  );
});
