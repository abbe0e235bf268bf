import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { asidesIn, printOf } from '../../support/accounted';
import { belay } from '../../support/cli';
import { disturb, groundOf } from '../../support/disturbance';
import type { Hit } from '../../support/disturbanceOrder';
import type { TestRepo } from '../../support/repo';
import { size, sized } from '../../support/size';
import { stepsOf } from './attempt';
import { lookalikes, pathsOf, restoring, stateAt, syncing, undoing, type Scene } from './scene';

/** What was there is aside, and nothing has its name yet. */
const inBetween: Hit = { name: 'dir/over.txt', call: 'rename', at: 1, does: 'killAfter' };

/** What was there is aside, and the new has its name. */
const inPlace: Hit = { name: 'dir/over.txt', call: 'link', at: 1, does: 'killAfter' };

describe('kill -9 while files are put in place, then the doctor', function () {
  this.timeout(sized({ short: 300_000, long: 0 }));

  for (const make of sized({ short: [restoring], long: [restoring, syncing, undoing] })) {
    it(`${make.name}: before and after ${size === 'short' ? 'a change' : 'each change'} of the disk`, async () => {
      const scene = await make();
      try {
        const wrong: string[] = [];
        for (const hit of size === 'short' ? [inBetween] : await everyMoment(scene)) {
          await kill(scene, hit).catch((thrown: unknown) => {
            wrong.push(`${JSON.stringify(hit)}: ${String(thrown)}`);
          });
        }
        assert.ok(wrong.length === 0, wrong.join('\n\n'));
      } finally {
        scene.template.dispose();
      }
    });
  }
});

describe('kill -9 while files are put in place, then the same again', function () {
  this.timeout(sized({ short: 300_000, long: 0 }));

  for (const [make, moments] of sized<[() => Promise<Scene>, Hit[]][]>({
    short: [
      [restoring, [inBetween, inPlace]],
      [syncing, [inBetween, inPlace]],
    ],
    long: [
      [restoring, []],
      [syncing, []],
      [undoing, []],
    ],
  })) {
    it(`${make.name}: ends what was interrupted and says so, without the doctor`, async () => {
      const scene = await make();
      try {
        const wrong: string[] = [];
        for (const hit of moments.length > 0 ? moments : await everyMoment(scene)) {
          await killAndGoOn(scene, hit).catch((thrown: unknown) => {
            wrong.push(`${JSON.stringify(hit)}: ${String(thrown)}`);
          });
        }
        assert.ok(wrong.length === 0, wrong.join('\n\n'));
      } finally {
        scene.template.dispose();
      }
    });
  }
});

/** Before and after every change. */
async function everyMoment(scene: Scene): Promise<Hit[]> {
  return (await stepsOf(scene))
    .filter(({ changes }) => changes)
    .flatMap(({ step }) => (['kill', 'killAfter'] as const).map((does) => ({ at: step, does })));
}

async function kill(scene: Scene, hit: Hit): Promise<void> {
  const repo = scene.copy();
  const { present, wanted } = scene;
  try {
    const outside = printOf(groundOf(repo).outside);
    const own = printOfOwn(repo);
    const { ended, hits } = await disturb(repo, scene.args, [hit]);
    assert.equal(hits.length, 1, 'it was over before');
    assert.equal(ended.signal, 'SIGKILL');
    const mended = belay(repo, ['doctor', '--fix']);
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
      hit.does === 'kill' || scene.back === undefined ? [scene.again, wanted] : [scene.back, present];
    const { code, out, err } = belay(repo, args);
    const said = `${args.join(' ')}: ${out}${err}`;
    assert.ok(code === 0 || /already match the checkpoint|wrote nothing/.test(said), said);
    for (const name of pathsOf(scene)) {
      assert.equal(stateAt(repo, name), state[name], `${name} after ${said}`);
    }
    assert.equal(printOfOwn(repo), own, "the user's own files whose names look like Belay's, after that");
    assert.equal(printOf(groundOf(repo).outside), outside, 'what is outside of the worktree');
    if (size === 'long') {
      const healthy = belay(repo, ['doctor']);
      assert.doesNotMatch(healthy.out, /PROBLEM/);
    }
  } finally {
    repo.dispose();
  }
}

async function killAndGoOn(scene: Scene, hit: Hit): Promise<void> {
  const repo = scene.copy();
  try {
    const own = printOfOwn(repo);
    const { ended } = await disturb(repo, scene.args, [hit]);
    assert.equal(ended.signal, 'SIGKILL');
    const left = asidesIn(repo).length > Object.keys(lookalikes).length;
    const { code, out, err } = belay(repo, scene.again);
    const said = `${scene.again.join(' ')}: ${out}${err}`;
    assert.ok(code === 0 || /already match the checkpoint|wrote nothing/.test(said), said);
    assert.deepEqual(asidesIn(repo), Object.keys(lookalikes).sort(), said);
    assert.equal(/was killed in this worktree/.test(err), left, said);
    assert.equal(printOfOwn(repo), own, "the user's own files whose names look like Belay's");
    for (const name of pathsOf(scene)) {
      assert.equal(stateAt(repo, name), scene.wanted[name], `${name} after ${said}`);
    }
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
