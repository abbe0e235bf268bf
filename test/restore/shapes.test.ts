import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Checkpoint } from '../../src/checkpoint/checkpoint';
import { restore, undoRestore } from '../../src/restore/restore';
import { inRepo, type TestRepo } from '../support/repo';

const person = { session: 'person', agent: 'editor' } as const;

/** What a path can be to a checkpoint. */
const kinds = {
  nothing: () => undefined,
  file: (repo, at) => {
    repo.write(at, `file ${at}\n`);
  },
  'other file': (repo, at) => {
    repo.write(at, `another ${at}\n`);
  },
  program: (repo, at) => {
    repo.write(at, `program ${at}\n`, 0o755);
  },
  private: (repo, at) => {
    repo.write(at, `private ${at}\n`, 0o600);
  },
  link: (repo, at) => {
    fs.symlinkSync('beside', repo.at(at));
  },
  'link to a folder': (repo, at) => {
    fs.symlinkSync('folder', repo.at(at));
  },
  'link to outside': (repo, at) => {
    fs.symlinkSync(path.join(repo.base, 'outside'), repo.at(at));
  },
  'broken link': (repo, at) => {
    fs.symlinkSync('nowhere', repo.at(at));
  },
  folder: (repo, at) => {
    repo.write(`${at}/b.txt`, `b ${at}\n`);
  },
  'deep folder': (repo, at) => {
    repo.write(`${at}/b.txt`, `b, deep ${at}\n`);
    repo.write(`${at}/deep/er/f`, `deep ${at}\n`, 0o640);
  },
} as const satisfies Record<string, (repo: TestRepo, at: string) => void>;

/** What moves its content elsewhere: first as it is in the checkpoint, then what is done to it. */
const moves: Record<string, readonly [(repo: TestRepo, at: string) => void, (at: string) => void]> = {
  'a folder is moved away, with a link in its place': [
    kinds['deep folder'],
    (at) => {
      fs.renameSync(at, `${at}2`);
      fs.symlinkSync(path.basename(`${at}2`), at);
    },
  ],
  'a folder is moved into a folder of its own name': [
    kinds['deep folder'],
    (at) => {
      fs.renameSync(at, `${at}2`);
      fs.mkdirSync(at);
      fs.renameSync(`${at}2`, path.join(at, 'deep'));
    },
  ],
  'a file is moved below its own name': [
    kinds.file,
    (at) => {
      fs.renameSync(at, `${at}2`);
      fs.mkdirSync(at);
      fs.renameSync(`${at}2`, path.join(at, 'inner'));
    },
  ],
  'only the case of a name changes': [
    kinds.file,
    (at) => {
      fs.renameSync(at, at.replace('case', 'CASE'));
    },
  ],
  'only the case of a folder changes': [
    kinds['deep folder'],
    (at) => {
      fs.renameSync(at, at.replace('case', 'CASE'));
    },
  ],
  'two files change places': [
    (repo, at) => {
      repo.write(at, `one ${at}\n`);
      repo.write(`${at}2`, `two ${at}\n`);
    },
    (at) => {
      fs.renameSync(at, `${at}3`);
      fs.renameSync(`${at}2`, at);
      fs.renameSync(`${at}3`, `${at}2`);
    },
  ],
  'a folder and a link change places': [
    (repo, at) => {
      kinds['deep folder'](repo, at);
      fs.symlinkSync('beside', repo.at(`${at}2`));
    },
    (at) => {
      fs.renameSync(at, `${at}3`);
      fs.renameSync(`${at}2`, at);
      fs.renameSync(`${at}3`, `${at}2`);
    },
  ],
  'folders become links one inside the other': [
    (repo, at) => {
      kinds['deep folder'](repo, at);
    },
    (at) => {
      fs.renameSync(path.join(at, 'deep'), `${at}-deep`);
      fs.symlinkSync(`../${path.basename(at)}-deep`, path.join(at, 'deep'));
      fs.renameSync(at, `${at}2`);
      fs.symlinkSync(path.basename(`${at}2`), at);
    },
  ],
  'a file has another link to it': [
    kinds.file,
    (at) => {
      fs.linkSync(at, `${at}2`);
      fs.writeFileSync(at, 'changed through one name\n');
    },
  ],
};

