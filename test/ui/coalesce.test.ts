import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../support/processes';
import { Coalescer } from '../../src/ui/platform/coalesce';

const unexpected = (thrown: unknown): void => {
  throw thrown;
};

describe('refreshing', () => {
  it('makes one run of many requests, and never two at once', async () => {
    let runs = 0;
    let inside = 0;
    const coalescer = new Coalescer(
      1,
      async () => {
        inside += 1;
        assert.equal(inside, 1);
        runs += 1;
        await sleep(5);
        inside -= 1;
      },
      unexpected,
    );
    for (let i = 0; i < 50; i += 1) {
      coalescer.request();
    }
    await waitUntil(() => (runs > 0 && inside === 0 ? true : undefined));
    await Promise.all([coalescer.runNow(), coalescer.runNow(), coalescer.runNow()]);
    assert.ok(runs >= 2 && runs <= 4, `${runs} runs`);
    coalescer.dispose();
  });

  it('runs once more for a request during a run, and goes on after a failure', async () => {
    const failures: unknown[] = [];
    let runs = 0;
    const coalescer = new Coalescer(
      1,
      async () => {
        runs += 1;
        await sleep(2);
        if (runs === 1) {
          throw new Error('first');
        }
      },
      (thrown) => failures.push(thrown),
    );
    const first = coalescer.runNow();
    await Promise.all([first, coalescer.runNow()]);
    assert.equal(runs, 2);
    assert.equal(failures.length, 1);
    coalescer.dispose();
    coalescer.request();
    await sleep(5);
    assert.equal(runs, 2, 'nothing runs after it was disposed of');
  });
});
