import assert from 'node:assert/strict';
import { uniqueName } from '../../../src/git/unique';

describe('names that nobody else uses', () => {
  it('have the form of a UUID, are not met twice, nor are their first eight digits often', () => {
    const names = Array.from({ length: 20_000 }, uniqueName);
    for (const name of names) {
      assert.match(name, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
    }
    assert.equal(new Set(names).size, names.length);
    const short = new Set(names.map((name) => name.slice(0, 8)));
    assert.ok(short.size > names.length - 10, `${short.size} of ${names.length}`);
  });
});
