import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Git, type GitCall, type GitOutput } from '../../src/git/git';
import type { Worktree } from '../../src/git/worktree';
import { withEnvironment } from '../support/environment';
import { inRepo, type TestRepo } from '../support/repo';

/** git before whose first such command something happens. */
class DisturbedGit extends Git {
  disturbed = false;

  constructor(
    private readonly command: string,
    private readonly disturb: () => void,
  ) {
    super();
  }

  override run(call: GitCall): Promise<GitOutput> {
    if (call.args[0] === this.command && !this.disturbed) {
      this.disturbed = true;
      this.disturb();
    }
    return super.run(call);
  }
}

describe('invariant 3: what Belay keeps between checkpoints is never trusted blindly', () => {
  const kept = (repo: TestRepo): string => path.join(repo.commonDir, 'belay', 'worktrees', 'main');
  const privateIndexes = (repo: TestRepo): string[] =>
    fs
      .readdirSync(kept(repo))
      .flatMap((name) => (name.startsWith('index-') ? [path.join(kept(repo), name)] : []));

  /** Enough new files that the private index is brought up to date with them. */
  function writeMany(repo: TestRepo): void {
    for (let number = 0; number < 220; number += 1) {
      repo.write(`many/${number % 10}/${number}.txt`, `${number}\n`);
    }
  }

  function dropRefs(repo: TestRepo): void {
    for (const ref of repo.refs('belay').keys()) {
      repo.git('update-ref', '-d', ref);
    }
  }

  function prune(repo: TestRepo): void {
    repo.git('reflog', 'expire', '--expire=now', '--all');
    repo.git('gc', '--quiet', '--prune=now');
  }

  async function assertWhole(repo: TestRepo, worktree?: Worktree): Promise<void> {
    const { checkpoint } = await repo.checkpoint({ session: 'afterwards' }, worktree);
    assert.deepEqual(repo.treeEntries(checkpoint.oid), repo.diskEntries());
    assert.ok(repo.isHeld(checkpoint.oid));
    repo.git('fsck', '--connectivity-only', '--no-dangling', checkpoint.oid);
  }

  for (const where of ['the same', 'another'] as const) {
    const worktreeFor = async (repo: TestRepo): Promise<Worktree> =>
      where === 'the same' ? repo.worktree() : repo.open();

    it(
      `all refs deleted and everything pruned, in ${where} process: the staged state`,
      inRepo(async (repo) => {
        repo.write('a.txt', 'staged\n');
        repo.write('new/deep.txt', 'staged\n');
        repo.git('add', '--all');
        await repo.checkpoint();
        dropRefs(repo);
        prune(repo);
        await assertWhole(repo, await worktreeFor(repo));
      }),
    );

    it(
      `all refs deleted and everything pruned, in ${where} process: untracked files that the private index knows`,
      inRepo(async (repo) => {
        writeMany(repo);
        await repo.checkpoint();
        await repo.checkpoint({ always: true });
        dropRefs(repo);
        prune(repo);
        await assertWhole(repo, await worktreeFor(repo));
      }),
    );

    it(
      `all refs deleted and the object of one captured file removed, in ${where} process`,
      inRepo(async (repo) => {
        writeMany(repo);
        await repo.checkpoint();
        const oid = repo.git('hash-object', 'many/7/7.txt');
        dropRefs(repo);
        fs.rmSync(path.join(repo.commonDir, 'objects', oid.slice(0, 2), oid.slice(2)));
        await assertWhole(repo, await worktreeFor(repo));
      }),
    );

    it(
      `HEAD moved away from the staged state and everything pruned, in ${where} process`,
      inRepo(async (repo) => {
        repo.write('new/deep.txt', 'committed\n');
        repo.git('add', '--all');
        repo.git('commit', '--quiet', '--message=To be forgotten');
        await repo.checkpoint();
        dropRefs(repo);
        repo.git('reset', '--quiet', '--soft', 'HEAD~1');
        prune(repo);
        await assertWhole(repo, await worktreeFor(repo));
      }),
    );
  }

  const damages: readonly (readonly [string, (file: string, content: Buffer) => void])[] = [
    [
      'deleted',
      (file) => {
        fs.rmSync(file);
      },
    ],
    [
      'emptied',
      (file) => {
        fs.writeFileSync(file, '');
      },
    ],
    [
      'cut to its header',
      (file, content) => {
        fs.writeFileSync(file, content.subarray(0, 12));
      },
    ],
    [
      'filled with something else',
      (file, content) => {
        fs.writeFileSync(file, Buffer.alloc(content.length, 'x'));
      },
    ],
    [
      'filled with zeros',
      (file, content) => {
        fs.writeFileSync(file, Buffer.alloc(content.length));
      },
    ],
    [
      'replaced by a folder',
      (file) => {
        fs.rmSync(file);
        fs.mkdirSync(file);
      },
    ],
    ...[0.1, 0.3, 0.5, 0.7, 0.9, 0.99].map((share): [string, (file: string, content: Buffer) => void] => [
      `cut to ${share * 100} %`,
      (file, content) => {
        fs.writeFileSync(file, content.subarray(0, Math.floor(content.length * share)));
      },
    ]),
    ...[21, 20, 1].map((bytes): [string, (file: string, content: Buffer) => void] => [
      `cut by ${bytes} bytes`,
      (file, content) => {
        fs.writeFileSync(file, content.subarray(0, content.length - bytes));
      },
    ]),
  ];
  for (const [number, [how, damage]] of damages.entries()) {
    // git's words about a damaged index differ by language; what to do about it must not.
    const languages = number < 5 ? ['C', 'de'] : ['de'];
    it(
      `the private index ${how}, in ${languages.join(' and ')}`,
      inRepo(async (repo) => {
        writeMany(repo);
        await repo.checkpoint();
        for (const locale of languages) {
          for (const file of privateIndexes(repo)) {
            damage(file, fs.readFileSync(file));
          }
          repo.write('many/1/1.txt', `edited under ${locale}\n`);
          repo.remove(`many/2/${locale === 'C' ? 2 : 12}.txt`);
          repo.write(`new-${locale}.txt`, 'new\n');
          await withEnvironment({ LANG: 'C.UTF-8', LANGUAGE: locale }, () => assertWhole(repo));
          fs.rmSync(kept(repo), { recursive: true, force: true });
          await repo.checkpoint();
        }
      }),
    );
  }

  for (const [how, damage] of damages.slice(0, 3)) {
    it(
      `the private index ${how} in the very moment before it is used`,
      inRepo(async (repo) => {
        writeMany(repo);
        await repo.checkpoint();
        repo.remove('many/2/2.txt');
        repo.write('a.txt', 'edited\n');
        const git = new DisturbedGit('status', () => {
          for (const file of privateIndexes(repo)) {
            damage(file, fs.readFileSync(file));
          }
        });
        await assertWhole(repo, await repo.open(git));
        assert.ok(git.disturbed);
      }),
    );
  }

  for (const content of ['', '{', '{"signature":"', 'null', '[]', '{}', '"text"', '\0\0\0']) {
    it(
      `its record torn to ${JSON.stringify(content)}`,
      inRepo(async (repo) => {
        writeMany(repo);
        await repo.checkpoint();
        fs.writeFileSync(path.join(kept(repo), 'cache.json'), content);
        repo.write('a.txt', 'edited\n');
        repo.remove('many/1/1.txt');
        await assertWhole(repo);
      }),
    );
  }

  it(
    'its record naming a tree that does not exist',
    inRepo(async (repo) => {
      await repo.checkpoint();
      const file = path.join(kept(repo), 'cache.json');
      const text = fs.readFileSync(file, 'utf8');
      fs.writeFileSync(file, text.replace(/"tree":"[0-9a-f]+"/, `"tree":"${'1'.repeat(40)}"`));
      await assertWhole(repo);
      fs.writeFileSync(file, text.replace(/"staged":"[0-9a-f]+"/, `"staged":"${'1'.repeat(40)}"`));
      repo.write('a.txt', 'edited\n');
      await assertWhole(repo);
    }),
  );
});
