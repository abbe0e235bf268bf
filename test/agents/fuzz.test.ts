import assert from 'node:assert/strict';
import { knownAgents } from '../../src/agents/registry';
import { dangersIn, foldersIn } from '../../src/agents/destructive';
import type { Random } from '../support/random';
import { inRepo } from '../support/repo';
import { printSeed, seeded, sized } from '../support/size';
import { eventOf, hook, placed, recorded, type Recorded, silent } from './support';

/** How many broken payloads go through the program itself, and how many through the adapter of each agent. */
const throughProgram = sized({ short: 20, long: 10_000 });
const throughAdapter = sized({ short: 1_000, long: 10_000 });

/** Values that a payload's field may turn into. */
const odd: readonly unknown[] = [
  false,
  true,
  -1,
  1e308,
  '',
  ' ',
  '\0',
  '..',
  '/',
  '../../../etc/passwd',
  '\ud800',
  'x'.repeat(70_000),
  [],
  [[]],
  [null],
  {},
  { length: -1 },
  { __proto__: null, toString: 1 },
  '*** Begin Patch\n*** Add File: \0\n*** Update File: ../../x\n*** Move to: /\n',
  '["a", 1]',
  '{"command": 5}',
  'git reset --hard; git -C / clean -fdx && $(git stash drop',
];

function chance(random: Random, share: number): boolean {
  return random.below(10_000) < share * 10_000;
}

function pick<T>(random: Random, from: readonly T[]): T {
  const found = from[random.below(from.length)];
  if (found === undefined && from.length === 0) {
    throw new Error('There is nothing to pick from.');
  }
  return found ?? pick(random, from);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value with some of what is in it changed, left out, doubled or replaced. */
function mutated(value: unknown, random: Random): unknown {
  if (chance(random, 0.06)) {
    return pick(random, odd);
  }
  if (Array.isArray(value)) {
    return value.map((entry) => mutated(entry, random));
  }
  if (isRecord(value)) {
    const entries = Object.entries(value).flatMap(([key, entry]): [string, unknown][] => {
      if (chance(random, 0.05)) {
        return [];
      }
      const name = chance(random, 0.04)
        ? pick(random, ['__proto__', 'path', 'cwd', 'command', '', key])
        : key;
      return [[name, mutated(entry, random)]];
    });
    return Object.fromEntries(entries);
  }
  return value;
}

function cut(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  return chance(random, 0.5)
    ? text.slice(0, at)
    : text.slice(0, at) + pick(random, ['\0', '}', '"', '\\', '\u00ff']) + text.slice(at + 1);
}

describe('payloads that no agent would send', function () {
  this.timeout(sized({ short: 300_000, long: 0 }));

  printSeed();

  const all = recorded();
  const examplesOf = (name: string): readonly Recorded[] => {
    const own = all.filter(({ agent }) => agent === name);
    return own.length > 0 ? own : all;
  };

  for (const [number, { name: agent, adapter, verified }] of knownAgents.entries()) {
    it(`${throughAdapter} of them pass through the adapter of ${agent} and never make it throw`, () => {
      const random = seeded(number);
      let events = 0;
      for (let round = 0; round < throughAdapter; round += 1) {
        const one = pick(random, examplesOf(agent));
        const payload = mutated(one.payload, random);
        const event = adapter.read(payload, {
          event: chance(random, 0.9) ? one.event : pick(random, ['', 'unknown', '__proto__']),
          environment: chance(random, 0.2) ? { COPILOT_CLI: '1' } : {},
        });
        if (event === undefined) {
          continue;
        }
        events += 1;
        const tool = 'tool' in event ? event.tool : undefined;
        dangersIn(tool?.commands ?? []);
        foldersIn(tool?.commands ?? []);
        assert.ok(event.session.length <= 128 && event.cwd.startsWith('/'));
        assert.ok((tool?.name.length ?? 0) <= 80);
      }
      // Of those that are from the documentation, another agent's payloads are all there is.
      assert.ok(events > throughAdapter / 20 || !verified, `${events} events`);
    });
  }

  it(
    'go through the program in silence, with exit code 0 and in time, also when they are no JSON',
    inRepo((repo) => {
      const random = seeded(knownAgents.length);
      const names = [...knownAgents.map(({ name }) => name), 'nobody', '', '--json', '../x'];
      for (let round = 0; round < throughProgram; round += 1) {
        const one = pick(random, all);
        const name = chance(random, 0.9) ? one.agent : pick(random, names);
        // One session under the names of two agents is a fence, and no silence.
        const from = eventOf(one)?.session ?? '-none-';
        const payload = placed(one.payload, repo.folder, { from, to: `of-${name}` });
        const text = JSON.stringify(chance(random, 0.7) ? mutated(payload, random) : payload);
        silent(hook(name, chance(random, 0.3) ? cut(text, random) : text, { event: one.event }));
      }
      silent(hook('claude-code', ''));
      silent(hook('', '{}'));
    }),
  );
});
