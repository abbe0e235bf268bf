import assert from 'node:assert/strict';
import path from 'node:path';
import { asidesIn, assertAccounted, isAccounted, printOf, toldIn } from '../../support/accounted';
import { groundOf, type Disturbed } from '../../support/disturbance';
import type { TestRepo } from '../../support/repo';
import { lookalikes, pathsOf, stateAt, type Scene } from './scene';

/** Fails unless what came of a disturbed command is right, whatever happened to it. */
export function judge(scene: Scene, repo: TestRepo, disturbed: Disturbed, outsideBefore: string): void {
  const { ended, said, hits } = disturbed;
  const { present, wanted } = scene;
  const told = toldIn(said);
  assert.equal(printOf(groundOf(repo).outside), outsideBefore, 'what is outside of the worktree');
  assertAccounted(repo, disturbed);
  if (!scene.whole || ended.code !== 0) {
    assertOldNamed(scene, repo, disturbed);
  }
  const kept = told.keptAs.map(({ name, as }) => path.join(path.dirname(name), path.basename(as)));
  for (const [name, content] of Object.entries(lookalikes)) {
    if (!isTouched(name, hits)) {
      assert.equal(stateAt(repo, name), content, `${name} of the user's`);
    }
  }
  const strange = asidesIn(repo).filter((name) => !(name in lookalikes) && !kept.includes(name));
  assert.deepEqual(strange, [], 'files that were moved aside and not named');
  for (const name of pathsOf(scene)) {
    const now = stateAt(repo, name);
    if (isTouched(name, hits)) {
      continue;
    }
    if (ended.code === 0 || told.done.has(name)) {
      assert.equal(now, wanted[name], `${name}, which is said to be done`);
    } else if (scene.whole && !/incomplete|could not be put back/.test(said)) {
      assert.equal(now, present[name], `${name}, of which nothing is to be done`);
    } else {
      assert.ok(
        now === present[name] || now === wanted[name],
        `${name} is neither old nor new: ${now ?? '-'}`,
      );
    }
  }
  if (told.left.size > 0) {
    assert.notEqual(ended.code, 0, `it ended well and left ${[...told.left].join(', ')}`);
  }
  if (ended.code === 0 && !scene.whole) {
    const silent = pathsOf(scene).filter(
      (name) =>
        wanted[name] !== present[name] && !told.done.has(name) && stateAt(repo, name) !== wanted[name],
    );
    assert.deepEqual(silent, [], 'paths that nothing is said of');
  }
}

/** Where a path was left, what was there before has come back to its name, or the report says where it is. */
function assertOldNamed({ present, wanted }: Scene, repo: TestRepo, { said, overwritten }: Disturbed): void {
  const told = toldIn(said);
  const unnamed = Object.entries(present).filter(([name, state]) => {
    const link = state.startsWith('-> ');
    const old = { name, kind: link ? 'link' : 'file', content: link ? state.slice(3) : state } as const;
    const byItself = overwritten.some((one) => one.name === name && one.content === old.content);
    return (
      stateAt(repo, name) !== wanted[name] &&
      !told.done.has(name) &&
      !byItself &&
      !isAccounted(repo, old, told)
    );
  });
  assert.deepEqual(
    unnamed.map(([name]) => name),
    [],
    'paths whose old content is not at its name, and nothing says where it is',
  );
}

/** Whether somebody else, or a failure, had to do with that path, or one above or below it. */
export function isTouched(name: string, hits: Disturbed['hits']): boolean {
  return hits.some(({ step, does }) => {
    const subject = step.name.replace(/\.belay-[0-9a-f]{8}$/, '');
    const place = does.startsWith('parent') ? path.dirname(subject) : subject;
    return place === name || name.startsWith(`${place}/`) || place.startsWith(`${name}/`);
  });
}
