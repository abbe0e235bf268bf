import assert from 'node:assert/strict';
import { intervals } from '../../src/ui/platform/intervals';

describe('how often a window looks by itself', () => {
  it('is half a minute where nobody says otherwise', () => {
    const warnings: string[] = [];
    const every = intervals({ PATH: '/bin' }, { warn: (line) => warnings.push(line) });
    assert.deepEqual(every, { statusBar: 30_000, life: 30_000, agents: 30_000 });
    assert.deepEqual(warnings, []);
  });

  it('is what the environment says', () => {
    const warnings: string[] = [];
    const every = intervals({ BELAY_INTERVAL_MS: '250' }, { warn: (line) => warnings.push(line) });
    assert.deepEqual(every, { statusBar: 250, life: 250, agents: 250 });
    assert.deepEqual(warnings, []);
  });

  it('stays half a minute where that is no usable number, which is said', () => {
    for (const value of ['', '0', '99', '-1', '1.5', 'soon', 'Infinity', 'NaN']) {
      const warnings: string[] = [];
      const every = intervals({ BELAY_INTERVAL_MS: value }, { warn: (line) => warnings.push(line) });
      assert.equal(every.life, 30_000, value);
      assert.equal(warnings.length, 1, value);
    }
  });
});
