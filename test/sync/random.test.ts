import assert from 'node:assert/strict';
import fs from 'node:fs';
import type { DecisionOption } from '../../src/decisions/decision';
import { readDecision } from '../../src/decisions/read';
import { answerDecision } from '../../src/sync/answer';
import { noticeFallen } from '../../src/sync/external';
import type { Fetcher } from '../../src/sync/request';
import { syncWorktree } from '../../src/sync/sync';
import type { Random } from '../support/random';
import { inRepo, type TestRepo } from '../support/repo';
import { printSeed, seeded, sized } from '../support/size';
import { Commits, lines, Watch } from './support';
import { asking, resetting } from './upstream';

const steps = sized({ short: 60, long: 5_000 });

const nothingToFetch: Fetcher = {
  fetch: () => Promise.resolve({ kind: 'done' }),
  listRemote: (_worktree, _remote, { patterns }) =>
    Promise.resolve({ kind: 'done', value: new Map(patterns.map((name) => [name, ''])) }),
};
const names = ['a.txt', 'folder/b.txt', 'c.txt', 'd/e/f.txt', 'd/g.txt', 'h', 'i.log', 'j.txt'] as const;
const branches = ['work', 'side'] as const;

/** One history that goes at random, and all that was ever seen in it. */
class History {
  /** Every commit that the worktree was ever on, but those that an outsider replaced before any checkpoint saw them. */
  readonly seen = new Set<string>();
  /** Every file content that a checkpoint ever held. */
  readonly captured = new Set<string>();
  readonly tally = new Map<string, number>();
  private readonly commits: Commits;
  private count = 0;
  /** How often sessions were ended: new ones come after them. */
  private ended = 0;

  constructor(
    private readonly repo: TestRepo,
    private readonly random: Random,
  ) {
    this.commits = new Commits(repo);
  }

  start(): void {
    const { repo } = this;
    repo.git('config', 'remote.origin.url', '/nowhere');
    repo.git('config', 'remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*');
    repo.write('.gitignore', '*.log\n');
    repo.git('add', '.');
    repo.git('commit', '--quiet', '-m', 'Start');
    for (const branch of branches) {
      repo.git('update-ref', `refs/remotes/origin/${branch}`, 'HEAD');
      repo.git('branch', '--quiet', branch);
      repo.git('config', `branch.${branch}.remote`, 'origin');
      repo.git('config', `branch.${branch}.merge`, `refs/heads/${branch}`);
    }
    repo.git('checkout', '--quiet', 'work');
  }

