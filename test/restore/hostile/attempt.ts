import assert from 'node:assert/strict';
import { printOf } from '../../support/accounted';
import { disturb, groundOf, type Disturbed } from '../../support/disturbance';
import type { Hit, Step } from '../../support/disturbanceOrder';
import { judge } from './judge';
import type { Scene } from './scene';

/** As {@link sweep}, at each path's own n-th call: of what is not all or nothing, one path has nothing to do with the others. */
export async function sweepPaths(scene: Scene, does: Hit['does']): Promise<void> {
  const counts = new Map<string, number>();
  for (const { name } of await stepsOf(scene)) {
    const path = name.replace(/\.belay-[0-9a-f]{8}$/, '');
    counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  const wrong: string[] = [];
  // What happens to a folder happens to all below it: of those only one at a time.
  const parts = does.startsWith('parent') ? [/^(?!dir\/deep\/)/, /^(?!dir\/[^/]*$)/] : [/^/];
  for (const part of parts) {
    for (let at = Math.max(...counts.values()); at > 0; at -= 1) {
      const hits = [...counts].flatMap(([name, count]) =>
        count < at || !part.test(name) ? [] : [{ name, at, does }],
      );
      await attempt(scene, hits).catch((thrown: unknown) => {
        wrong.push(String(thrown));
      });
    }
  }
  assert.ok(wrong.length === 0, wrong.join('\n\n'));
}

/** Every n until the command is over before its n-th call; tells of all that went wrong at once. */
export async function sweep(scene: Scene, hitsAt: (at: number) => readonly Hit[]): Promise<void> {
  const wrong: string[] = [];
  const last = (await stepsOf(scene)).length;
  for (let at = 1; at <= last; at += 1) {
    try {
      await attempt(scene, hitsAt(at));
    } catch (thrown) {
      wrong.push(String(thrown));
    }
  }
  assert.ok(wrong.length === 0, wrong.join('\n\n'));
}

/** Has these things happen to the scene's command, and judges what came of it. @returns whether any of them happened. */
export async function attempt(scene: Scene, hits: readonly Hit[]): Promise<boolean> {
  const repo = scene.copy();
  let disturbed: Disturbed | undefined;
  try {
    const outside = printOf(groundOf(repo).outside);
    disturbed = await disturb(repo, scene.args, hits);
    judge(scene, repo, disturbed, outside);
    return disturbed.hits.length > 0;
  } catch (thrown) {
    const happened = disturbed?.hits.map(
      ({ step, does }) => `${does} before ${step.step} ${step.call} ${step.name}`,
    );
    throw new Error(
      `${scene.name} ${JSON.stringify(hits)}\n${happened?.join('\n') ?? ''}\n${String(thrown)}\nexit ${disturbed?.ended.code ?? '?'}: ${disturbed?.said ?? ''}`,
      { cause: thrown },
    );
  } finally {
    repo.dispose();
  }
}

/** The calls of the scene's command when nobody disturbs it. */
export async function stepsOf(scene: Scene): Promise<readonly Step[]> {
  const repo = scene.copy();
  try {
    const { ended, steps, said } = await disturb(repo, scene.args, [], true);
    assert.equal(ended.code, 0, said);
    return steps;
  } finally {
    repo.dispose();
  }
}

/** As a list that is not empty. */
export function all<T>(items: readonly T[]): [T, ...T[]] {
  const [first, ...rest] = items;
  assert.ok(first !== undefined);
  return [first, ...rest];
}

/** The calls that change something, and the looks just before. */
export function near(steps: readonly Step[]): [Step, ...Step[]] {
  return all(steps.filter(({ changes }, at) => changes || steps[at + 1]?.changes === true));
}
