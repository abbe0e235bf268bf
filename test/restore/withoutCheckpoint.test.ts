import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Checkpoint } from '../../src/checkpoint/checkpoint';
import { pathFromText, pathText } from '../../src/git/path';
import { planRestore } from '../../src/restore/planRestore';
import { restore, undoRestore } from '../../src/restore/restore';
import * as v from 'valibot';
import { belay, json } from '../support/cli';
import { inRepo, type TestRepo } from '../support/repo';

const person = { session: 'person', agent: 'editor' } as const;

/** A worktree with a change, a deletion and a new file that no commit has, as a checkpoint has it; then it is swept. */
async function swept(repo: TestRepo): Promise<{ readonly checkpoint: Checkpoint; readonly head: string }> {
  const lost = repo.link('lost');
  lost.git('commit', '--quiet', '--allow-empty', '--message=On no branch');
  lost.write('a.txt', 'changed there\n');
  lost.write('new/deep.txt', 'new there\n');
  lost.write('run.sh', '#!/bin/sh\n', 0o755);
  lost.remove('folder/b.txt');
  const { checkpoint } = await lost.checkpoint({ session: 'agent-1', agent: 'codex' });
  const head = lost.git('rev-parse', 'HEAD');
  repo.git('worktree', 'remove', '--force', lost.folder);
  repo.git('gc', '--quiet', '--prune=now');
  return { checkpoint, head };
}

const added = v.looseObject({
  worktree: v.string(),
  head: v.string(),
  branch: v.nullable(v.string()),
  created: v.boolean(),
  checkpoint: v.string(),
  written: v.array(v.string()),
  deleted: v.array(v.string()),
});

describe('where no checkpoint was taken before', function () {
  this.timeout(60_000);

  it(
    'a restore works: what differs from HEAD is somebody’s, and left unless it is asked for; undo takes it back',
    inRepo(async (repo) => {
      const { checkpoint } = await swept(repo);
      repo.write('folder/b.txt', 'nobody has seen this\n');
      const before = repo.diskEntries();
      const worktree = await repo.worktree();
      const planned = await planRestore(worktree, checkpoint, undefined, person.session);
      assert.deepEqual(
        planned.paths.map(({ path: name, action, caution }) => [pathText(name), action, caution]).sort(),
        [
          ['a.txt', 'write', undefined],
          ['folder/b.txt', 'delete', 'drifted'],
          ['new/deep.txt', 'write', undefined],
          ['run.sh', 'write', undefined],
        ],
      );
      const result = await restore(worktree, checkpoint, person);
      assert.deepEqual(result.written.map(pathText).sort(), ['a.txt', 'new/deep.txt', 'run.sh']);
      assert.equal(repo.read('folder/b.txt').toString(), 'nobody has seen this\n');
      assert.deepEqual(
        result.skipped.map(({ path: name }) => pathText(name)),
        ['folder/b.txt'],
      );
      await undoRestore(worktree, { ...person, include: 'all' });
      assert.deepEqual(repo.diskEntries(), before);
    }),
  );

  it(
    'on a branch without a commit, too',
    inRepo(async (repo) => {
      const { checkpoint } = await swept(repo);
      repo.git('switch', '--quiet', '--orphan', 'fresh');
      fs.rmSync(repo.at('a.txt'), { force: true });
      const paths = [pathFromText('a.txt')];
      const result = await restore(await repo.worktree(), checkpoint, { ...person, paths });
      assert.deepEqual(result.written.map(pathText), ['a.txt']);
      assert.equal(repo.read('a.txt').toString(), 'changed there\n');
    }),
  );

  it(
    'what an earlier worktree of the same key had says nothing of what is there now',
    inRepo(async (repo) => {
      const old = repo.link('again');
      old.write('a.txt', 'in the old one\n');
      const { checkpoint } = await old.checkpoint({ session: 'agent-1', agent: 'codex' });
      repo.git('worktree', 'remove', '--force', old.folder);
      const made = repo.link('again');
      const planned = await planRestore(await made.worktree(), checkpoint, undefined, person.session);
      assert.deepEqual(
        planned.paths.map(({ path: name, caution }) => [pathText(name), caution]),
        [['a.txt', undefined]],
      );
    }),
  );

  it(
    'belay worktree add --from: a swept worktree’s commit and files are back in one command, and asked again it is there',
    inRepo(async (repo) => {
      const { checkpoint, head } = await swept(repo);
      const at = path.join(repo.base, 'back');
      const made = json(
        added,
        belay(repo, ['worktree', 'add', at, '--from', checkpoint.oid, '--branch', 'rescued', '--json']),
      );
      assert.deepEqual(
        [made.head, made.branch, made.created, made.checkpoint],
        [head, 'refs/heads/rescued', true, checkpoint.oid],
      );
      assert.deepEqual(
        [made.written.toSorted(), made.deleted],
        [['a.txt', 'new/deep.txt', 'run.sh'], ['folder/b.txt']],
      );
      const back = repo.other(at);
      assert.equal(back.read('a.txt').toString(), 'changed there\n');
      assert.equal(back.read('new/deep.txt').toString(), 'new there\n');
      assert.equal(fs.statSync(back.at('run.sh')).mode & 0o111, 0o111);
      assert.equal(fs.existsSync(back.at('folder/b.txt')), false);
      const again = json(
        added,
        belay(repo, ['worktree', 'add', at, '--from', checkpoint.oid, '--branch', 'rescued', '--json']),
      );
      assert.deepEqual([again.created, again.written, again.deleted], [false, [], []]);
      back.write('a.txt', 'changed since by nobody that Belay knows\n');
      const later = belay(repo, ['worktree', 'add', at, '--from', checkpoint.oid, '--branch', 'rescued']);
      assert.equal(later.code, 1, later.err);
      assert.match(later.out, /left \(drifted\) {2}a\.txt/);
      assert.equal(back.read('a.txt').toString(), 'changed since by nobody that Belay knows\n');
    }),
  );

  it(
    'says what is wrong with the question, and makes nothing',
    inRepo(async (repo) => {
      const at = path.join(repo.base, 'back');
      const { checkpoint } = await repo.checkpoint();
      const empty = path.join(repo.base, 'taken');
      fs.mkdirSync(empty);
      fs.writeFileSync(path.join(empty, 'x'), 'x');
      for (const [args, words] of [
        [[at], /Say either --pin NAME or --from CHECKPOINT/],
        [[at, '--pin', 'x', '--from', checkpoint.oid], /Say either/],
        [[at, '--from', checkpoint.oid, '--count', '2'], /--count goes with --pin only/],
        [[at, '--from', repo.git('rev-parse', 'HEAD')], /is not a checkpoint/],
        [[empty, '--from', checkpoint.oid], /is not empty/],
      ] as const) {
        const ended = belay(repo, ['worktree', 'add', ...args]);
        assert.notEqual(ended.code, 0);
        assert.match(ended.err, words);
        assert.equal(fs.existsSync(at), false);
      }
      assert.equal(repo.git('worktree', 'list').split('\n').length, 1);
    }),
  );

  it(
    'a checkpoint from before the first commit has no commit to begin at, and says so',
    inRepo(async (repo) => {
      repo.git('switch', '--quiet', '--orphan', 'fresh');
      const { checkpoint } = await repo.checkpoint();
      const ended = belay(repo, ['worktree', 'add', path.join(repo.base, 'back'), '--from', checkpoint.oid]);
      assert.equal(ended.code, 1);
      assert.match(ended.err, /was taken before the first commit/);
    }),
  );
});
