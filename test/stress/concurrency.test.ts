import assert from 'node:assert/strict';
import path from 'node:path';
import {
  crowd,
  crowdOfWorkers,
  foreignCommits,
  foreignVandal,
  lockThief,
  user,
  type Mode,
  type Place,
} from '../support/crowd';
import { beside } from '../support/processes';
import { TestRepo, type TestRepoOptions } from '../support/repo';
import { printSeed, seeded, sized } from '../support/size';
import { assertAllLanded, assertLine, figures, survey, type Acknowledged } from '../support/survey';
import { buildPrograms, type Programs } from '../support/workers';

/** Rounds of the first case, in turn with known paths alone and with scans of everything alone. */
const rounds = sized({ short: 2, long: 30 });
/** Rounds of each other case, in which half of the sessions have known paths. */
const someRounds = sized({ short: 1, long: 10 });
/** So many processes are at once in each other case; eight in the first. */
const processes = sized({ short: 5, long: 8 });
/** Checkpoints of each of the 32 in the one case of many. */
const eachOfMany = sized({ short: 3, long: 10 });
const shadow = 'refs/belay/shadow/main/current';

describe('many processes at once', function () {
  this.timeout(sized({ short: 15 * 60_000, long: 0 }));
  let programs: Programs;

  printSeed();
  before(() => {
    programs = buildPrograms();
  });

  /** Runs so many rounds, each in a repository of its own, and prints what came of them. */
  async function inRounds(
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

  /** The same for all sessions of a round. */
  function alike(round: number): (session: number) => Mode {
    return () => (round % 2 === 0 ? 'paths' : 'whole');
  }

  function inTurn(session: number): Mode {
    return session % 2 === 0 ? 'paths' : 'whole';
  }

  function at(repo: TestRepo): Place {
    return { folder: repo.folder, root: repo.folder };
  }

  async function severalByFour(
    repo: TestRepo,
    place = at(repo),
    mode = inTurn,
    count = processes,
  ): Promise<Acknowledged[]> {
    const taken = await overwritten(repo, place, mode, count);
    assertLine(repo, shadow, taken);
    return taken;
  }

  /** As {@link severalByFour}, where somebody else takes commits off the shadow branch. */
  async function overwritten(
    repo: TestRepo,
    place = at(repo),
    mode = inTurn,
    count = processes,
  ): Promise<Acknowledged[]> {
    const taken = await crowd(programs, { processes: count, each: 4, mode, place: () => place });
    assertAllLanded(repo, taken, count, 4);
    return taken;
  }

  it(`8 processes x 4 checkpoints, ${rounds} rounds: 32 of 32 in each`, async () => {
    await inRounds(rounds, {}, (repo, round) => severalByFour(repo, at(repo), alike(round), 8));
  });

  it(`32 processes x ${eachOfMany} checkpoints`, async () => {
    await inRounds(someRounds, {}, async (repo) => {
      const place = at(repo);
      const taken = await crowdOfWorkers(programs, {
        processes: 32,
        each: eachOfMany,
        mode: inTurn,
        place: () => place,
      });
      assertAllLanded(repo, taken, 32, eachOfMany);
      assertLine(repo, shadow, taken);
      return taken;
    });
  });

  it('in 4 linked worktrees at once', async () => {
    await inRounds(someRounds, {}, async (repo) => {
      const linked = ['a', 'b', 'c', 'd'].map((name) => at(repo.link(name)));
      const place = (session: number): Place => linked[session % linked.length] ?? at(repo);
      const taken = await crowd(programs, { processes: 8, each: 4, mode: inTurn, place });
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
    await inRounds(someRounds, { objectFormat: 'sha256' }, (repo) => severalByFour(repo));
  });

  it('with a foreign program that commits on top of the shadow branch', async () => {
    let foreign = 0;
    await inRounds(someRounds, {}, async (repo, round) => {
      const { result, disturbed } = await beside(foreignCommits(repo, shadow, seeded(round)), () =>
        severalByFour(repo),
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
    await inRounds(someRounds, {}, async (repo, round) => {
      const { result, disturbed } = await beside(foreignVandal(repo, shadow, seeded(round)), () =>
        overwritten(repo),
      );
      foreign += disturbed;
      return result;
    });
    assert.ok(foreign > 0);
    console.log(`      ${foreign} times moved without a look`);
  });

  it("with Belay's lock files deleted at random, and now and then its whole folder", async () => {
    let stolen = 0;
    await inRounds(someRounds, {}, async (repo, round) => {
      const { result, disturbed } = await beside(lockThief(repo, seeded(round)), () => severalByFour(repo));
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
      await inRounds(someRounds, {}, (repo) =>
        severalByFour(repo, { folder: path.join(repo.folder, 'folder'), root: repo.folder, env }),
      );
      assert.equal(other.fingerprint(), before, 'the repository that the environment names');
      assert.equal(other.refs('belay').size, 0);
    } finally {
      other.dispose();
    }
  });

  it('under a locale in which git does not speak English', async () => {
    const env = { LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', LANGUAGE: 'de' };
    await inRounds(someRounds, {}, async (repo, round) => {
      const { result } = await beside(foreignCommits(repo, shadow, seeded(round)), () =>
        severalByFour(repo, { ...at(repo), env }),
      );
      return result;
    });
  });

  it('while a person commits, switches branches, packs and collects garbage', async () => {
    let acts = 0;
    await inRounds(someRounds, {}, async (repo, round) => {
      const { result, disturbed } = await beside(user(repo, seeded(round)), () => severalByFour(repo));
      assert.deepEqual(disturbed.failed, [], "commands of the person's that failed");
      acts += disturbed.done;
      return result;
    });
    console.log(`      ${acts} commands of a person beside them`);
  });
});
