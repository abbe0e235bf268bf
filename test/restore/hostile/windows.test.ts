import assert from 'node:assert/strict';
import { attacks } from '../../support/attacks';
import { disturb } from '../../support/disturbance';
import type { Does, Hit } from '../../support/disturbanceOrder';
import type { Random } from '../../support/random';
import { printSeed, seeded, size, sized } from '../../support/size';
import { all, attempt, near, stepsOf, sweep, sweepPaths } from './attempt';
import { pathsOf, restoring, syncing, undoing, type Scene } from './scene';

/** What other programs do, and how the disk refuses. */
const disturbances = [...attacks, 'EACCES', 'ENOSPC', 'EIO'] as const;

/** At how many calls something happens in a run in which it happens all over the place. */
const strikes = 14;

/** What each run meets, whatever else is chosen. */
const always: readonly Hit[] = [
  // A link cannot be made, and what was moved aside for it cannot leave its name beside when it goes back.
  { name: 'link', call: 'symlink', at: 1, does: 'ENOSPC' },
  { name: 'link', call: 'unlink', at: 1, does: 'EIO' },
  // A file is saved just before it is moved aside, and made anew as soon as it is away: it cannot come back.
  { name: 'over.txt', call: 'rename', at: 1, does: 'replace' },
  ...Array.from({ length: 20 }, (_, at) => ({
    name: 'over.txt',
    call: 'lstat',
    at: at + 1,
    does: 'create' as const,
  })),
  // The folder above becomes a link to one outside, in the last moment.
  { name: 'dir/over.txt', call: 'rename', at: 1, does: 'parentToLink' },
  { name: 'madedir/deep/made.txt', call: 'link', at: 1, does: 'parentToLink' },
];

describe('files that others change, or the disk refuses, while they are put in place', function () {
  this.timeout(sized({ short: 300_000, long: 0 }));
  printSeed();

  it('an empty folder that cannot be removed stays, and what has been done is said', async () => {
    const scene = await syncing();
    const repo = scene.copy();
    try {
      const hits: Hit[] = ['gonedir/deep', 'gonedir'].map((name) => ({
        name,
        call: 'rmdir',
        at: 1,
        does: 'EIO',
      }));
      const disturbed = await disturb(repo, scene.args, hits);
      assert.notEqual(disturbed.hits.length, 0, 'it was refused');
      assert.deepEqual([disturbed.ended.code, disturbed.said.includes('fast forwarded')], [0, true]);
      assert.equal(repo.git('rev-parse', 'HEAD'), repo.git('rev-parse', 'upstream'));
      assert.deepEqual(repo.git('status', '--porcelain', '--untracked-files=no'), '');
    } finally {
      repo.dispose();
      scene.template.dispose();
    }
  });

  for (const [row, make] of sized({
    short: [restoring, syncing],
    long: [restoring, syncing, undoing],
  }).entries()) {
    const storms = sized({ short: 1, long: 200 });

    it(`${make.name}: all over the place, ${storms} times`, async () => {
      const scene = await make();
      try {
        const random = seeded(40 + row);
        const choose = size === 'short' ? byName : await byCall(scene);
        for (let storm = 0; storm < storms; storm += 1) {
          const hits = Array.from({ length: strikes }, () => choose(random, scene));
          assert.ok(await attempt(scene, [...hits, ...always]), 'nothing happened to it');
        }
      } finally {
        scene.template.dispose();
      }
    });

    for (const does of sized<readonly Does[]>({ short: [], long: disturbances })) {
      it(`${make.name}: ${does} at each call by itself`, async () => {
        const scene = await make();
        try {
          await (scene.whole ? sweep(scene, (at) => [{ at, does }]) : sweepPaths(scene, does));
        } finally {
          scene.template.dispose();
        }
      });
    }
  }
});

/** Without a look at what calls there are: of the first ones for a path, most only look; some of the later ones may never come. */
function byName(random: Random, scene: Scene): Hit {
  const names = pathsOf(scene).filter((name) => !/^(?:link|over\.txt|dir|madedir)(?:\/|$)/.test(name));
  return { name: random.pick(all(names)), at: 10 + random.below(15), does: random.pick(attacks) };
}

/** Most of them near the calls that change something. */
async function byCall(scene: Scene): Promise<(random: Random) => Hit> {
  const steps = await stepsOf(scene);
  return (random) => ({
    at: (random.below(4) === 0 ? random.pick(all(steps)) : random.pick(near(steps))).step,
    does: random.pick(disturbances),
  });
}
