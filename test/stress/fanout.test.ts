import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fanOut, type RepositoryTargets } from '../../src/fanout/fanout';
import { Git } from '../../src/git/git';
import { closeWorktree, openWorktree } from '../../src/git/worktree';
import { CountedNetwork, git, linkBranch, pinTo, put, who } from '../fanout/support';
import { program } from '../support/cli';
import { signalTo, start, waitUntil, type Running } from '../support/processes';
import { TestRepo } from '../support/repo';
import { printSeed, seeded, sized } from '../support/size';
import { Upstream } from '../sync/upstream';

/** Rounds of a fan-out while somebody pushes, and of kills. */
const rounds = sized({ short: 2, long: 100 });
const kills = sized({ short: 4, long: 200 });

const worktreeCount = sized({ short: 12, long: 24 });
const cloneCount = 4;

/** Pushes some ten commits a second to the upstream, as a process of its own, until it is told to end. */
class Pusher {
  private constructor(
    private readonly running: Running,
    private readonly bare: string,
  ) {}

  static start(repo: TestRepo, upstream: Upstream): Pusher {
    const folder = path.join(repo.base, 'pusher');
    git(repo.base, 'clone', '--quiet', upstream.bare, folder);
    // It ends with the tests, also where they are killed.
    const script = `i=0; while kill -0 ${process.pid} 2>/dev/null; do i=$((i+1)); echo $i > moving.txt; git add moving.txt; git commit --quiet -m "Push $i"; git push --quiet; sleep 0.1; done`;
    const running = start('sh', ['-c', script], { cwd: folder, limit: 60 * 60_000 });
    running.ended.catch(() => undefined);
    return new Pusher(running, upstream.bare);
  }

  pushed(): number {
    return Number(git(this.bare, 'rev-list', '--count', 'main'));
  }

  async stop(): Promise<void> {
    signalTo(this.running.pid, 'SIGKILL');
    await this.running.ended;
  }
}

interface Fleets {
  readonly repo: TestRepo;
  readonly upstream: Upstream;
  readonly roots: readonly string[];
  readonly fleets: readonly RepositoryTargets[];
}

async function withFleets(work: (fleets: Fleets) => Promise<void>): Promise<void> {
  const repo = TestRepo.create();
  const opened: RepositoryTargets[] = [];
  try {
    const upstream = Upstream.of(repo);
    const linked = Array.from({ length: worktreeCount - 1 }, (_, index) => linkBranch(repo, `w${index}`));
    const clones = Array.from({ length: cloneCount }, (_, index) => {
      const folder = path.join(repo.base, `clone${index}`);
      git(repo.base, 'clone', '--quiet', upstream.bare, folder);
      return folder;
    });
    for (const folder of [repo.folder, ...clones]) {
      opened.push({ repository: await openWorktree(new Git(), folder) });
    }
    await work({ repo, upstream, roots: [repo.folder, ...linked, ...clones], fleets: opened });
  } finally {
    opened.forEach(({ repository }) => {
      closeWorktree(repository);
    });
    repo.dispose();
  }
}

function heads(roots: readonly string[]): string[] {
  return roots.map((root) => git(root, 'rev-parse', 'HEAD'));
}

