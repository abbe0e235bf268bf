import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { printOf } from '../../support/accounted';
import { belay } from '../../support/cli';
import { groundOf } from '../../support/disturbance';
import { TestRepo } from '../../support/repo';
import { printSeed, sized } from '../../support/size';
import { become, put, take, type State } from './scene';
import { shapes, type Shape } from './shapes';

describe('what has become another kind of thing: restore, undo, restore again', function () {
  this.timeout(sized({ short: 300_000, long: 0 }));
  printSeed();

  it(`all of ${Object.keys(shapes).length} shapes at once, byte for byte`, async () => {
    await toAndFro(shapes);
  });

  for (const [name, shape] of sized<readonly [string, Shape][]>({
    short: [],
    long: Object.entries(shapes),
  })) {
    it(`${name}, by itself`, async () => {
      await toAndFro({ [name]: shape });
    });
  }
});

async function toAndFro(chosen: Readonly<Record<string, Shape>>): Promise<void> {
  const repo = TestRepo.create();
  try {
    const { outside } = groundOf(repo);
    fs.mkdirSync(path.join(outside, 'e'), { recursive: true });
    for (const name of ['f', 'e/g', 'keep']) {
      fs.writeFileSync(path.join(outside, name), `outside ${name}`);
    }
    const was = stateOf(chosen, 'was', outside);
    const is = stateOf(chosen, 'is', outside);
    put(repo, was);
    const before = picture(repo);
    const target = await take(repo);
    become(repo, was, is);
    const after = picture(repo);
    await take(repo);
    const beyond = printOf(outside);
    const there = [['restore', target], before] as const;
    const back = [['undo-restore'], after] as const;
    for (const [args, expected] of sized({ short: [there, back], long: [there, back, there] })) {
      const { code, out, err } = belay(repo, args);
      assert.deepEqual(difference(picture(repo), expected), [], `${args.join(' ')}: ${out}${err}`);
      assert.equal(code, 0, `${args.join(' ')}: ${out}${err}`);
      assert.equal(printOf(outside), beyond, 'what is outside of the worktree');
    }
  } finally {
    repo.dispose();
  }
}

/** The states of all shapes, each in a folder of its own. */
function stateOf(chosen: Readonly<Record<string, Shape>>, when: keyof Shape, outside: string): State {
  return Object.fromEntries(
    Object.entries(chosen).flatMap(([name, shape]) =>
      Object.entries(shape[when]).map(([file, content]) => [
        `${name.replaceAll(/[^a-z]+/g, '-')}/${file}`,
        content.startsWith('-> ') ? content.replace(/(?:\.\.\/)?OUTSIDE/, outside) : content,
      ]),
    ),
  );
}

/** Each file and link with its mode and bytes. */
function picture(repo: TestRepo): Map<string, string> {
  return new Map(
    [...repo.disk()].flatMap(([name, { stat, content }]) =>
      stat.isDirectory() ? [] : [[name, `${stat.mode.toString(8)} ${content.toString('latin1')}`]],
    ),
  );
}

function difference(now: ReadonlyMap<string, string>, expected: ReadonlyMap<string, string>): string[] {
  return [...new Set([...now.keys(), ...expected.keys()])]
    .filter((name) => now.get(name) !== expected.get(name))
    .map((name) => `${name}: ${now.get(name) ?? 'nothing'} instead of ${expected.get(name) ?? 'nothing'}`);
}