  /** One step, whatever it may be. */
  async step(): Promise<void> {
    const choices: readonly [number, string, () => Promise<void> | void][] = [
      [
        22,
        'edit',
        () => {
          this.edit();
        },
      ],
      [
        8,
        'stage',
        () => {
          this.stage();
        },
      ],
      [
        12,
        'commit',
        () => {
          this.commit();
        },
      ],
      [
        4,
        'amend',
        () => {
          this.amend();
        },
      ],
      [8, 'checkpoint', () => this.checkpoint()],
      [
        2,
        'outside reset',
        () => {
          this.outsideReset();
        },
      ],
      [
        4,
        'switch',
        () => {
          this.switch();
        },
      ],
      [
        9,
        'upstream push',
        () => {
          this.upstream(false);
        },
      ],
      [
        3,
        'upstream force-push',
        () => {
          this.upstream(true);
        },
      ],
      [18, 'sync', () => this.sync()],
      [20, 'answer', () => this.answer()],
    ];
    let at = this.random.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, name, run] of choices) {
      at -= weight;
      if (at < 0) {
        this.told(name);
        await run();
        break;
      }
    }
    this.see();
  }

  /** Fails unless all that was ever seen can be reached from references. */
  verify(): void {
    const { repo } = this;
    const hanging = repo.gitBytes(
      ['rev-list', '--stdin', '--not', '--all'],
      `${[...this.seen].join('\n')}\n`,
    );
    const lost = lines(hanging.toString());
    const log = lost.length === 0 ? '' : repo.git('reflog', 'show', '--format=%h %gs', 'HEAD');
    assert.deepEqual(lost, [], `commits that were seen and are held by nothing:\n${log}`);
    const objects = new Set(
      lines(repo.git('rev-list', '--objects', '--all')).map((line) => line.slice(0, 40)),
    );
    assert.deepEqual(
      [...this.captured].filter((oid) => !objects.has(oid)),
      [],
      'captured contents that are lost',
    );
    const { code, output } = repo.tryGit('fsck', '--no-dangling', '--no-reflogs');
    assert.equal(code, 0, output);
  }

  /** What others dropped is noticed, and what waits is answered. */
  async settle(): Promise<void> {
    for (let round = 0; round < 5; round += 1) {
      await noticeFallen(await this.repo.worktree());
      await this.answer();
    }
  }

  private told(what: string): void {
    this.tally.set(what, (this.tally.get(what) ?? 0) + 1);
  }

  private see(): void {
    this.seen.add(this.repo.git('rev-parse', 'HEAD'));
  }

  private fresh(): string {
    this.count += 1;
    return `content ${this.count}\n${'line\n'.repeat(this.random.below(4))}`;
  }

  private edit(): void {
    const name = this.random.pick(names);
    const what = this.random.below(8);
    try {
      if (what === 0) {
        this.repo.remove(name);
      } else if (what === 1 && fs.existsSync(this.repo.at(name))) {
        fs.chmodSync(this.repo.at(name), 0o755);
      } else if (what === 2) {
        this.repo.write(`own-${this.random.below(5)}.txt`, this.fresh());
      } else {
        this.repo.write(name, this.fresh());
      }
    } catch (thrown) {
      // A folder in the place of a file, or the other way round.
      assert.ok(thrown instanceof Error && 'syscall' in thrown);
    }
  }

  private stage(): void {
    this.repo.tryGit(
      ...(this.random.below(4) === 0 ? ['reset', '--quiet'] : ['add', '--', this.random.pick(names)]),
    );
  }

  private commit(): void {
    const all = this.random.below(2) === 0;
    if (all) {
      this.repo.git('add', '--all');
    }
    this.repo.tryGit('commit', '--quiet', '--allow-empty', '-m', `Commit ${this.count}`);
  }

  private amend(): void {
    const before = this.repo.git('rev-parse', 'HEAD');
    const held = this.held(before);
    this.repo.tryGit('commit', '--quiet', '--amend', '--allow-empty', '-m', `Amended ${this.count}`);
    if (!held) {
      this.seen.delete(before);
    }
  }

  /** Whether Belay has it: then it must stay, also when an outsider replaces it. */
  private held(oid: string): boolean {
    return this.repo.isHeld(oid);
  }

  private async checkpoint(): Promise<void> {
    const { checkpoint } = await this.repo.checkpoint({ session: `s${this.random.below(3)}-${this.ended}` });
    for (const line of lines(this.repo.git('ls-tree', '-r', checkpoint.tree))) {
      this.captured.add(line.split(/\s/)[2] ?? '');
    }
  }

  private outsideReset(): void {
    const back = 1 + this.random.below(3);
    // Keeping the files and committing them again would be a squash, which replaces commits as an amend does.
    this.repo.tryGit('reset', '--quiet', '--hard', `HEAD~${back}`);
  }

  private switch(): void {
    const to = this.random.pick(branches);
    const { code } = this.repo.tryGit('checkout', '--quiet', to);
    if (code !== 0 && this.random.below(3) === 0) {
      this.repo.git('add', '--all');
      this.repo.tryGit('commit', '--quiet', '-m', 'Before switching');
      this.see();
      this.repo.tryGit('checkout', '--quiet', to);
    }
  }

  private upstream(force: boolean): void {
    const ref = `refs/remotes/origin/${this.random.pick(branches)}`;
    const tip = this.repo.git('rev-parse', ref);
    const { code, output } = this.repo.tryGit('rev-parse', `${tip}~1`);
    const parent = force && code === 0 ? output.trim() : tip;
    const name = this.random.pick(names);
    const gone =
      this.random.below(6) === 0 && this.repo.tryGit('cat-file', '-e', `${parent}:${name}`).code === 0;
    const made = this.commits.make(
      [parent],
      { [name]: gone ? undefined : this.fresh() },
      `Upstream ${this.count}`,
    );
    // Sometimes what is ours is pushed as it is.
    const pushed =
      this.random.below(6) === 0 ? this.repo.git('rev-parse', ref.replace('remotes/origin', 'heads')) : made;
    this.repo.git('update-ref', ref, pushed);
  }

  private async sync(): Promise<void> {
    const watch = new Watch(this.repo, false);
    const request = this.random.below(2) === 0 ? asking : resetting;
    try {
      const outcome = await syncWorktree(await this.repo.worktree(), nothingToFetch, request);
      this.told(`  ${outcome.case}`);
      watch.nothingLost(outcome.checkpoint);
      const { hardReset, decision } = outcome;
      assert.equal(hardReset, outcome.case === 'diverged_recovered_by_reset');
      assert.ok(!hardReset || decision !== undefined);
    } catch (thrown) {
      if (!(thrown instanceof Error && 'reason' in thrown)) {
        throw thrown;
      }
      this.told(`  refused: ${String(thrown.reason)}`);
      assert.ok(['decision_pending', 'uncommitted_in_the_way'].includes(String(thrown.reason)), thrown.stack);
      watch.untouched();
    }
  }

  private async answer(): Promise<void> {
    const worktree = await this.repo.worktree();
    const decision = await readDecision(worktree, 'main');
    if (decision?.status !== 'pending') {
      return;
    }
    const all: readonly [DecisionOption, ...DecisionOption[]] = [
      'continue',
      'abort',
      'reset_to_upstream',
      'keep_my_commits',
    ];
    const [first = 'abort', ...others] = decision.options;
    const option = this.random.below(4) === 0 ? this.random.pick(all) : this.random.pick([first, ...others]);
    const watch = new Watch(this.repo, false);
    try {
      const answered = await answerDecision(
        worktree,
        { option, seen: decision.version, by: 'A person' },
        asking,
      );
      assert.ok(decision.options.includes(option), `${option} of ${decision.case}`);
      this.told(`  ${decision.case}: ${option}`);
      this.ended += option === 'abort' ? 1 : 0;
      watch.nothingLost(answered.checkpoint);
    } catch (thrown) {
      if (!(thrown instanceof Error && 'reason' in thrown)) {
        throw thrown;
      }
      this.told(`  refused: ${String(thrown.reason)}`);
      assert.ok(['answer_refused', 'uncommitted_in_the_way'].includes(String(thrown.reason)), thrown.stack);
      watch.untouched();
    }
  }
}

describe('sync: histories that go at random', function () {
  this.timeout(sized({ short: 300_000, long: 0 }));

  printSeed();

  it(
    'every commit and every captured content that was ever seen can still be had',
    inRepo(async (repo) => {
      const history = new History(repo, seeded(1));
      history.start();
      await repo.checkpoint();
      let done = 0;
      try {
        for (; done < steps; done += 1) {
          await history.step();
          if (done % 250 === 249) {
            await history.settle();
            history.verify();
          }
        }
        await history.settle();
        history.verify();
      } catch (thrown) {
        throw new Error(`Step ${done}: ${String(thrown)}`, { cause: thrown });
      }
      const tally = [...history.tally].sort(([a], [b]) => (a < b ? -1 : 1));
      console.log(
        `        ${done} steps, ${history.seen.size} commits and ${history.captured.size} contents seen: ${tally.map(([what, count]) => `${what.trim()} ${count}`).join(', ')}`,
      );
    }),
  );
});
