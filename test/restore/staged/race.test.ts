import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { BelayError } from '../../../src/errors';
import { listCheckpoints } from '../../../src/checkpoint/history';
import { inRepo, type TestRepo } from '../../support/repo';
import { sized } from '../../support/size';
import { bring, person, take, takeBack } from './support';

const run = promisify(execFile);

/** How often the staged state is restored, and taken back, beside somebody who stages all the time. */
const rounds = sized({ short: 1, long: 40 });

describe('a restore of staged state beside an agent that stages', () => {
  it(
    'loses nothing of what git said was staged: it is in the index, or in a checkpoint',
    inRepo(async (repo) => {
      repo.write('a.txt', 'staged\n');
      repo.git('add', 'a.txt');
      const target = await take(repo);
      repo.git('reset', '--quiet', '--hard');
      await take(repo);
      const agent = new Stager(repo);
      const staging = agent.go();
      let went = 0;
      for (let round = 0; round < rounds; round += 1) {
        for (const work of [
          () => bring(repo, target, { include: 'all' }),
          () => takeBack(repo, { include: 'all' }),
        ]) {
          went += (await orRefused(work())) ? 1 : 0;
        }
      }
      agent.stop();
      await staging;
      assert.ok(agent.acknowledged.length > 0);
      const worktree = await repo.worktree();
      const held = new Set(repo.git('ls-files', '-s').match(/[0-9a-f]{40,64}/g));
      const states = (await listCheckpoints(worktree, { limit: Infinity })).flatMap(
        ({ staged }) => staged ?? [],
      );
      for (const state of new Set(states)) {
        for (const oid of repo.git('ls-tree', '-r', state).match(/[0-9a-f]{40,64}/g) ?? []) {
          held.add(oid);
        }
      }
      const lost = agent.acknowledged.filter((oid) => !held.has(oid));
      assert.deepEqual(
        lost,
        [],
        `of ${agent.acknowledged.length} that were staged, ${went} restores went through`,
      );
    }),
  );
});

/** Whether it went through; it may say that somebody is staging all the time, or holds the lock. */
async function orRefused(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (thrown) {
    const known = ['index_changed', 'index_locked', 'nothing_to_restore', 'nothing_to_undo'];
    if (thrown instanceof BelayError && known.includes(thrown.reason)) {
      return false;
    }
    throw thrown;
  }
}

/** Stages one new file after the other, as an agent's git does. */
class Stager {
  /** The objects of what git said was staged. */
  readonly acknowledged: string[] = [];
  private stopped = false;

  constructor(private readonly repo: TestRepo) {}

  async go(): Promise<void> {
    for (let count = 0; !this.stopped; count += 1) {
      const content = `${person.session} ${count}\n`;
      const name = `by-agent-${count}.txt`;
      this.repo.write(name, content);
      const done = await run('git', ['add', name], { cwd: this.repo.folder }).then(
        () => true,
        () => false,
      );
      if (done) {
        const { stdout } = await run('git', ['hash-object', name], { cwd: this.repo.folder });
        this.acknowledged.push(stdout.trim());
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  stop(): void {
    this.stopped = true;
  }
}