/** Every pair of kinds, and every move, each at a path of its own: so that one restore has them all. */
const rows = [
  ...Object.entries(kinds).flatMap(([then, make], i) =>
    Object.entries(kinds).map(([now, makeNow], j) => ({
      name: `${then} that is now ${now}`,
      at: `p${i}-${j}`,
      make,
      change: (repo: TestRepo, at: string): void => {
        repo.remove(at);
        makeNow(repo, at);
      },
    })),
  ),
  ...Object.entries(moves).map(([name, [make, change]], i) => ({
    name,
    at: `case${i}`,
    make,
    change: (repo: TestRepo, at: string): void => {
      change(repo.at(at).toString());
    },
  })),
];

/** Each file and link with its mode and content. */
function stateOf(repo: TestRepo): Map<string, string> {
  const state = new Map<string, string>();
  for (const [name, { stat, content }] of repo.disk()) {
    if (!stat.isDirectory()) {
      const mode = stat.isSymbolicLink() ? 'link' : (stat.mode & 0o777n).toString(8);
      state.set(name, `${mode} ${content.toString('latin1')}`);
    }
  }
  return state;
}

/** Without the permissions that no checkpoint can hold. */
function asGitHasIt(state: ReadonlyMap<string, string>): Map<string, string> {
  const modes: Record<string, string> = { '600': '644', '640': '644', '700': '755', '711': '755' };
  return new Map(
    [...state].map(([name, text]) => {
      const mode = text.slice(0, text.indexOf(' '));
      return [name, (modes[mode] ?? mode) + text.slice(mode.length)];
    }),
  );
}

async function take(repo: TestRepo): Promise<Checkpoint> {
  return (await repo.checkpoint({ session: 'one', agent: 'test' })).checkpoint;
}

describe('every shape that a path can have, restored, undone and restored again', () => {
  it('has a row for each pair of kinds', () => {
    const names = Object.keys(kinds);
    for (const then of names) {
      for (const now of names) {
        assert.ok(
          rows.some(({ name }) => name === `${then} that is now ${now}`),
          `${then}, ${now}`,
        );
      }
    }
    assert.equal(rows.length, names.length ** 2 + Object.keys(moves).length);
  });

  it(
    'all of them together, byte for byte',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      fs.mkdirSync(path.join(repo.base, 'outside'));
      fs.writeFileSync(path.join(repo.base, 'outside', 'b.txt'), 'outside');
      for (const { at, make } of rows) {
        make(repo, at);
      }
      const target = await take(repo);
      const then = stateOf(repo);
      for (const { at, change } of rows) {
        change(repo, at);
      }
      await take(repo);
      const now = stateOf(repo);

      const first = await restore(worktree, target, person);
      assert.deepEqual([first.blocked, first.skipped, first.moved], [[], [], []]);
      assert.deepEqual(asGitHasIt(stateOf(repo)), asGitHasIt(then));
      const restored = stateOf(repo);

      const undone = await undoRestore(worktree, person);
      assert.deepEqual([undone.blocked, undone.skipped, undone.moved], [[], [], []]);
      assert.deepEqual(stateOf(repo), now, 'the very state from before, with links and permissions');

      const again = await restore(worktree, target, person);
      assert.deepEqual([again.blocked, again.skipped, again.moved], [[], [], []]);
      assert.deepEqual(stateOf(repo), restored);
      assert.equal(fs.readFileSync(path.join(repo.base, 'outside', 'b.txt'), 'utf8'), 'outside');
      assert.deepEqual(fs.readdirSync(path.join(repo.base, 'outside')), ['b.txt']);
      assert.ok(
        !fs.existsSync(path.join(repo.commonDir, 'belay/asides/main')) ||
          fs.readdirSync(path.join(repo.commonDir, 'belay/asides/main')).length === 0,
      );
    }),
  );
});
