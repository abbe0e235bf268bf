import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { bash, gaps, held, hook, log, silent, startHook, write } from '../agents/support';
import { LookTime } from '../../src/agents/scene';
import { openIn } from '../../src/agents/mark';
import { readSlowness } from '../../src/agents/slowness';
import { tell } from '../agents/reach';
import { belay, json } from '../support/cli';
import { waitUntil } from '../support/processes';
import { inRepo, type TestRepo } from '../support/repo';
import * as v from 'valibot';

/** How long the tests wait for what a process in the background does, in milliseconds: it gives way to all others. */
const patienceMs = 120_000;

/** A PATH on which a look at everything takes so many seconds; each look is counted. */
class SlowGit {
  readonly env: NodeJS.ProcessEnv;
  private readonly folder: string;

  constructor(repo: TestRepo, seconds: number) {
    this.folder = path.join(repo.base, 'slow-git');
    fs.mkdirSync(this.folder);
    const before = process.env['PATH'] ?? '';
    const real = before
      .split(path.delimiter)
      .map((folder) => path.join(folder, 'git'))
      .find((file) => fs.existsSync(file));
    assert.ok(real);
    fs.writeFileSync(
      path.join(this.folder, 'git'),
      `#!/bin/sh\nfor arg; do if [ "$arg" = status ]; then echo look >> '${this.folder}/looks'; sleep ${seconds}; break; fi; done\nexec '${real}' "$@"\n`,
      { mode: 0o755 },
    );
    this.env = { PATH: `${this.folder}${path.delimiter}${before}` };
  }

  get looks(): number {
    const file = path.join(this.folder, 'looks');
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n').length - 1 : 0;
  }
}

/** The processes that are at a second look at a worktree. */
function secondLooks(repo: TestRepo): number[] {
  return fs.readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) {
      return [];
    }
    try {
      const line = fs.readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      return line.includes('@second-look') && line.includes(repo.folder) ? [Number(name)] : [];
    } catch (thrown) {
      assert.ok(thrown instanceof Error);
      return [];
    }
  });
}

async function noneAtIt(repo: TestRepo): Promise<void> {
  assert.ok(await waitUntil(() => (secondLooks(repo).length === 0 ? true : undefined), patienceMs));
}

/** A repository whose `*.slow` files take a second each to store. */
function slowFiles(repo: TestRepo, seconds = 1): void {
  repo.git('config', 'filter.slow.clean', `sh -c "sleep ${seconds}; cat"`);
  repo.write('.gitattributes', '*.slow filter=slow\n');
}

const agents = v.array(
  v.object({
    agent: v.string(),
    slow: v.nullable(
      v.strictObject({
        what: v.picklist(['look', 'files']),
        paths: v.array(v.string()),
        setting: v.literal('belay.scanBudget'),
        seconds: v.number(),
        since: v.nullable(v.string()),
        until: v.nullable(v.string()),
        not_covered: v.boolean(),
        running: v.boolean(),
      }),
    ),
  }),
);

