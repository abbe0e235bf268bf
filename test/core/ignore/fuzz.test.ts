import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { CheckpointResult } from '../../../src/checkpoint/checkpoint';
import { Random } from '../../support/random';
import { TestRepo } from '../../support/repo';

const folders = ['', 'a/', 'a/b/', 'venv/', 'venv/lib/'];
const names = ['x.env', 'keep.env', 'y.log', 'z.txt'];
const files = folders.flatMap((folder) => names.map((name) => folder + name));
const rules = ['*.env', '*.log', '!keep.env', '*', 'b/', '/a/*.txt', '**/z.txt', 'lib', '!/lib/', '# none'];

const long = process.env['BELAY_TEST_SIZE'] === 'long';
const seeds = long ? 30 : 2;
const rounds = long ? 25 : 8;

/** A repository in which anything may happen to ignore files, and what must never get into it. */
class Play {
  private count = 0;
  /** Ignored by git at the last checkpoint, or since an ignore file went that nobody wrote again. */
  private standing = new Set<string>();
  private written = false;
  readonly done: string[] = [];

  constructor(
    readonly repo: TestRepo,
    private readonly random: Random,
  ) {}

  one(from: readonly string[]): string {
    return from[this.random.below(from.length)] ?? '';
  }

  act(): void {
    const { repo, random } = this;
    const ignoreFile = `${this.one(folders)}.gitignore`;
    const text = Array.from({ length: 1 + random.below(2) }, () => this.one(rules)).join('\n') + '\n';
    const actions: Readonly<Record<string, () => void>> = {
      [`write ${ignoreFile}: ${JSON.stringify(text)}`]: () => {
        this.written = true;
        this.put(ignoreFile, text);
      },
      [`remove ${ignoreFile}`]: () => {
        repo.remove(ignoreFile);
      },
      [`rename ${ignoreFile}`]: () => {
        if (fs.existsSync(repo.at(ignoreFile))) {
          fs.renameSync(repo.at(ignoreFile), repo.at(`${ignoreFile}.old`));
        }
      },
      [`link ${ignoreFile}`]: () => {
        if (fs.existsSync(repo.at(ignoreFile))) {
          repo.remove(ignoreFile);
          fs.symlinkSync('nowhere', repo.at(ignoreFile));
        }
      },
      [`exclude ${JSON.stringify(text)}`]: () => {
        this.written = true;
        fs.writeFileSync(path.join(repo.commonDir, 'info', 'exclude'), text);
      },
      'exclude goes': () => {
        fs.rmSync(path.join(repo.commonDir, 'info', 'exclude'), { force: true });
      },
      [`excludesFile ${JSON.stringify(text)}`]: () => {
        this.written = true;
        const file = path.join(repo.base, this.one(['one', 'other']));
        fs.writeFileSync(file, text);
        repo.git('config', 'core.excludesFile', file);
      },
      'excludesFile goes': () => {
        repo.tryGit('config', '--unset', 'core.excludesFile');
      },
      'track a file': () => {
        repo.tryGit('add', '--force', this.one(files));
      },
      'untrack a file': () => {
        repo.tryGit('rm', '--quiet', '--cached', '--force', this.one(files));
      },
      'commit the ignore files': () => {
        repo.tryGit('add', '--force', '--', ':(glob)**/.gitignore');
        repo.tryGit('commit', '--quiet', '--allow-empty', '--message=Rules');
      },
      'switch to an earlier commit': () => {
        this.written = true;
        repo.tryGit('switch', '--quiet', '--force', '--detach', `main~${random.below(3)}`);
      },
      'git rm -rf .': () => {
        repo.tryGit('rm', '-rf', '--quiet', '.');
      },
      'lose .git/belay': () => {
        fs.rmSync(path.join(repo.commonDir, 'belay'), { recursive: true, force: true });
      },
    };
    const what = this.one(Object.keys(actions));
    this.done.push(what);
    actions[what]?.();
  }

  /** New content everywhere, so that it is stored only if this checkpoint stores it. */
  rewrite(): void {
    for (const name of files) {
      this.count += 1;
      this.put(name, `${name}, version ${this.count}\n`);
    }
  }

  async checkpoint(named: string | undefined): Promise<CheckpointResult> {
    const { repo } = this;
    this.done.push(named === undefined ? 'CHECKPOINT' : `CHECKPOINT ${named}`);
    const ignored = this.list('--others', '--ignored', '--exclude-standard');
    const tracked = this.list('--cached');
    const result = await repo.checkpoint(named === undefined ? {} : { paths: [named] });
    const forbidden = [...this.standing, ...ignored].filter((name) => !tracked.has(name));
    const oids = repo.gitBytes(['hash-object', '--stdin-paths'], forbidden.join('\n')).toString();
    const found = repo.gitBytes(['cat-file', '--batch-check'], oids).toString().trim().split('\n');
    const stored = forbidden.filter((_, index) => !(found[index] ?? 'missing').endsWith('missing'));
    assert.deepEqual(stored, [], 'nothing gets in that was, or is, ignored');
    if (named !== undefined) {
      if (ignored.has(named)) {
        this.standing.add(named);
      }
    } else {
      this.standing = this.written ? ignored : new Set([...this.standing, ...ignored]);
      this.written = false;
    }
    return result;
  }

  /** Every ignore file there, and without a rule: after that all is in again. */
  async open(): Promise<void> {
    this.written = true;
    const { repo } = this;
    repo.tryGit('switch', '--quiet', '--force', 'main');
    for (const folder of folders) {
      repo.remove(`${folder}.gitignore`);
      this.put(`${folder}.gitignore`, 'nothing\n');
    }
    fs.writeFileSync(path.join(repo.commonDir, 'info', 'exclude'), '');
    for (const file of ['one', 'other']) {
      fs.writeFileSync(path.join(repo.base, file), '');
      repo.git('config', 'core.excludesFile', path.join(repo.base, file));
      this.rewrite();
      await this.checkpoint(undefined);
    }
    const { checkpoint, uncovered } = await repo.checkpoint({ always: true });
    assert.deepEqual(uncovered, [], 'nothing is left out for ever');
    const held = repo.treeEntries(checkpoint.oid);
    assert.deepEqual(
      files.filter((name) => !held.has(name)),
      [],
    );
  }

  private put(name: string, content: string): void {
    this.repo.remove(name);
    this.repo.write(name, content);
  }

  private list(...options: readonly string[]): Set<string> {
    const listed = this.repo.git('ls-files', ...options).split('\n');
    return new Set(listed.filter((name) => files.includes(name)));
  }
}

describe('whatever happens to ignore files', function () {
  this.timeout(600_000);

  for (let seed = 1; seed <= seeds; seed += 1) {
    it(`nothing gets in that was ignored at the last checkpoint (seed ${seed})`, async () => {
      const random = new Random(seed);
      const repo = TestRepo.create();
      const play = new Play(repo, random);
      try {
        for (let round = 0; round < rounds; round += 1) {
          for (let step = random.below(3); step >= 0; step -= 1) {
            play.act();
          }
          play.rewrite();
          await play.checkpoint(random.below(4) === 0 ? play.one(files) : undefined);
        }
        await play.open();
      } catch (thrown) {
        throw new Error(`seed ${seed}:\n  ${play.done.join('\n  ')}`, { cause: thrown });
      } finally {
        repo.dispose();
      }
    });
  }
});