describe('fan-out under load', function () {
  this.timeout(sized({ short: 60 * 60_000, long: 0 }));

  printSeed();

  it(`${worktreeCount} worktrees and ${cloneCount} clones are on the pin while another process pushes, ${rounds} rounds`, () =>
    withFleets(async ({ repo, upstream, roots, fleets }) => {
      const pusher = Pusher.start(repo, upstream);
      const [home] = fleets;
      assert.ok(home !== undefined);
      let moved = 0;
      const commits = new Set<string>();
      try {
        for (let round = 1; round <= rounds; round += 1) {
          const network = new CountedNetwork();
          const pin = await pinTo(home.repository, 'origin/main', { fetch: true, network });
          const before = pusher.pushed();
          const outcomes = await fanOut(home.repository, pin, fleets, network, who);
          moved += pusher.pushed() - before;
          commits.add(pin.commit);
          assert.equal(outcomes.length, worktreeCount + cloneCount);
          assert.deepEqual(
            outcomes.filter(({ head }) => head !== pin.commit),
            [],
            'outcomes that say something else',
          );
          assert.deepEqual(
            heads(roots).filter((head) => head !== pin.commit),
            [],
            'worktrees that are somewhere else',
          );
          assert.ok(network.asked.length <= 1 + cloneCount, 'one fetch for each object store');
          assert.equal(network.asked.filter(({ objects }) => !objects).length, 1, 'a name is resolved once');
        }
      } finally {
        await pusher.stop();
      }
      assert.ok(moved > 0 && commits.size > 1, 'the upstream has moved meanwhile');
      console.log(
        `      ${rounds} rounds of ${roots.length}: every HEAD on the pin; ${moved} pushes came in between`,
      );
    }));

  it('the same with "pull the latest" instead: worktrees end on different commits', () =>
    withFleets(async ({ repo, upstream, roots }) => {
      const pusher = Pusher.start(repo, upstream);
      try {
        let different = 1;
        for (let round = 0; round < 5 && different === 1; round += 1) {
          for (const root of roots) {
            git(root, 'fetch', '--quiet', 'origin');
            git(root, 'reset', '--quiet', '--hard', 'origin/main');
          }
          different = new Set(heads(roots)).size;
        }
        assert.ok(different > 1, 'this test can tell');
        console.log(`      ${roots.length} that each pulled the latest: ${different} different commits`);
      } finally {
        await pusher.stop();
      }
    }));

  it(`kill -9 during a fan-out at random moments, ${kills} times: the next one converges, nothing is lost`, async () => {
    const repo = TestRepo.create();
    try {
      const upstream = Upstream.of(repo);
      const folders = Array.from({ length: 6 }, (_, index) => linkBranch(repo, `w${index}`));
      const worktree = await repo.worktree();
      const random = seeded(1);
      let typical = 1_500;
      let struck = 0;
      for (let trial = 0; trial < kills; trial += 1) {
        upstream.push({ 'a.txt': `theirs ${trial}\n`, [`new-${trial}.txt`]: 'new' });
        folders.forEach((folder, index) => {
          put(folder, 'mine.txt', `mine ${trial} ${index}\n`);
          put(folder, 'folder/b.txt', `edited ${trial} ${index}\n`);
        });
        const pin = await pinTo(worktree, 'origin/main', { fetch: true });
        // Its own git processes are not those of the command that is killed.
        closeWorktree(worktree);
        const apply = ['pin', 'apply', 'sprint', '--all', '--json'];
        const victim = start(process.execPath, [program, ...apply], { cwd: repo.folder });
        await sleep(random.fraction() * typical);
        struck += signalTo(victim.pid, 'SIGKILL') ? 1 : 0;
        await victim.ended;
        await gitsEnded(repo.base);
        clearDeadLocks(repo);
        const began = performance.now();
        const again = await start(process.execPath, [program, ...apply], { cwd: repo.folder }).ended;
        typical = performance.now() - began;
        assert.equal(again.code, 0, `trial ${trial}: ${again.stderr}${again.stdout}`);
        for (const [index, folder] of folders.entries()) {
          assert.equal(git(folder, 'rev-parse', 'HEAD'), pin.commit, folder);
          assert.equal(fs.readFileSync(path.join(folder, 'mine.txt'), 'utf8'), `mine ${trial} ${index}\n`);
          assert.equal(
            fs.readFileSync(path.join(folder, 'folder/b.txt'), 'utf8'),
            `edited ${trial} ${index}\n`,
          );
          assert.equal(
            git(folder, 'status', '--porcelain'),
            'M folder/b.txt\n?? mine.txt'.replace(/^/, ' '),
            `trial ${trial}: nothing else differs`,
          );
        }
      }
      console.log(`      ${struck} of ${kills} struck; each time the next fan-out converged`);
    } finally {
      repo.dispose();
    }
  });

  it(`kill -9 while worktrees are made, ${kills} times: none that is half-filled is taken for good`, async () => {
    const repo = TestRepo.create();
    try {
      for (let file = 0; file < 400; file += 1) {
        repo.write(`many/${file}.txt`, `${file}\n`.repeat(200));
      }
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=Many files');
      const worktree = await repo.worktree();
      const pin = await pinTo(worktree, 'HEAD');
      closeWorktree(worktree);
      const seen = { struck: 0, halfFilled: 0 };
      const random = seeded(2);
      let typical = 1_000;
      for (let trial = 0; trial < kills; trial += 1) {
        const folder = path.join(repo.base, 'new', `t${trial}`);
        const add = ['worktree', 'add', folder, '--pin', 'sprint', '--branch', `t${trial}`, '--json'];
        const victim = start(process.execPath, [program, ...add], { cwd: repo.folder });
        await sleep(100 + random.fraction() * typical);
        if (trial % 2 === 0) {
          gitsIn(repo.base).forEach((pid) => signalTo(pid, 'SIGKILL'));
        }
        seen.struck += signalTo(victim.pid, 'SIGKILL') ? 1 : 0;
        await victim.ended;
        await gitsEnded(repo.base);
        clearDeadLocks(repo);
        const apply = ['pin', 'apply', 'sprint', '--all', '--json'];
        const applied = await start(process.execPath, [program, ...apply], { cwd: repo.folder }).ended;
        const complete = isComplete(folder, pin.commit);
        const saidGood = new RegExp(`"worktree":"t${trial}","outcome":"on_pin"`).test(applied.stdout);
        const saidHalf = new RegExp(`"worktree":"t${trial}","outcome":"half_filled"`).test(applied.stdout);
        seen.halfFilled += saidHalf ? 1 : 0;
        assert.ok(!saidGood || complete, `trial ${trial}: said to be good: ${applied.stdout}`);
        const began = performance.now();
        const again = await start(process.execPath, [program, ...add], { cwd: repo.folder }).ended;
        typical = performance.now() - began;
        assert.equal(again.code, 0, `trial ${trial}: ${again.stderr}`);
        assert.ok(isComplete(folder, pin.commit), `trial ${trial}: complete now`);
      }
      const all = await start(process.execPath, [program, 'pin', 'apply', 'sprint', '--all', '--json'], {
        cwd: repo.folder,
      }).ended;
      assert.equal(all.code, 0, all.stdout);
      console.log(
        `      ${seen.struck} of ${kills} struck, ${seen.halfFilled} left half-filled and known as such`,
      );
    } finally {
      repo.dispose();
    }
  });
});

