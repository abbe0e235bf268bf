import assert from 'node:assert/strict';
import { parseRaw } from '../../../src/checkpoint/changes';
import { parseClosed, parseStatus } from '../../../src/checkpoint/scan';
import { pathFromBytes } from '../../../src/git/path';
import { printSeed, seeded } from '../../support/size';

const zero = '0'.repeat(40);
const one = '1'.repeat(40);

describe('readers of what git prints', () => {
  printSeed();

  it('read a recorded git status', () => {
    const records = [
      `1 .M N... 100644 100644 100644 ${one} ${one} a b.txt`,
      `1 M. N... 100644 100644 100644 ${zero} ${one} staged only`,
      `1 MD N... 100644 100644 000000 ${zero} ${one} -gone\nline`,
      `1 .A N... 000000 000000 100644 ${zero} ${zero} intended`,
      `1 .T N... 100644 100644 120000 ${one} ${one} link`,
      `1 .M SC.. 160000 160000 160000 ${one} ${one} sub`,
      `1 .D S... 160000 160000 000000 ${one} ${one} gone sub`,
      `u UU N... 100644 100644 100644 100644 ${one} ${one} ${one} in conflict`,
      '? untracked \u00ff',
      '? nested/',
      '! ignored',
      '! ignored folder/',
      '# branch.oid x',
    ];
    assert.deepEqual(parseStatus(Buffer.from(`${records.join('\0')}\0`, 'latin1')), [
      { path: 'a b.txt', kind: 'changed' },
      { path: '-gone\nline', kind: 'deleted' },
      { path: 'intended', kind: 'changed' },
      { path: 'link', kind: 'changed' },
      { path: 'sub', kind: 'submodule' },
      { path: 'gone sub', kind: 'submodule' },
      { path: 'in conflict', kind: 'changed' },
      { path: 'untracked \u00ff', kind: 'untracked' },
      { path: 'nested', kind: 'nested' },
      { path: 'ignored', kind: 'ignored' },
      { path: 'ignored folder', kind: 'ignored' },
    ]);
  });

  it('read which folders could not be opened', () => {
    const words =
      "warning: could not open directory 'a b/': Permission denied\nwarning: could not open directory 'ü': x\nfatal: no\n";
    assert.deepEqual(parseClosed(words), [
      { path: 'a b', kind: 'closed' },
      { path: pathFromBytes(Buffer.from('ü')), kind: 'closed' },
    ]);
    assert.deepEqual(parseClosed(''), []);
  });

  it('read a recorded git diff-tree', () => {
    const rows: readonly (readonly [string, string])[] = [
      [`:000000 100644 ${zero} ${one} A`, 'added'],
      [`:100644 100755 ${one} ${one} M`, 'modi\nfied'],
      [`:100644 000000 ${one} ${zero} D`, ':deleted'],
      [`:100644 120000 ${one} ${one} T`, '\u00ff'],
      ['nonsense', 'skipped'],
    ];
    const parsed = parseRaw(
      Buffer.from(
        rows
          .flat()
          .map((field) => `${field}\0`)
          .join(''),
        'latin1',
      ),
    );
    assert.deepEqual(
      parsed.map(({ path, kind }) => [path, kind]),
      [
        ['added', 'added'],
        ['modi\nfied', 'modified'],
        [':deleted', 'deleted'],
        ['\u00ff', 'type_changed'],
      ],
    );
    assert.equal(parsed[0]?.oldOid, undefined);
    assert.equal(parsed[0]?.oldMode, undefined);
    assert.equal(parsed[2]?.newOid, undefined);
    assert.equal(parsed[1]?.newMode, '100755');
  });

  it('never throw, whatever they are given', () => {
    const random = seeded(5);
    const seeds = [
      `1 .M N... 100644 100644 100644 ${one} ${one} a\0? b/\0u UU N... 1 2 3 4 5 6 7 c\0`,
      `:100644 100755 ${one} ${one} M\0a\0`,
      '',
    ].map((text) => Buffer.from(text));
    for (let count = 0; count < 3_000; count += 1) {
      const bytes = Buffer.concat([
        seeds[random.below(seeds.length)] ?? Buffer.alloc(0),
        random.bytes(random.below(40)),
      ]);
      for (let hits = random.below(5); hits > 0 && bytes.length > 0; hits -= 1) {
        bytes[random.below(bytes.length)] = random.below(256);
      }
      parseStatus(bytes);
      parseRaw(bytes);
      parseClosed(bytes.toString('utf8'));
    }
  });
});
