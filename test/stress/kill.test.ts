import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  catchMoment,
  childrenOf,
  signalTo,
  waitUntil,
  type Ended,
  type FoundProcess,
  type Running,
} from '../support/processes';
import { referencesAsFiles, TestRepo } from '../support/repo';
import type { Random } from '../support/random';
import { printSeed, seeded, sized } from '../support/size';
import { assertAcknowledged, assertSteps, assertWhole, survey, type Acknowledged } from '../support/survey';
import { buildPrograms, readAnswer, startCheckpoint, startCli, type Programs } from '../support/workers';

const kills = sized({ short: 10, long: 200 });
/** Within this long, in milliseconds, the next writer must have succeeded. It takes a fraction of a second; nothing may hang. */
const soon = 60_000;
const shadow = 'refs/belay/shadow/main/current';

describe('processes that are killed or stopped', function () {
  this.timeout(sized({ short: 15 * 60_000, long: 0 }));
  let programs: Programs;

  printSeed();

  before(() => {
    programs = buildPrograms();
  });

  /** One repository with its acknowledged checkpoints, and two sessions that take turns. */
  class Bench {
    readonly repo = TestRepo.create(referencesAsFiles);
    readonly acknowledged: Acknowledged[] = [];
    private written = 0;

    constructor() {
      // Staged, unstaged and untracked changes, so that there is something to be damaged.
      this.repo.write('a.txt', 'staged\n');
      this.repo.git('add', 'a.txt');
      this.repo.write('a.txt', 'staged and changed\n');
      this.repo.write('untracked.txt', 'untracked\n');
      this.repo.git('branch', 'other');
      this.repo.git('tag', 'v1');
    }

    /** Writes the session's file and starts a checkpoint of it. */
    begin(session: string): Attempt {
      this.written += 1;
      const file = `${session}.txt`;
      const content = `${session} ${this.written}\n`;
      this.repo.write(file, content);
      // Every other scan looks at everything.
      const paths = this.written % 4 < 2 ? [] : [file];
      const running = startCheckpoint(programs, { session, paths }, { cwd: this.repo.folder, limit: 60_000 });
      return { session, file, content, running, print: this.repo.fingerprint() };
    }

    /** Takes note of an acknowledgement, if there was one, and checks that nothing of the user's has changed. */
    finish(attempt: Attempt, ended: Ended): boolean {
      assert.equal(this.repo.fingerprint(), attempt.print, "the user's index, HEAD, references and files");
      if (ended.code !== 0 || ended.stdout === '') {
        return false;
      }
      const { file, content } = attempt;
      this.acknowledged.push({ answer: readAnswer(ended), file, content, ms: ended.ms });
      return true;
    }

    /** The next writer must succeed soon, whatever was left behind. @returns how long it took. */
    async next(session: string): Promise<number> {
      const attempt = this.begin(session);
      const ended = await attempt.running.ended;
      assert.ok(this.finish(attempt, ended), `the next writer failed: ${ended.stderr}`);
      assert.ok(ended.ms < soon, `the next writer took ${ended.ms.toFixed(0)} ms`);
      return ended.ms;
    }

    /** The lock files of references that nobody will remove. */
    deadLocks(): string[] {
      return this.repo.referenceLocks();
    }

    overflow(): number {
      return [...this.repo.refs('belay').keys()].filter((name) => name.startsWith('refs/belay/overflow/'))
        .length;
    }

    /** What a person does about a dead lock: `belay doctor --fix`, once it is old enough. */
    async mend(): Promise<void> {
      const past = new Date(Date.now() - 60_000);
      for (const file of this.deadLocks()) {
        fs.utimesSync(file, past, past);
      }
      const ended = await startCli(programs, ['doctor', '--fix', '--json'], {
        cwd: this.repo.folder,
        limit: 60_000,
      }).ended;
      assert.equal(ended.code, 0, ended.stderr);
      assert.deepEqual(this.deadLocks(), [], 'dead locks that were left');
      assert.equal(this.overflow(), 0, 'checkpoints that still wait beside the chain');
    }

    check(): void {
      const found = survey(this.repo);
      assertSteps(found);
      assertAcknowledged(this.repo, found, this.acknowledged);
    }

    async use(work: () => Promise<void>): Promise<void> {
      try {
        await work();
        this.check();
        assertWhole(this.repo);
      } finally {
        this.repo.dispose();
      }
    }
  }

  interface Attempt {
    readonly session: string;
    readonly file: string;
    readonly content: string;
    readonly running: Running;
    readonly print: string;
  }

  /**
   * So many times: `strike` hits a running checkpoint, the next writer must succeed, and every so often all that was ever
   * acknowledged is looked for. Dead locks are left where they are for a while, so that others meet them, then mended.
   */
  async function strikes(strike: (attempt: Attempt) => Promise<boolean>): Promise<void> {
    const bench = new Bench();
    const seen = { struck: 0, acknowledged: 0, failed: 0, deadLocks: 0, aside: 0, slowest: 0 };
    await bench.use(async () => {
      await bench.next('other');
      for (let trial = 0; trial < kills; trial += 1) {
        const locksBefore = bench.deadLocks().length;
        const attempt = bench.begin('struck');
        seen.struck += (await strike(attempt)) ? 1 : 0;
        const ended = await attempt.running.ended;
        // Its git children end on their own when their pipes close; none may write later than that.
        await settle(bench);
        seen[bench.finish(attempt, ended) ? 'acknowledged' : 'failed'] += 1;
        seen.deadLocks += Math.max(0, bench.deadLocks().length - locksBefore);
        seen.slowest = Math.max(seen.slowest, await bench.next('other'));
        seen.aside += bench.overflow();
        const locked = bench.deadLocks().length > 0;
        if (locked || trial % 10 === 9) {
          // The session that was struck is the one whose own reference may be locked.
          await bench.next('struck');
          bench.check();
          await bench.mend();
        }
      }
      await bench.mend();
    });
    console.log(
      `      ${seen.struck} of ${kills} struck: ${seen.acknowledged} acknowledged all the same, ${seen.failed} not; ` +
        `${seen.deadLocks} dead reference locks, ${seen.aside} checkpoints beside the chain, ` +
        `slowest next writer ${seen.slowest.toFixed(0)} ms; ${bench.acknowledged.length} of ${bench.acknowledged.length} acknowledged reachable`,
    );
  }

  /** Waits until the git children that lost their parent are gone. */
  async function settle(bench: Bench): Promise<void> {
    const gone = await waitUntil(() => (gitProcessesIn(bench.repo.folder).length === 0 ? true : undefined));
    assert.ok(gone, 'git children were left behind by the killed process');
  }

  /** A random moment of a checkpoint, by how long the ones before took. */
  class Moments {
    private typical = 150;

    constructor(private readonly random: Random) {}

    /** @returns false when the checkpoint was over before. */
    async wait({ running }: Attempt): Promise<boolean> {
      const began = performance.now();
      let over = false;
      void running.ended.then(({ code }) => {
        over = true;
        if (code === 0) {
          this.typical = this.typical * 0.8 + (performance.now() - began) * 0.2;
        }
      });
      await sleep(this.random.fraction() * this.typical);
      return !over;
    }
  }

  /** Waits for the git child that writes references to be there, and then a moment of its short life. */
  async function referenceWriter({ running }: Attempt, random: Random): Promise<number | undefined> {
    let over = false;
    void running.ended.then(() => {
      over = true;
    });
    const writer = await catchMoment(
      () =>
        over
          ? { pid: undefined }
          : childrenOf(running.pid).find(({ command }) => command.includes(' update-ref ')),
      30_000,
    );
    const end = performance.now() + random.fraction() * 6;
    await catchMoment(() => (performance.now() > end ? true : undefined), 10);
    return writer?.pid;
  }

  it(`kill -9 of the command line, ${kills} times at random moments`, async () => {
    const moments = new Moments(seeded(1));
    await strikes(
      async (attempt) => (await moments.wait(attempt)) && signalTo(attempt.running.pid, 'SIGKILL'),
    );
  });

  it(`kill -9 of a git child of the command line, ${kills} times at random moments`, async () => {
    const random = seeded(2);
    const moments = new Moments(random);
    const struck = new Map<string, number>();
    let turn = 0;
    await strikes(async (attempt) => {
      turn += 1;
      // One that has not become git yet still has the name of its parent.
      const children = (): FoundProcess[] =>
        childrenOf(attempt.running.pid).filter(({ command }) => command.startsWith('git '));
      let target: FoundProcess | undefined;
      if (turn % 2 === 0) {
        // Half of them hit the one that writes references, which is what leaves locks behind.
        const pid = await referenceWriter(attempt, random);
        target = children().find((child) => child.pid === pid);
      } else if (await moments.wait(attempt)) {
        const some = await catchMoment(() => children()[0], 500);
        await sleep(random.fraction() * 4);
        const now = children();
        target = now[random.below(now.length)] ?? some;
      }
      if (target === undefined) {
        return false;
      }
      const words = target.command.replace(/ -c \S*/g, '').split(' ');
      const name = words.slice(1).find((word) => !word.startsWith('-')) ?? '?';
      struck.set(name, (struck.get(name) ?? 0) + 1);
      return signalTo(target.pid, 'SIGKILL');
    });
    console.log(`      struck: ${[...struck].map(([name, count]) => `${name} ${count}`).join(', ')}`);
  });

  it(`kill -9 of the command line with all of its git children, ${kills} times`, async () => {
    const random = seeded(3);
    const moments = new Moments(random);
    let turn = 0;
    await strikes(async (attempt) => {
      turn += 1;
      const { pid } = attempt.running;
      const ready =
        turn % 2 === 0 ? (await referenceWriter(attempt, random)) !== undefined : await moments.wait(attempt);
      if (!ready) {
        return false;
      }
      const children = childrenOf(pid);
      const struck = signalTo(pid, 'SIGKILL');
      for (const child of children) {
        signalTo(child.pid, 'SIGKILL');
      }
      return struck;
    });
  });

  it('a reference lock that was left behind: the checkpoint lands beside the chain, a warning says so, a later run folds it in', async () => {
    const bench = new Bench();
    await bench.use(async () => {
      await bench.next('one');
      const left = [`${shadow}.lock`, 'refs/belay/session/two.lock'].map((name) =>
        path.join(bench.repo.commonDir, name),
      );
      for (const file of left) {
        fs.writeFileSync(file, '');
        await bench.next('one');
        await bench.next('two');
        await bench.next('two');
        const last = bench.acknowledged.at(-1)?.answer;
        assert.match(last?.ref ?? '', /^refs\/belay\/overflow\/main\//);
        assert.match(last?.warnings.join(' ') ?? '', /lock file.*belay doctor/);
        await bench.mend();
        await bench.next('two');
        assert.equal(bench.acknowledged.at(-1)?.answer.ref, shadow);
        bench.check();
      }
    });
  });

  /** Stops a checkpoint and its git children, lets others work, and continues it. */
  async function stopped(moments: number, meanwhile: (bench: Bench) => Promise<void>): Promise<void> {
    const bench = new Bench();
    const random = seeded(moments);
    const seen = { stopped: 0, acknowledged: 0, failed: 0, inTransaction: 0 };
    await bench.use(async () => {
      // The queue is waited for as long as the settings say; here not for long.
      bench.repo.git('config', 'belay.lockWait', '300');
      await bench.next('other');
      for (let moment = 0; moment < moments; moment += 1) {
        const attempt = bench.begin('stopped');
        const life = { over: false };
        void attempt.running.ended.then(() => {
          life.over = true;
        });
        const lock = path.join(bench.repo.commonDir, 'belay', 'locks', 'shadow-main');
        await catchMoment(() => (life.over || fs.existsSync(lock) ? true : undefined), 30_000);
        if (moment % 2 === 0) {
          await sleep(random.fraction() * 60);
        } else {
          // The most delicate moment: git holds the references' locks and has not moved them all.
          await referenceWriter(attempt, random);
        }
        const children = childrenOf(attempt.running.pid).map(({ pid }) => pid);
        const all = [attempt.running.pid, ...children].filter((pid) => signalTo(pid, 'SIGSTOP'));
        seen.stopped += !life.over && fs.existsSync(lock) ? 1 : 0;
        seen.inTransaction += bench.deadLocks().length > 0 ? 1 : 0;
        if (fs.existsSync(lock)) {
          // Older than any limit for a lock of which nothing is known but its age.
          const past = new Date(Date.now() - 60 * 60_000);
          fs.utimesSync(lock, past, past);
        }
        assert.equal(withoutLocks(bench.repo.fingerprint()), withoutLocks(attempt.print));
        await meanwhile(bench);
        for (const pid of all) {
          signalTo(pid, 'SIGCONT');
        }
        const ended = await attempt.running.ended;
        const { file, content } = attempt;
        if (ended.code === 0) {
          bench.acknowledged.push({ answer: readAnswer(ended), file, content, ms: ended.ms });
          seen.acknowledged += 1;
        } else {
          seen.failed += 1;
          assert.match(ended.stderr, /^belay: /, 'a failure is told in words');
        }
        bench.check();
      }
      bench.repo.git('config', 'belay.lockWait', '10000');
      await bench.mend();
    });
    console.log(
      `      ${seen.stopped} of ${moments} stopped while holding the lock (${seen.inTransaction} inside git's transaction), then continued: ` +
        `${seen.acknowledged} acknowledged, ${seen.failed} failed; ${bench.acknowledged.length} of ${bench.acknowledged.length} reachable`,
    );
  }

  it('a lock holder that is stopped beyond every limit and then continued: nothing lost, nothing overwritten', async () => {
    await stopped(sized({ short: 4, long: 120 }), async (bench) => {
      await bench.next('other');
      await bench.next('third');
    });
  });

  it('the same while the doctor removes what it takes for left behind', async () => {
    await stopped(sized({ short: 3, long: 100 }), async (bench) => {
      await bench.next('other');
      const past = new Date(Date.now() - 60_000);
      for (const file of bench.deadLocks()) {
        fs.utimesSync(file, past, past);
      }
      const ended = await startCli(programs, ['doctor', '--fix'], { cwd: bench.repo.folder, limit: 60_000 })
        .ended;
      assert.equal(ended.code, 0, ended.stderr);
      await bench.next('third');
    });
  });
});

/** A git that is stopped inside its transaction may hold the lock of the packed references: that is nothing of the user's. */
function withoutLocks(print: string): string {
  return print
    .split('\n')
    .filter((line) => !line.startsWith('git .git packed-refs.lock '))
    .join('\n');
}

function gitProcessesIn(folder: string): number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const inside = fs.readlinkSync(`/proc/${name}/cwd`).startsWith(folder);
        const command = fs.readFileSync(`/proc/${name}/cmdline`, 'utf8');
        return inside && command.startsWith('git\0') ? [Number(name)] : [];
      } catch (thrown) {
        if (thrown instanceof Error && 'code' in thrown) {
          // Gone meanwhile.
          return [];
        }
        throw thrown;
      }
    });
}
