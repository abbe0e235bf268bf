import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import type { Ground, Left } from './attacks';
import { bundled } from './bundle';
import { program } from './cli';
import { Line, type Disturbance, type Does, type Hit, type Step } from './disturbanceOrder';
import { start, type Ended } from './processes';
import type { TestRepo } from './repo';

/** What came of a disturbed command. */
export interface Disturbed {
  readonly ended: Ended;
  /** All that it printed. */
  readonly said: string;
  /** What happened, in its order; empty when it was over before. */
  readonly hits: readonly { readonly step: Step; readonly does: Does }[];
  /** What the other program put there and did not itself destroy. */
  readonly left: readonly Left[];
  /** What it has itself written over. */
  readonly overwritten: readonly Left[];
  /** Every call, where it was traced. */
  readonly steps: readonly Step[];
}

/** The folders beside a repository in which an attacker is at work. */
export function groundOf(repo: TestRepo): Ground {
  return {
    root: repo.folder,
    outside: path.join(repo.base, 'outside'),
    attic: path.join(repo.base, 'attic'),
  };
}

/** Runs the command line, as a process of its own, and has these things happen at its calls. */
export async function disturb(
  repo: TestRepo,
  args: readonly string[],
  hits: readonly Hit[],
  trace = false,
): Promise<Disturbed> {
  const log = path.join(repo.base, `disturbed-${fs.readdirSync(repo.base).length}`);
  fs.writeFileSync(log, '');
  const ground = groundOf(repo);
  fs.mkdirSync(ground.attic, { recursive: true });
  const order: Disturbance = { ...ground, log, trace, hits: [...hits] };
  const running = start(
    process.execPath,
    ['--require', bundled('test/support/disturb.ts'), program, ...args],
    {
      cwd: repo.folder,
      env: { BELAY_TEST_DISTURBANCE: JSON.stringify(order) },
    },
  );
  running.child.stdin?.end();
  const ended = await running.ended;
  const lines = fs
    .readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => v.parse(Line, JSON.parse(line)));
  return {
    ended,
    said: `${ended.stdout}\n${ended.stderr}`,
    hits: lines.flatMap(({ hit }) => hit ?? []),
    left: lines.findLast(({ left }) => left !== undefined)?.left ?? [],
    overwritten: lines.findLast(({ overwritten }) => overwritten !== undefined)?.overwritten ?? [],
    steps: lines.flatMap(({ step }) => step ?? []),
  };
}