describe('a look that takes too long hurts once', function () {
  this.timeout(300_000);

  it(
    'is begun by one hook only; what is named is captured all the same, before and after, and one process finishes it',
    inRepo(async (repo) => {
      await repo.checkpoint();
      const slow = new SlowGit(repo, 3);
      repo.git('config', 'belay.scanBudget', '1');
      repo.write('by-a-person.txt', 'seen by nobody yet\n');
      silent(hook('claude-code', bash(repo, 'PreToolUse', 'make'), { env: slow.env }));
      assert.deepEqual(gaps(repo), ['mark']);
      const file = path.join(repo.folder, 'a.txt');
      repo.write('a.txt', 'by a person\n');
      silent(hook('claude-code', write(repo, 'PreToolUse', file), { env: slow.env }));
      assert.equal(held(repo, (await log(repo))[0]?.oid ?? '', 'a.txt'), 'by a person\n');
      repo.write('a.txt', 'by the agent\n');
      silent(hook('claude-code', write(repo, 'PostToolUse', file), { env: slow.env }));
      assert.equal(held(repo, (await log(repo))[0]?.oid ?? '', 'a.txt'), 'by the agent\n');
      silent(hook('claude-code', bash(repo, 'PreToolUse', 'make'), { env: slow.env }));
      silent(hook('claude-code', bash(repo, 'PostToolUse', 'make'), { env: slow.env }));
      assert.deepEqual(gaps(repo), ['mark'], 'one mark, however many hooks went without');
      assert.ok(slow.looks <= 3, `one hook and the process beside it have looked, ${slow.looks} times`);
      assert.ok(secondLooks(repo).length <= 1);
      const [agent] = json(agents, belay(repo, ['agents', '--json']));
      assert.equal(agent?.slow?.what, 'look');
      assert.ok(
        await waitUntil(
          () =>
            repo.tryGit('cat-file', '-e', 'refs/belay/shadow/main/current:by-a-person.txt').code === 0
              ? true
              : undefined,
          patienceMs,
        ),
      );
      await noneAtIt(repo);
      assert.deepEqual(gaps(repo), []);
    }),
  );

  it(
    'slow files keep none of the others from being covered, and are stored afterwards',
    inRepo(async (repo) => {
      await repo.checkpoint();
      slowFiles(repo);
      repo.git('config', 'belay.scanBudget', '1.5');
      for (let i = 0; i < 5; i += 1) {
        repo.write(`${i}.slow`, `${i}\n`);
      }
      repo.write('quick.txt', 'quick\n');
      silent(hook('claude-code', bash(repo, 'PreToolUse', 'make')));
      const [first] = await log(repo);
      assert.ok(first);
      assert.equal(held(repo, first.oid, 'quick.txt'), 'quick\n');
      const lacking = first.uncovered
        .filter(({ reason }) => reason === 'too_slow')
        .map(({ path: name }) => name);
      assert.ok(lacking.length > 0 && lacking.every((name) => name.endsWith('.slow')), lacking.join());
      const [agent] = json(agents, belay(repo, ['agents', '--json']));
      assert.deepEqual(agent?.slow?.what, 'files');
      assert.match(belay(repo, ['agents']).out, /\.slow.*hooks continue without/);
      assert.match(belay(repo, ['doctor']).out, /PROBLEM Some files take longer .*belay\.scanBudget.*\.slow/);
      repo.write('quick.txt', 'changed while they are stored\n');
      silent(hook('claude-code', bash(repo, 'PostToolUse', 'make')));
      assert.equal(
        held(repo, (await log(repo))[0]?.oid ?? '', 'quick.txt'),
        'changed while they are stored\n',
      );
      await noneAtIt(repo);
      const [last] = await log(repo);
      assert.ok(last);
      assert.deepEqual(last.uncovered, []);
      assert.deepEqual(repo.treeEntries(last.oid), repo.diskEntries());
      assert.deepEqual(gaps(repo), []);
    }),
  );

  it(
    'the process is one for two hooks at once; killed, the next hook starts another; its mark gone, it ends; its repository gone, it makes nothing',
    inRepo(async (repo) => {
      await repo.checkpoint();
      slowFiles(repo, 20);
      repo.git('config', 'belay.scanBudget', '0.6');
      repo.write('x.slow', 'x\n');
      const both = [startHook(bash(repo, 'PreToolUse', 'a')), startHook(bash(repo, 'PreToolUse', 'b'))];
      await Promise.all(both.map(({ over }) => over));
      assert.ok(await waitUntil(() => (secondLooks(repo).length === 1 ? true : undefined), patienceMs));
      assert.deepEqual(gaps(repo), ['mark']);
      const [first = 0] = secondLooks(repo);
      process.kill(-first, 'SIGKILL');
      await noneAtIt(repo);
      silent(hook('claude-code', bash(repo, 'PostToolUse', 'a')));
      assert.ok(await waitUntil(() => (secondLooks(repo).length === 1 ? true : undefined), patienceMs));
      fs.rmSync(path.join(repo.commonDir, 'belay', 'agents', 'gaps'), { recursive: true });
      await noneAtIt(repo);
      silent(hook('claude-code', bash(repo, 'PreToolUse', 'a')));
      assert.ok(await waitUntil(() => (secondLooks(repo).length === 1 ? true : undefined), patienceMs));
      fs.rmSync(repo.folder, { recursive: true, force: true });
      await noneAtIt(repo);
      assert.equal(fs.existsSync(repo.folder), false);
    }),
  );

  it(
    'a hook that has waited long enough leaves what it could not look at to the process, and no look is put off for that',
    inRepo(async (repo) => {
      await repo.checkpoint();
      slowFiles(repo);
      repo.write('x.slow', 'x\n');
      const later: string[] = [];
      const finishLater = ({ key }: { readonly key: string }): Promise<void> => {
        later.push(key);
        return Promise.resolve();
      };
      await tell(
        'claude-code',
        { payload: bash(repo, 'PostToolUse', 'a') },
        { lookTime: new LookTime(0), finishLater },
      );
      const worktree = await repo.open();
      assert.deepEqual(later, ['main']);
      assert.deepEqual(
        (await openIn(worktree)).map(({ why }) => why),
        ['too_slow'],
      );
      assert.equal(await readSlowness(worktree), undefined, 'it would have fitted into a hook');
    }),
  );

  it(
    'a hook of a session that was fenced off keeps aside what is quick, and the process all of it',
    inRepo(async (repo) => {
      await repo.checkpoint();
      slowFiles(repo, 3);
      repo.git('config', 'belay.scanBudget', '0.6');
      const start = {
        session_id: 'a1b2',
        cwd: repo.folder,
        hook_event_name: 'SessionStart',
        source: 'startup',
      };
      silent(hook('claude-code', start));
      const taken = belay(repo, ['lease', 'claim', 'session/a1b2', '--owner', 'somebody', '--take-over']);
      assert.equal(taken.code, 0, taken.err);
      repo.write('quick.txt', 'quick\n');
      repo.write('x.slow', 'x\n');
      silent(hook('claude-code', bash(repo, 'PostToolUse', 'a')));
      const aside = (): string => [...repo.refs().keys()].find((ref) => ref.includes('/stale-')) ?? '';
      const isKept = (name: string): boolean =>
        repo.tryGit('cat-file', '-e', `${aside()}:${name}`).code === 0;
      assert.ok(
        await waitUntil(() => (isKept('quick.txt') && isKept('x.slow') ? true : undefined), patienceMs),
        'what is quick, and later the slow file as well',
      );
      await noneAtIt(repo);
      assert.deepEqual(gaps(repo), []);
    }),
  );

  it(
    'a writer that is fenced off meanwhile changes nothing by it',
    inRepo(async (repo) => {
      await repo.checkpoint();
      slowFiles(repo, 3);
      repo.git('config', 'belay.scanBudget', '0.6');
      silent(
        hook('claude-code', {
          session_id: 'a1b2',
          cwd: repo.folder,
          hook_event_name: 'SessionStart',
          source: 'startup',
        }),
      );
      repo.write('x.slow', 'x\n');
      silent(hook('claude-code', bash(repo, 'PreToolUse', 'a')));
      assert.ok(await waitUntil(() => (secondLooks(repo).length === 1 ? true : undefined), patienceMs));
      // So shortly before it is stored, that what it became cannot be remembered.
      repo.write('x.slow', 'y\n');
      const [before] = await log(repo);
      const taken = belay(repo, ['lease', 'claim', 'session/a1b2', '--owner', 'somebody', '--take-over']);
      assert.equal(taken.code, 0, taken.err);
      await noneAtIt(repo);
      assert.equal((await log(repo))[0]?.oid, before?.oid);
      const aside = [...repo.refs().keys()].find((ref) => ref.includes('/stale-'));
      assert.ok(aside !== undefined, 'what it saw is kept aside');
      assert.equal(held(repo, aside, 'x.slow'), 'y\n');
    }),
  );

  it(
    'a session that is replayed beside eight busy processes leaves none of its states uncovered',
    inRepo(async (repo) => {
      await repo.checkpoint();
      const busy = Array.from({ length: 8 }, () => spawn(process.execPath, ['-e', 'for (;;);']));
      try {
        const states: string[] = [];
        for (let step = 0; step < 3; step += 1) {
          repo.write('a.txt', `by a person ${step}\n`);
          states.push(repo.git('hash-object', 'a.txt'));
          silent(hook('claude-code', bash(repo, 'PreToolUse', 'make'), { limit: patienceMs }));
          repo.write('a.txt', `by a shell ${step}\n`);
          states.push(repo.git('hash-object', 'a.txt'));
          silent(hook('claude-code', bash(repo, 'PostToolUse', 'make'), { limit: patienceMs }));
        }
        const kept = repo.git('rev-list', '--objects', '--glob=refs/belay/*');
        assert.deepEqual(
          states.filter((oid) => !kept.includes(oid)),
          [],
        );
        assert.deepEqual(gaps(repo), []);
      } finally {
        busy.forEach(end);
      }
    }),
  );
});

function end(child: ChildProcess): void {
  child.kill('SIGKILL');
}
