import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { lastLook } from '../../src/agents/looked';
import { GitRecorder } from '../support/git-recorder';
import { waitUntil } from '../support/processes';
import { inRepo, type TestRepo } from '../support/repo';
import { savedIn, tell } from './reach';
import { bash, hook, log, silent } from './support';

/** A linked worktree in a folder of this repository's base, with something in it that is not committed. */
function linkAt(repo: TestRepo, folder: string, content: string): string {
  const at = path.join(repo.folder, folder);
  repo.git('worktree', 'add', '--quiet', '--detach', at);
  fs.writeFileSync(path.join(at, 'unsaved.txt'), content);
  return at;
}

interface Row {
  /** Where the other worktree lies, from the repository's folder. */
  readonly at: string;
  /** The command, run in the repository's folder; `W` is the other worktree. */
  readonly command: (folder: string) => string;
}

/** Ways in which a call in one worktree destroys what is not committed in another. */
const rows: Readonly<Record<string, Row>> = {
  'rm -rf of it': { at: '../w1', command: (at) => `rm -rf ${at}` },
  'rm -rf of the folder around it': {
    at: '.claude/worktrees/w1',
    command: () => 'rm -rf .claude/worktrees',
  },
  'mv over something': { at: '../w1', command: () => 'cd .. && mv w1 w1.gone && rm -rf *.gone' },
  'git clean over one inside': { at: 'inner/w1', command: () => 'git clean -ffdxq' },
  'find -delete': { at: '../w1', command: () => 'find .. -name unsaved.txt -delete' },
  'a folder with a blank in its name': { at: '../a b', command: () => `rm -rf "../a b"` },
  '--git-dir and --work-tree': {
    at: '../w1',
    command: (at) => `git --git-dir=${at}/.git --work-tree=${at} clean -fdq`,
  },
  'GIT_DIR=': { at: '../w1', command: (at) => `GIT_DIR=${at}/.git GIT_WORK_TREE=${at} git clean -fdq` },
  'a variable': { at: '../w1', command: () => 'D=w; cd "../$D"1 && git clean -fdq' },
  'env -C': { at: '../w1', command: () => 'env -C ../w1 git clean -fdq' },
  '-C twice': { at: '../w1', command: () => 'git -C .. -C w1 clean -fdq' },
  'relative after cd': { at: '../w1', command: () => 'cd .. && git -C w1 clean -fdq' },
  'a loop over the list': {
    at: '../w1',
    command: () =>
      `git worktree list --porcelain | sed -n 's/^worktree //p' | tail -n +2 | while read -r w; do git -C "$w" clean -fdq; done`,
  },
  'a script that says nothing': { at: '../w1', command: () => 'sh ./wipe' },
};

/** How long it is waited for a process that gives way to all others, in milliseconds. */
const patienceMs = 120_000;

