import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { asidesIn, printOf } from '../../support/accounted';
import { belay } from '../../support/cli';
import { disturb, groundOf } from '../../support/disturbance';
import type { Step } from '../../support/disturbanceOrder';
import type { TestRepo } from '../../support/repo';
import { printSeed, seeded, sized } from '../../support/size';
import { all, stepsOf } from './attempt';
import { lookalikes, pathsOf, restoring, stateAt, syncing, undoing, type Scene } from './scene';

describe('kill -9 while files are put in place, then the doctor', function () {
  this.timeout(sized({ short: 300_000, long: 0 }));
  printSeed();

  for (const [row, make] of sized({
    short: [restoring],
    long: [restoring, syncing, undoing],
  }).entries()) {
    const kills = sized<number | 'all'>({ short: 1, long: 'all' });

    it(`${make.name}: before and after changes of the disk (${kills})`, async () => {
      const scene = await make();
      try {
        const random = seeded(60 + row);
        const changes = all((await stepsOf(scene)).filter(({ changes }) => changes));
        const moments = changes.flatMap((step) =>
          (['kill', 'killAfter'] as const).map((does) => ({ step, does })),
        );
        const chosen =
          kills === 'all' ? moments : Array.from({ length: kills }, () => random.pick(all(moments)));
        const wrong: string[] = [];
        for (const { step, does } of chosen) {
          await kill(scene, step, does).catch((thrown: unknown) => {
            wrong.push(`${does} at ${step.step} ${step.call} ${step.name}: ${String(thrown)}`);
          });
        }
        assert.ok(wrong.length === 0, wrong.join('\n\n'));
      } finally {
        scene.template.dispose();
      }
    });
  }
});

async function kill(scene: Scene, { step }: Step, does: 'kill' | 'killAfter'): Promise<void> {
  const repo = scene.copy();
  const { present, wanted } = scene;
  try {
    const outside = printOf(groundOf(repo).outside);
    const own = printOfOwn(repo);
    const { ended, hits } = await disturb(repo, scene.args, [{ at: step, does }]);
    assert.equal(hits.length, 1, 'it was over before');
    assert.equal(ended.signal, 'SIGKILL');
    const mended = belay(repo, ['doctor', '--mend']);
    assert.equal(mended.code, 0, mended.out + mended.err);
    assert.deepEqual(asidesIn(repo), Object.keys(lookalikes).sort(), mended.out);
    assert.equal(printOfOwn(repo), own, "the user's own files whose names look like Belay's");
    for (const name of pathsOf(scene)) {
      const now = stateAt(repo, name);
      assert.ok(
        now === present[name] || now === wanted[name],
        `${name} is neither old nor new: ${now ?? '-'}`,
      );
    }
    // One half is brought to its end, the other is taken back.
    const [args, state] =
      does === 'kill' || scene.back === undefined ? [scene.again, wanted] : [scene.back, present];
    const { code, out, err } = belay(repo, args);
    const said = `${args.join(' ')}: ${out}${err}`;
    assert.ok(code === 0 || /is as it is there already|wrote nothing/.test(said), said);
    for (const name of pathsOf(scene)) {
      assert.equal(stateAt(repo, name), state[name], `${name} after ${said}`);
    }
    assert.equal(printOfOwn(repo), own, "the user's own files whose names look like Belay's, after that");
    assert.equal(printOf(groundOf(repo).outside), outside, 'what is outside of the worktree');
    const healthy = belay(repo, ['doctor']);
    assert.doesNotMatch(healthy.out, /PROBLEM/);
  } finally {
    repo.dispose();
  }
}

/** Content, inode and time of change of the user's files that look like Belay's. */
function printOfOwn(repo: TestRepo): string {
  return Object.keys(lookalikes)
    .map((name) => {
      const file = path.join(repo.folder, name);
      const stat = fs.statSync(file, { bigint: true, throwIfNoEntry: false });
      return stat === undefined
        ? `${name} is gone`
        : `${name} ${stat.ino} ${stat.mtimeNs} ${stat.mode} ${fs.readFileSync(file, 'latin1')}`;
    })
    .join('\n');
}
