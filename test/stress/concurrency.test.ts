import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {
  crowd,
  crowdOfWorkers,
  foreignCommits,
  foreignVandal,
  lockThief,
  user,
  type Place,
} from '../support/crowd';
import { beside } from '../support/processes';
import { TestRepo, type TestRepoOptions } from '../support/repo';
import { assertAllLanded, assertLine, figures, survey, type Acknowledged } from '../support/survey';
import { buildPrograms, type Programs } from '../support/workers';

/** How often each of the cases beside the first is run; the first always has its thirty rounds. */
const someRounds = Number(process.env['BELAY_STRESS_ROUNDS'] ?? '2');
const shadow = 'refs/belay/shadow/main/current';

describe('many processes at once', () => {
  let programs: Programs;

  before(() => {
    programs = buildPrograms();
  });

  after(() => {
    fs.rmSync(programs.folder, { recursive: true, force: true });
  });

  /** Runs rounds, each in a repository of its own, and prints what came of them. */
  async function rounds(
    count: number,
    options: TestRepoOptions,
    round: (repo: TestRepo, number: number) => Promise<Acknowledged[]>,
  ): Promise<void> {
    const all: Acknowledged[] = [];
    for (let number = 0; number < count; number += 1) {
      const repo = TestRepo.create(options);
      try {
        all.push(...(await round(repo, number)));
      } finally {
        repo.dispose();
      }
    }
    console.log(`      ${count} rounds: ${figures(all)}`);
  }

  /** Half of the rounds with known paths, half with scans of everything. */
  function modeOf(round: number): 'paths' | 'whole' {
    return round % 2 === 0 ? 'paths' : 'whole';
  }

  function at(repo: TestRepo): Place {
    return { folder: repo.folder, root: repo.folder };
  }

  async function eightByFour(
    repo: TestRepo,
    round: number,
    place: Place = at(repo),
  ): Promise<Acknowledged[]> {
    const taken = await overwritten(repo, round, place);
    assertLine(repo, shadow, taken);
    return taken;
  }

  /** As {@link eightByFour}, where somebody else takes commits off the shadow branch. */
  async function overwritten(
    repo: TestRepo,
    round: number,
    place: Place = at(repo),
  ): Promise<Acknowledged[]> {
    const mode = modeOf(round);
    const taken = await crowd(programs, { processes: 8, each: 4, mode, place: () => place });
    assertAllLanded(repo, taken, 8, 4);
    return taken;
  }

  it('8 processes x 4 checkpoints, 30 rounds: 32 of 32 in each', async () => {
    await rounds(Math.max(30, someRounds), {}, (repo, round) => eightByFour(repo, round));
  });

  it('32 processes x 10 checkpoints', async () => {
    await rounds(someRounds, {}, async (repo, round) => {
      const place = at(repo);
      const taken = await crowdOfWorkers(programs, {
        processes: 32,
        each: 10,
        mode: modeOf(round),
        place: () => place,
      });
      assertAllLanded(repo, taken, 32, 10);
      assertLine(repo, shadow, taken);
      return taken;
    });
  });

  it('in 4 linked worktrees at once', async () => {
    await rounds(someRounds, {}, async (repo, round) => {
      const linked = ['a', 'b', 'c', 'd'].map((name) => at(repo.link(name)));
      const place = (session: number): Place => linked[session % linked.length] ?? at(repo);
      const taken = await crowd(programs, { processes: 8, each: 4, mode: modeOf(round), place });
      assertAllLanded(repo, taken, 8, 4);
      const refs = [...repo.refs('belay').keys()].filter((name) => name.startsWith('refs/belay/shadow/'));
      assert.equal(refs.length, 4, 'a shadow branch for each worktree');
      for (const ref of refs) {
        const here = taken.filter(({ answer }) => answer.ref === ref);
        assertLine(repo, ref, here);
      }
      return taken;
    });
  });

  it('in a SHA-256 repository', async () => {
    await rounds(someRounds, { objectFormat: 'sha256' }, (repo, round) => eightByFour(repo, round));
  });

  it('with a foreign program that commits on top of the shadow branch', async () => {
    let foreign = 0;
    await rounds(someRounds, {}, async (repo, round) => {
      const { result, disturbed } = await beside(foreignCommits(repo, shadow), () =>
        eightByFour(repo, round),
      );
      assert.ok(disturbed.length > 0, 'the foreign program got in between');
      const { commits } = survey(repo);
      assert.deepEqual(
        disturbed.filter((oid) => !commits.has(oid)),
        [],
        'foreign commits that were lost',
      );
      foreign += disturbed.length;
      return result;
    });
    console.log(`      ${foreign} foreign commits in between, all reachable`);
  });

  it('with a foreign program that overwrites, rewinds and deletes the shadow branch', async () => {
    let foreign = 0;
    await rounds(someRounds, {}, async (repo, round) => {
      const { result, disturbed } = await beside(foreignVandal(repo, shadow), () => overwritten(repo, round));
      foreign += disturbed;
      return result;
    });
    assert.ok(foreign > 0);
    console.log(`      ${foreign} times moved without a look`);
  });

  it("with Belay's lock files deleted at random, and now and then its whole folder", async () => {
    let stolen = 0;
    await rounds(someRounds, {}, async (repo, round) => {
      const { result, disturbed } = await beside(lockThief(repo), () => eightByFour(repo, round));
      stolen += disturbed;
      return result;
    });
    console.log(`      ${stolen} times deleted`);
  });

  it('from a subfolder, with a foreign GIT_DIR, GIT_WORK_TREE and GIT_INDEX_FILE in the environment', async () => {
    const other = TestRepo.create();
    const before = other.fingerprint();
    const env = {
      GIT_DIR: path.join(other.folder, '.git'),
      GIT_WORK_TREE: other.folder,
      GIT_INDEX_FILE: path.join(other.folder, '.git', 'index'),
      GIT_OBJECT_DIRECTORY: path.join(other.folder, '.git', 'objects'),
      GIT_PREFIX: 'folder/',
    };
    try {
      await rounds(someRounds, {}, (repo, round) =>
        eightByFour(repo, round, { folder: path.join(repo.folder, 'folder'), root: repo.folder, env }),
      );
      assert.equal(other.fingerprint(), before, 'the repository that the environment names');
      assert.equal(other.refs('belay').size, 0);
    } finally {
      other.dispose();
    }
  });

  it('under a locale in which git does not speak English', async () => {
    const env = { LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', LANGUAGE: 'de' };
    await rounds(someRounds, {}, async (repo, round) => {
      const { result } = await beside(foreignCommits(repo, shadow), () =>
        eightByFour(repo, round, { ...at(repo), env }),
      );
      return result;
    });
  });

  it('while a person commits, switches branches, packs and collects garbage', async () => {
    let acts = 0;
    await rounds(someRounds, {}, async (repo, round) => {
      const { result, disturbed } = await beside(user(repo), () => eightByFour(repo, round));
      assert.deepEqual(disturbed.failed, [], "commands of the person's that failed");
      acts += disturbed.done;
      return result;
    });
    console.log(`      ${acts} commands of a person beside them`);
  });
});
