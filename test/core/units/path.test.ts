import assert from 'node:assert/strict';
import { inert } from '../../../src/inert';
import { oneLine } from '../../../src/git/commit';
import {
  parsePathText,
  pathBytes,
  pathFromBytes,
  pathFromText,
  pathText,
  quoteBytes,
} from '../../../src/git/path';
import { printSeed, seeded } from '../../support/size';

function assertRoundTrip(bytes: Buffer): void {
  const path = pathFromBytes(bytes);
  const text = pathText(path);
  const shown = JSON.stringify(text);
  assert.ok(pathBytes(parsePathText(text)).equals(bytes), `${shown} reads back as something else`);
  assert.equal(oneLine(text), text, `${shown} does not survive on one line`);
  assert.ok(pathBytes(parsePathText(quoteBytes(bytes))).equals(bytes));
  // What git's own tools split lines at, and what a message is trimmed of, is never in it as it is.
  assert.doesNotMatch(text, /[\0\n\r]/);
}

describe('paths', () => {
  printSeed();

  it('read back from text byte for byte, whatever the bytes', () => {
    const random = seeded(1);
    for (let count = 0; count < 10_000; count += 1) {
      assertRoundTrip(random.bytes(1 + random.below(24)));
      assertRoundTrip(Buffer.from(random.text(1 + random.below(12))));
    }
    for (let byte = 0; byte < 256; byte += 1) {
      assertRoundTrip(Buffer.from([byte]));
      assertRoundTrip(Buffer.from([0x61, byte, 0x61]));
    }
  });

  it('read back where they look like something else', () => {
    const odd = [
      '"',
      '""',
      '"a"',
      '"a',
      'a"',
      '\\',
      '\\n',
      '"\\n"',
      '"\\377"',
      ' ',
      ' a',
      'a ',
      '\t',
      '\ufeffa',
      'a\ufeff',
    ];
    const wide = [
      '\u2028',
      'a\u2029b',
      '\u00a0a',
      '\u3000',
      '\u0085',
      'a\u200d',
      '\u202e reversed',
      '日本',
      '👩‍👩‍👧',
    ];
    for (const text of [...odd, ...wide]) {
      assertRoundTrip(Buffer.from(text));
    }
  });

  it('are shown as they are where they are plain', () => {
    assert.equal(pathText(pathFromText('src/ünï/日本 x.ts')), 'src/ünï/日本 x.ts');
    assert.equal(pathText(pathFromText('a"b')), '"a\\"b"');
    // Shown as it is, "exe" would seem to come before "txt".
    assert.equal(pathText(pathFromText('a\u202etxt.exe')), '"a\\342\\200\\256txt.exe"');
    for (const mark of '\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029') {
      const name = `a${mark}b`;
      assert.ok(!pathText(pathFromText(name)).includes(mark), JSON.stringify(name));
      assert.equal(parsePathText(pathText(pathFromText(name))), pathFromText(name));
      assert.equal(inert(name), 'a\ufffdb');
    }
    assert.equal(pathText(pathFromBytes(Buffer.from([0x61, 0xff]))), '"a\\377"');
  });
});