/** Whether every file of the commit is there, as it has them. */
function isComplete(folder: string, commit: string): boolean {
  try {
    return git(folder, 'rev-parse', 'HEAD') === commit && git(folder, 'status', '--porcelain') === '';
  } catch (thrown) {
    if (thrown instanceof Error) {
      return false;
    }
    throw thrown;
  }
}

/** What a person does about locks that a killed git left: the doctor, once they are old enough; and git's own by hand. */
function clearDeadLocks(repo: TestRepo): void {
  const names = fs.readdirSync(repo.commonDir, { recursive: true, encoding: 'utf8' });
  for (const name of names.filter((one) => one.endsWith('.lock') && !one.startsWith('objects'))) {
    fs.rmSync(path.join(repo.commonDir, name), { force: true });
  }
}

async function gitsEnded(folder: string): Promise<void> {
  const ended = await waitUntil(() => (gitsIn(folder).length === 0 ? true : undefined));
  assert.ok(ended, 'git children of a killed command go on for ever');
}

/** The git processes that work below a folder. */
function gitsIn(folder: string): number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const inside = fs.readlinkSync(`/proc/${name}/cwd`).startsWith(folder);
        const isGit = fs.readFileSync(`/proc/${name}/cmdline`, 'utf8').startsWith('git\0');
        return inside && isGit ? [Number(name)] : [];
      } catch (thrown) {
        if (thrown instanceof Error && 'code' in thrown) {
          // Gone meanwhile.
          return [];
        }
        throw thrown;
      }
    });
}
