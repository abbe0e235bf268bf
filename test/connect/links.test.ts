import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { applyChanges } from '../../src/connect/connectApply';
import { planConnect } from '../../src/connect/connectPlan';
import { inRepo, type TestRepo } from '../support/repo';
import { connect, disconnect, personOf, reasonOf, target } from './support';

const own = '{\n  // mine\n  "model": "x"\n}\n';

/** How a person's settings lie elsewhere: what is made so that `file` leads to `real`. */
const ways: Readonly<Record<string, (file: string, real: string) => void>> = {
  'a link': (file, real) => {
    fs.symlinkSync(real, file);
  },
  'a relative link': (file, real) => {
    fs.symlinkSync(path.relative(path.dirname(file), real), file);
  },
  'a link to a link': (file, real) => {
    fs.symlinkSync(real, `${file}.one`);
    fs.symlinkSync(`${file}.one`, file);
  },
  'a link in a folder that is one': (file, real) => {
    fs.rmdirSync(path.dirname(file));
    fs.mkdirSync(`${real}.d`);
    fs.symlinkSync(`${real}.d`, path.dirname(file));
    fs.symlinkSync(real, file);
  },
};

/** A person whose settings of claude's are to lie in another folder. */
function dotfiles(repo: TestRepo): {
  readonly personal: ReturnType<typeof personOf>;
  readonly file: string;
  readonly real: string;
} {
  const personal = personOf(repo);
  const file = path.join(personal.home, '.claude', 'settings.json');
  const real = path.join(repo.base, 'dotfiles', 'claude.json');
  fs.mkdirSync(path.dirname(file));
  fs.mkdirSync(path.dirname(real));
  fs.writeFileSync(real, own, { mode: 0o640 });
  return { personal, file, real };
}

describe('settings that a person keeps elsewhere', () => {
  for (const [way, make] of Object.entries(ways)) {
    it(
      `are written where ${way} leads, which the preview names; disconnecting gives the same bytes`,
      inRepo(async (repo) => {
        const { personal, file, real } = dotfiles(repo);
        make(file, real);
        fs.chmodSync(real, 0o640);
        const others = process.getuid?.() === 0 ? { uid: 4_321, gid: 4_322 } : undefined;
        if (others !== undefined) {
          fs.chownSync(real, others.uid, others.gid);
        }
        const { changes, obstacles } = await connect(repo, personal, ['claude-code'], 'user');
        assert.deepEqual(obstacles, []);
        assert.deepEqual(
          changes.map((change) => [change.file, change.real]),
          [[file, real]],
        );
        assert.ok(fs.lstatSync(file).isSymbolicLink(), 'it is still a link');
        assert.ok(fs.readFileSync(real, 'utf8').includes('.belay/hook'));
        const expectSame = (): void => {
          const { mode, uid, gid } = fs.statSync(real);
          assert.equal(mode & 0o7777, 0o640);
          assert.deepEqual(others ?? { uid, gid }, { uid, gid });
        };
        expectSame();
        assert.deepEqual((await connect(repo, personal, ['claude-code'], 'user')).changes, []);
        assert.deepEqual((await disconnect(repo, personal)).obstacles, []);
        assert.equal(fs.readFileSync(real, 'utf8'), own);
        assert.ok(fs.lstatSync(file).isSymbolicLink());
        expectSame();
      }),
    );
  }

  const refused: Readonly<
    Record<string, readonly [make: (file: string, real: string) => void, reason: string]>
  > = {
    'a link that leads nowhere': [
      (file, real) => {
        fs.symlinkSync(`${real}.gone`, file);
      },
      'config_link',
    ],
    'a link to itself': [
      (file) => {
        fs.symlinkSync(file, file);
      },
      'config_unreadable',
    ],
    'a link to a folder': [
      (file, real) => {
        fs.symlinkSync(path.dirname(real), file);
      },
      'config_unexpected',
    ],
    'a link to what may not be written': [
      (file, real) => {
        fs.symlinkSync(real, file);
        fs.chmodSync(real, 0o440);
      },
      'config_read_only',
    ],
    'a hard link': [
      (file, real) => {
        fs.linkSync(real, file);
      },
      'config_link',
    ],
  };
  for (const [way, [make, reason]] of Object.entries(refused)) {
    it(
      `are left alone behind ${way}: ${reason}`,
      inRepo(async (repo) => {
        const { personal, file, real } = dotfiles(repo);
        make(file, real);
        const { changes, obstacles } = await connect(repo, personal, ['claude-code', 'codex'], 'user');
        assert.deepEqual(
          obstacles.map((one) => [one.agent, one.file, one.reason]),
          [['claude-code', file, reason]],
        );
        assert.deepEqual(
          changes.map(({ agent }) => agent),
          ['codex'],
        );
        assert.equal(fs.readFileSync(real, 'utf8'), own);
      }),
    );
  }

  it(
    'are not written where the link leads elsewhere by the time of the yes',
    inRepo(async (repo) => {
      const { personal, file, real } = dotfiles(repo);
      fs.symlinkSync(real, file);
      const worktree = await repo.worktree();
      const request = { agents: ['claude-code'], level: 'user', personal, target } as const;
      const plan = await planConnect(worktree, request);
      const other = `${real}.other`;
      fs.copyFileSync(real, other);
      fs.unlinkSync(file);
      fs.symlinkSync(other, file);
      assert.equal(await reasonOf(applyChanges(worktree, plan, personal)), 'config_changed');
      for (const one of [real, other]) {
        assert.equal(fs.readFileSync(one, 'utf8'), own);
      }
    }),
  );
});