describe('what is not committed in another worktree', function () {
  this.timeout(120_000);

  for (const [what, { at, command }] of Object.entries(rows)) {
    it(
      `${what}: it is in a checkpoint before`,
      inRepo(async (repo) => {
        const content = `not committed, ${what}\n`;
        repo.write('wipe', 'git -C ../w1 clean -fdq\n');
        const folder = linkAt(repo, at, content);
        const text = command(path.relative(repo.folder, folder));
        await tell('claude-code', { payload: bash(repo, 'PreToolUse', text) });
        spawnSync('sh', ['-c', text], { cwd: repo.folder });
        assert.equal(fs.existsSync(path.join(folder, 'unsaved.txt')), false, 'the command destroys it');
        assert.ok(savedIn(repo, repo.folder)(content));
      }),
    );
  }

  it(
    'is looked at by one git status; an edit in place is seen; a moment later only words lead there again',
    inRepo(async (repo) => {
      const linked = repo.link('beside');
      linked.write('a.txt', 'one\n');
      const call = async (text: string): Promise<void> => {
        await tell('claude-code', { payload: bash(repo, 'PreToolUse', text) });
      };
      const { repository } = await repo.worktree();
      /** As if all of it had happened a while ago. */
      const age = (): void => {
        const file = path.join(repository.belayDir, 'agents', 'looked', 'beside.json');
        const look = v.parse(v.looseObject({}), JSON.parse(fs.readFileSync(file, 'utf8')));
        fs.writeFileSync(file, JSON.stringify({ ...look, at: 1 }));
      };
      await call('make');
      assert.ok(savedIn(repo, repo.folder)('one\n'));
      const count = (await log(linked)).length;
      const { at } = await lastLook(repository, 'beside');
      assert.ok(at > 0);

      linked.write('a.txt', 'two\n');
      await call('make');
      assert.equal(savedIn(repo, repo.folder)('two\n'), false, 'looked at a moment ago');
      await call('make beside');
      assert.ok(savedIn(repo, repo.folder)('two\n'), 'its name is said');
      assert.equal((await log(linked)).length, count + 1);

      // The same length, in place: neither its folder nor the index has another time.
      const file = path.join(linked.folder, 'a.txt');
      fs.writeFileSync(fs.openSync(file, 'r+'), 'six\n');
      age();
      await call('make');
      assert.ok(savedIn(repo, repo.folder)('six\n'));
    }),
  );

  it(
    'costs no git where there is no other worktree, and one status each where they are as they were',
    inRepo(async (repo) => {
      const recorder = new GitRecorder();
      try {
        const env = { PATH: recorder.path };
        const calls = (): string[] => {
          const before = recorder.calls().length;
          silent(hook('claude-code', bash(repo, 'PreToolUse', 'make'), { env }));
          return recorder
            .calls()
            .slice(before)
            .map(({ args }) => args);
        };
        const looks = (all: readonly string[]): number =>
          all.filter((args) => / status /.test(` ${args} `)).length;
        calls();
        const alone = calls();
        assert.equal(looks(alone), 1);
        assert.equal(alone.filter((args) => args.includes('worktree list')).length, 0);
        const keys = ['w1', 'w2', 'w3'];
        for (const key of keys) {
          repo.link(key).write('unsaved.txt', `${key}\n`);
        }
        calls();
        const { repository } = await repo.worktree();
        const looked = path.join(repository.belayDir, 'agents', 'looked');
        const old = (): void => {
          for (const name of fs.readdirSync(looked)) {
            const look = v.parse(
              v.looseObject({}),
              JSON.parse(fs.readFileSync(path.join(looked, name), 'utf8')),
            );
            fs.writeFileSync(path.join(looked, name), JSON.stringify({ ...look, at: 1 }));
          }
        };
        // What changed a moment ago is covered once more: nobody can tell whether it changes again in the same tick.
        await new Promise((resolve) => setTimeout(resolve, 2_500));
        // What a busy machine leaves no time for is looked at in the background, and by the next call.
        const inTime = async (): Promise<string[]> => {
          for (;;) {
            old();
            const made = calls();
            const looks = await Promise.all(keys.map((key) => lastLook(repository, key)));
            if (!looks.some(({ left }) => left)) {
              return made;
            }
            await new Promise((resolve) => setTimeout(resolve, 500));
          }
        };
        await inTime();
        const more = await inTime();
        assert.equal(more.length, alone.length + 1 + keys.length, more.join('\n'));
        assert.equal(looks(more), 1 + keys.length);
        assert.deepEqual(calls().length, alone.length + 1, 'a moment later only the list is read');
      } finally {
        recorder.remove();
      }
    }),
  );

  it(
    'that there was no time for is named in the checkpoint, marked, and looked at by a process in the background',
    inRepo(async (repo) => {
      const linked = repo.link('beside');
      linked.write('unsaved.txt', 'there\n');
      const { repository } = await repo.worktree();
      // What the hook itself has to look at here is known already: nothing but the other worktree takes its time.
      await repo.checkpoint();
      // A look at it takes longer than there is for all looks at other worktrees.
      const slow = path.join(repo.base, 'slow');
      const real = spawnSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).stdout.trim();
      fs.mkdirSync(slow);
      fs.writeFileSync(
        path.join(slow, 'git'),
        `#!/bin/sh\nif [ "$PWD" = '${linked.folder}' ]; then for arg; do [ "$arg" = status ] && sleep 6; done; fi\nexec '${real}' "$@"\n`,
        { mode: 0o755 },
      );
      const env = { PATH: `${slow}${path.delimiter}${process.env['PATH'] ?? ''}` };
      silent(hook('claude-code', bash(repo, 'PreToolUse', 'make'), { env }));
      const [taken] = await log(repo);
      assert.deepEqual(taken?.uncovered, [{ path: 'beside', reason: 'worktree_not_looked_at' }]);
      assert.equal((await lastLook(repository, 'beside')).left, true);
      assert.ok(
        await waitUntil(() => (savedIn(repo, repo.folder)('there\n') ? true : undefined), patienceMs),
        'the process in the background has looked at it',
      );
    }),
  );

  it(
    'all of them are, where there was no time to begin with any: one process goes from one to the next',
    inRepo(async (repo) => {
      const keys = ['w1', 'w2', 'w3', 'w4', 'w5'];
      for (const key of keys) {
        const linked = repo.link(key);
        // One that was never looked at has no index to look with, and is covered without a look.
        await linked.checkpoint();
        linked.write('unsaved.txt', `in ${key}\n`);
      }
      const slow = path.join(repo.base, 'slow');
      const flag = path.join(repo.base, 'slowly');
      const real = spawnSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).stdout.trim();
      fs.mkdirSync(slow);
      fs.writeFileSync(flag, '');
      fs.writeFileSync(
        path.join(slow, 'git'),
        `#!/bin/sh\nif [ "$PWD" != '${repo.folder}' ] && [ -e '${flag}' ]; then for arg; do [ "$arg" = status ] && sleep 3; done; fi\nexec '${real}' "$@"\n`,
        { mode: 0o755 },
      );
      const env = { PATH: `${slow}${path.delimiter}${process.env['PATH'] ?? ''}` };
      silent(hook('claude-code', bash(repo, 'PreToolUse', 'make'), { env }));
      fs.rmSync(flag);
      const [taken] = await log(repo);
      assert.deepEqual(
        taken?.uncovered.map(({ path: key, reason }) => `${key} ${reason}`).sort(),
        keys.map((key) => `${key} worktree_not_looked_at`),
      );
      const saved = () => keys.filter((key) => savedIn(repo, repo.folder)(`in ${key}\n`));
      assert.ok(
        await waitUntil(() => (saved().length === keys.length ? true : undefined), patienceMs),
        `saved: ${saved().join()}`,
      );
    }),
  );

  it(
    'a worktree inside is a gap where nobody takes checkpoints in it, and a copy of one always',
    inRepo(async (repo) => {
      const inner = linkAt(repo, 'inner', 'inside\n');
      const gaps = async (): Promise<string[]> =>
        (await repo.checkpoint({ always: true })).checkpoint.uncovered.map(({ path: name }) => name);
      assert.deepEqual(await gaps(), ['inner']);
      await tell('claude-code', { payload: bash(repo, 'PreToolUse', 'make') });
      assert.deepEqual(await gaps(), []);
      fs.cpSync(inner, path.join(repo.folder, 'copy'), { recursive: true });
      assert.deepEqual(await gaps(), ['copy']);
    }),
  );
});
