import assert from 'node:assert/strict';
import { defaultLimits } from '../../src/checkpoint/limits';
import { applyLimits, gitPathSetting, type Configuration } from '../../src/ui/settings';

/** What VS Code gives for settings that a person wrote into the user settings. */
function configuration(values: Readonly<Record<string, unknown>>): Configuration {
  const known = new Map(Object.entries(values));
  function get<T>(section: string): T | undefined;
  function get<T>(section: string, defaultValue: T): T;
  function get(section: string, defaultValue?: unknown): unknown {
    return known.get(section) ?? defaultValue;
  }
  function inspect<T>(key: string): { key: string; globalValue?: T } {
    return { key, ...(known.has(key) ? { globalValue: get<T>(key) } : {}) } as const;
  }
  return { get, inspect };
}

describe('settings are checked at the edge', () => {
  it('takes what is usable', () => {
    const warnings: string[] = [];
    const set = configuration({
      'capture.maxFileSizeMB': 2,
      'capture.maxFiles': 10,
      'git.path': ' /opt/git ',
    });
    const limits = applyLimits(defaultLimits, set, (line) => warnings.push(line));
    assert.equal(limits.maxFileSize, 2 * 1024 * 1024);
    assert.equal(limits.maxFiles, 10);
    assert.equal(limits.maxTotalSize, defaultLimits.maxTotalSize);
    assert.equal(
      gitPathSetting(set, (line) => warnings.push(line)),
      '/opt/git',
    );
    assert.deepEqual(warnings, []);
  });

  it('keeps the default and says so for what is not', () => {
    for (const value of [0, -1, '5', null, Number.NaN, Infinity, {}, []]) {
      const warnings: string[] = [];
      const limits = applyLimits(defaultLimits, configuration({ 'capture.maxFileSizeMB': value }), (line) =>
        warnings.push(line),
      );
      assert.equal(limits.maxFileSize, defaultLimits.maxFileSize, String(value));
      assert.ok(value === null || warnings.length === 1, String(value));
    }
  });
});
