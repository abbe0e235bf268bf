import assert from 'node:assert/strict';
import { defaultLimits } from '../../src/checkpoint/limits';
import { applyLimits, gitPathSetting, type Configuration } from '../../src/ui/platform/settings';

/** What VS Code gives for settings that a person wrote into the user settings. */
function configuration(values: Readonly<Record<string, unknown>>): Configuration {
  const known = new Map(Object.entries(values));
  return {
    get: (name) => known.get(name),
    inspect: (name) => (known.has(name) ? { globalValue: known.get(name) } : {}),
  };
}

describe('settings are checked at the edge', () => {
  it('takes what is usable', () => {
    const warnings: string[] = [];
    const set = configuration({
      'capture.maxFileSizeMB': 2,
      'capture.maxFiles': 10,
      'git.path': ' /opt/git ',
    });
    const limits = applyLimits(defaultLimits, set, { warn: (line) => warnings.push(line) });
    assert.equal(limits.maxFileSize, 2 * 1024 * 1024);
    assert.equal(limits.maxFiles, 10);
    assert.equal(limits.maxTotalSize, defaultLimits.maxTotalSize);
    assert.equal(gitPathSetting(set, { warn: (line) => warnings.push(line) }), '/opt/git');
    assert.deepEqual(warnings, []);
  });

  it('keeps the default and says so for what is not', () => {
    for (const [index, value] of [0, -1, '5', null, Number.NaN, Infinity, {}, []].entries()) {
      const warnings: string[] = [];
      const limits = applyLimits(defaultLimits, configuration({ 'capture.maxFileSizeMB': value }), {
        warn: (line) => warnings.push(line),
      });
      assert.equal(limits.maxFileSize, defaultLimits.maxFileSize, `value ${index}`);
      assert.equal(warnings.length, 1, `value ${index}`);
    }
  });
});
