import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { BelayError } from '../../../src/errors';
import { sessionComponent, sessionFromComponent, sessionRef, worktreeOfRef } from '../../../src/refs/names';
import { printSeed, seeded } from '../../support/size';

function assertUsable(session: string): void {
  const component = sessionComponent(session);
  const shown = JSON.stringify(session);
  assert.equal(sessionFromComponent(component), session, shown);
  assert.match(component, /^[A-Za-z0-9_%][A-Za-z0-9_.%-]*$/, shown);
  assert.doesNotMatch(component, /\.\.|\.$|\.lock$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i, shown);
}

describe('names of references', () => {
  printSeed();

  it('hold any session id, reversibly, in one component that git accepts', () => {
    const random = seeded(2);
    const ids = [
      'a',
      '0',
      '-',
      '--all',
      '.',
      '..',
      '...',
      '.lock',
      'a.lock',
      'A.LOCK',
      'a.lock.lock',
      'HEAD',
      '@',
      '@{',
      'a@{1}',
      '%',
      '%41',
      '%%',
      'con',
      'CON.txt',
      'nul',
      'com1',
      'a b',
      'a/b',
      'a\\b',
      'a~1',
      'a^',
      'a:b',
      'a?*[',
      '~',
      'ü',
      '日本',
      '👩‍👩‍👧',
      'refs/heads/main',
      'x'.repeat(128),
      '0198c1e2-5b7e-7c3a-9f00-0123456789ab',
    ];
    for (let count = 0; count < 400; count += 1) {
      ids.push(random.text(1 + random.below(16)));
    }
    const usable = ids.filter((id) => id.trim() === id);
    assert.ok(usable.length > 300);
    for (const id of usable) {
      assertUsable(id);
    }
    assert.equal(new Set(usable.map(sessionRef)).size, new Set(usable).size, 'no two ids share a name');
    for (const id of usable.slice(0, 120)) {
      execFileSync('git', ['check-ref-format', sessionRef(id)]);
    }
  });

  it('refuse ids that are empty, too long, not visible, or that could be mistaken for another', () => {
    const refused = [
      '',
      'x'.repeat(129),
      'é'.repeat(128),
      'a\nb',
      'a\0',
      '\u007f',
      '\t',
      ' ',
      ' a',
      'a ',
      '\u00a0a',
      'a\ufeff',
      '\ud800',
      'a\udfffb',
    ];
    for (const id of refused) {
      assert.throws(
        () => sessionRef(id),
        (thrown) =>
          thrown instanceof BelayError && thrown.reason === 'invalid_session' && thrown.exitCode === 2,
        JSON.stringify(id),
      );
    }
  });

  it('tell which worktree they belong to', () => {
    assert.equal(worktreeOfRef('refs/belay/shadow/main/current'), 'main');
    assert.equal(worktreeOfRef('refs/belay/overflow/x.y/1-2'), 'x.y');
    for (const name of [
      'refs/belay/session/main',
      'refs/heads/main',
      'refs/belay/shadow/main',
      'refs/belay/shadow/a/b/c',
    ]) {
      assert.equal(worktreeOfRef(name), undefined);
    }
  });
});
