import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { diagnose, repair } from '../../src/doctor/diagnose';
import { inRepo, type TestRepo } from '../support/repo';
import { sized } from '../support/size';

/** What of Belay's own folder somebody may have put a link in the place of; with a name at the end it is a file. */
const places = [
  'belay',
  'belay/locks',
  'belay/tmp',
  'belay/restore',
  'belay/asides',
  'belay/worktrees',
  'belay/worktrees/main',
  'belay/heartbeats',
  'belay/network',
  'belay/agents',
  'belay/agents/gaps',
  'belay/questions',
  'belay/pulse',
] as const;

/** A look at everything takes the doctor a second; a short run begins with what is cleared away most often. */
const tried = sized({ short: places.slice(0, 4), long: [...places] });

/** Names by which the doctor would know a leaving, a lock or a mark of its own, with the times of things long dead. */
const tempting = [
  'lock-1.2.3.fresh',
  'main.lock',
  'leaving',
  'main/mark',
  'main/index.lock',
  'main/1',
  'gaps/main/mark',
] as const;

/** A folder of the user's, full of what looks as if it could be cleared away. */
function temptingFolder(repo: TestRepo): string {
  const folder = path.join(repo.base, 'outside');
  for (const name of tempting) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, 'the user’s\n');
    fs.utimesSync(file, 1_000_000_000, 1_000_000_000);
  }
  return folder;
}

/** Each name below a folder with what tells whether anybody wrote to it. */
function everythingIn(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { ino, mtimeNs, mode } = fs.lstatSync(path.join(folder, name), { bigint: true });
      return `${name} ${ino} ${mode} ${mtimeNs}`;
    });
}

describe('the doctor follows no link below Belay’s own folder', () => {
  it(
    'whatever it stands in the place of, what is behind it stays as it is, and it is named',
    inRepo(async (repo) => {
      await repo.checkpoint();
      const outside = temptingFolder(repo);
      const before = everythingIn(outside);
      const kept = path.join(repo.base, 'kept');
      fs.cpSync(path.join(repo.commonDir, 'belay'), kept, { recursive: true });
      for (const place of tried) {
        const own = path.join(repo.commonDir, place);
        fs.rmSync(own, { recursive: true, force: true });
        fs.mkdirSync(path.dirname(own), { recursive: true });
        fs.symlinkSync(place === 'belay/pulse' ? path.join(outside, 'leaving') : outside, own);
        const worktree = await repo.worktree();
        const [mended] = await repair(worktree);
        assert.match(mended ?? '', /^Nothing was fixed: .* is a link/, place);
        const found = (await diagnose(worktree)).find(
          ({ kind, message }) => kind === 'own_folder' && message.startsWith(`${place} `),
        );
        assert.deepEqual([found?.level, everythingIn(outside)], ['problem', before], place);
        // What it says takes the link away, and nothing else.
        const { status } = spawnSync('sh', ['-c', found?.fix?.replace(/ {3}\(.*$/, '') ?? 'false']);
        assert.equal(status, 0, place);
        assert.equal(fs.lstatSync(own, { throwIfNoEntry: false }), undefined, place);
        await repair(worktree);
        assert.deepEqual(everythingIn(outside), before, place);
        fs.cpSync(kept, path.join(repo.commonDir, 'belay'), { recursive: true });
      }
    }),
  );

  it(
    'nor does it wait for a pipe there',
    inRepo(async (repo) => {
      await repo.checkpoint();
      const pipe = path.join(repo.commonDir, 'belay', 'pulse');
      fs.rmSync(pipe, { force: true });
      spawnSync('mkfifo', [pipe]);
      const found = await diagnose(await repo.worktree());
      assert.ok(
        found.some(({ message }) => message.includes('belay/pulse') && /neither a file/.test(message)),
      );
    }),
  );
});
