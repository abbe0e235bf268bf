import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Git } from '../../src/git/git';
import { Lasting } from '../../src/git/lasting';
import { readHead } from '../../src/git/head';
import { GitRecorder } from '../support/git-recorder';
import { inRepo } from '../support/repo';

describe('an answer of git’s lasts', () => {
  it('never beyond a change that comes while it is asked for, however alike the file looks', async () => {
    const folder = fs.mkdtempSync(path.join(tmpdir(), 'belay-lasting-'));
    const file = path.join(folder, 'HEAD');
    const lasting = new Lasting<string>();
    const read = (): Promise<string> => Promise.resolve(fs.readFileSync(file, 'utf8'));
    try {
      for (let round = 100; round < 300; round += 1) {
        fs.writeFileSync(file, `${round} before`);
        await lasting.of(file, async () => {
          const value = await read();
          fs.writeFileSync(file, `${round} behind`);
          return value;
        });
        assert.equal(await lasting.of(file, read), `${round} behind`);
      }
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it('not where the file changed just before: it may do so again without looking otherwise', async () => {
    const folder = fs.mkdtempSync(path.join(tmpdir(), 'belay-lasting-'));
    const file = path.join(folder, 'HEAD');
    try {
      fs.writeFileSync(file, 'before');
      const lasting = new Lasting<string>();
      lasting.learn(file, fs.statSync(file).ctimeMs + 10, 'before');
      assert.equal(await lasting.of(file, () => Promise.resolve('asked')), 'asked');
      lasting.learn(file, fs.statSync(file).ctimeMs + 60_000, 'learned');
      assert.equal(await lasting.of(file, () => Promise.resolve('asked')), 'learned');
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it(
    'as long as HEAD does, which costs no process then',
    inRepo(async (repo) => {
      const recorder = new GitRecorder();
      try {
        const [bin = ''] = recorder.path.split(path.delimiter);
        repo.git('branch', 'work');
        const worktree = await repo.open(new Git({ binary: path.join(bin, 'git') }));
        const asked = (): number => recorder.calls().filter(({ args }) => /symbolic-ref/.test(args)).length;
        const settled = async (): Promise<string | undefined> => {
          // What changed a moment ago may do so again without looking otherwise.
          for (let before = -1; before !== asked();) {
            before = asked();
            await readHead(worktree);
          }
          return (await readHead(worktree)).branch;
        };
        assert.equal(await settled(), 'refs/heads/main');
        const before = asked();
        for (let round = 0; round < 20; round += 1) {
          await readHead(worktree);
        }
        assert.equal(asked(), before);
        repo.git('switch', '--quiet', 'work');
        assert.equal((await readHead(worktree)).branch, 'refs/heads/work');
        assert.equal(await settled(), 'refs/heads/work');
        repo.git('switch', '--quiet', '--detach');
        assert.equal((await readHead(worktree)).branch, undefined);
        repo.git('switch', '--quiet', '--orphan', 'unborn');
        assert.deepEqual(await readHead(worktree), { oid: undefined, branch: 'refs/heads/unborn' });
        const again = await repo.open(new Git());
        assert.deepEqual(await readHead(again), { oid: undefined, branch: 'refs/heads/unborn' });
      } finally {
        recorder.remove();
      }
    }),
  );
});
