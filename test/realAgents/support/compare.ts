import assert from 'node:assert/strict';
import type { Ended } from './process';
import { requestsOf } from './requests';
import type { Stage } from './stage';

/** All that runs of agents have shown to the outside. */
export interface Shown {
  readonly ended: readonly Pick<Ended, 'code' | 'signal'>[];
  readonly requests: readonly string[];
  readonly files: readonly string[];
}

export function shown(stage: Stage, ended: readonly Ended[]): Shown {
  return {
    ended: ended.map(({ code, signal }) => ({ code, signal })),
    requests: requestsOf(stage),
    files: [...stage.repo.disk()].map(
      ([name, { stat, content }]) => `${name} ${stat.mode.toString(8)} ${content.toString('latin1')}`,
    ),
  };
}

/** Fails where two of them differ, and shows where: a request is too long to be read whole. */
export function assertSame(connected: Shown, alone: Shown): void {
  assert.deepEqual(connected.ended, alone.ended);
  assert.deepEqual(connected.files, alone.files);
  for (const [at, request] of connected.requests.entries()) {
    const other = alone.requests[at] ?? '';
    if (request !== other) {
      const from = Math.max(0, firstDifference(request, other) - 200);
      const excerpt = (text: string): string => text.slice(from, from + 400);
      assert.fail(`Request ${at} differs.\nconnected: ${excerpt(request)}\nalone:     ${excerpt(other)}`);
    }
  }
  assert.equal(connected.requests.length, alone.requests.length);
}

function firstDifference(one: string, other: string): number {
  let at = 0;
  while (at < one.length && one[at] === other[at]) {
    at += 1;
  }
  return at;
}
