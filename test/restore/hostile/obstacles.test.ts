import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { kindOf } from '../../support/attacks';
import { toldIn } from '../../support/accounted';
import { belay } from '../../support/cli';
import { inRepo, type TestRepo } from '../../support/repo';
import { become, put, stateAt, take, type State } from './scene';

describe('what no checkpoint can hold stands in the way', () => {
  it(
    'it stays, is named, and what was moved out of its place is not deleted; the rest is done, with the modes that files had on disk, and it does not end well',
    inRepo(async (repo) => {
      const was: State = {
        'fifo/x': 'moved',
        'fifo above/d/f': 'moved',
        'socket/x': 'moved',
        'ignored/x': 'moved',
        'plain/x': 'as it was',
      };
      const is: State = {
        'fifo/y': 'moved',
        'fifo above/e/f': 'moved',
        'socket/y': 'moved',
        'ignored/y': 'moved',
        'ignored/x/code': 'seen',
        'ignored/x/s.key': 'a secret',
        'plain/x': 'as it is',
      };
      put(repo, { '.gitignore': '*.key\n', ...was });
      putModes(repo, 'one');
      const target = await take(repo);
      become(repo, was, is);
      mkfifo(repo, 'fifo/x');
      mkfifo(repo, 'fifo above/d');
      leaveSocket(repo, 'socket/x');
      putModes(repo, 'two');
      repo.write('secret', 'new', 0o600);
      await take(repo);
      const { code, out, err } = belay(repo, ['restore', target]);
      const said = out + err;
      assert.equal(kindOf(path.join(repo.folder, 'fifo/x')), 'fifo', said);
      assert.equal(kindOf(path.join(repo.folder, 'fifo above/d')), 'fifo', said);
      assert.ok(fs.lstatSync(path.join(repo.folder, 'socket/x')).isSocket(), said);
      assert.equal(stateAt(repo, 'ignored/x/s.key'), 'a secret', said);
      for (const name of ['fifo/y', 'fifo above/e/f', 'socket/y', 'ignored/y']) {
        assert.equal(stateAt(repo, name), 'moved', `${name}: ${said}`);
      }
      assert.equal(stateAt(repo, 'ignored/x/code'), 'seen', `ignored/x is left as a whole: ${said}`);
      assert.equal(stateAt(repo, 'plain/x'), 'as it was', said);
      assert.ok(toldIn(said).done.has('plain/x'), said);
      for (const name of ['fifo/x', 'fifo above/d/f', 'socket/x', 'ignored/x']) {
        assert.match(said, new RegExp(`^left +${name}`, 'm'));
      }
      assert.equal(code, 1, said);
      assertModes(repo, 'one', said);
      assert.equal(stateAt(repo, 'secret'), undefined, said);
      const undone = belay(repo, ['undo-restore']);
      assert.equal(stateAt(repo, 'plain/x'), 'as it is', undone.out + undone.err);
      assertModes(repo, 'two', undone.out + undone.err);
      assert.equal(modeOf(repo, 'secret'), 0o600, 'a file that was deleted and is back');
    }),
  );
});

/** Files that others may not read, or may write, with the permissions that git does not know. */
const modes = { private: 0o600, shared: 0o664, 'private.sh': 0o700 };

function putModes(repo: TestRepo, content: string): void {
  for (const [name, mode] of Object.entries(modes)) {
    repo.write(name, content, mode);
  }
}

function assertModes(repo: TestRepo, content: string, said: string): void {
  for (const [name, mode] of Object.entries(modes)) {
    assert.equal(stateAt(repo, name), content, said);
    assert.equal(modeOf(repo, name), mode, `${name}: ${said}`);
  }
}

function modeOf(repo: TestRepo, name: string): number {
  return fs.statSync(path.join(repo.folder, name)).mode & 0o777;
}

function mkfifo(repo: TestRepo, name: string): void {
  fs.mkdirSync(path.join(repo.folder, path.dirname(name)), { recursive: true });
  assert.equal(spawnSync('mkfifo', [path.join(repo.folder, name)]).status, 0);
}

/** A socket whose program was killed. */
function leaveSocket(repo: TestRepo, name: string): void {
  const program = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
  // Its name may be longer than that of a socket can be.
  spawnSync(process.execPath, ['-e', program, path.basename(name)], {
    cwd: path.join(repo.folder, path.dirname(name)),
  });
  assert.ok(fs.lstatSync(path.join(repo.folder, name)).isSocket());
}
