import assert from 'node:assert/strict';
import { escapeMarkdown, inert, inertLine } from '../../src/ui/platform/text/inert';

describe('text from outside is inert in the editor', () => {
  it('keeps icons, links, line ends and reading direction from acting', () => {
    assert.doesNotMatch(inert('$(trash) $(sync~spin)'), /\$\(/);
    assert.doesNotMatch(inert('[click](command:workbench.action.terminal.new)'), /\]\(/);
    assert.equal(inert('two\nlines\r\u0000\u001b[31m\u2028end'), 'two lines \ufffd\ufffd[31m end');
    assert.equal(inert('exe.\u202etxt'), 'exe.\ufffdtxt');
    assert.equal(inert('plain – näme 日本.ts'), 'plain – näme 日本.ts');
  });

  it('cuts long text by characters, not in the middle of one', () => {
    assert.equal(inertLine('a'.repeat(10), 5), 'aaaa…');
    assert.equal(inertLine('😀😀😀', 2), '😀…');
    assert.equal(inertLine('short', 5), 'short');
  });

  it('escapes whatever Markdown or HTML would read', () => {
    const hostile =
      '<img src=x onerror=alert(1)> **bold** `code` [a](command:b) | # ~~x~~ http://x me@x &amp;';
    const escaped = escapeMarkdown(hostile).replaceAll('&#64;', '').replaceAll('&amp;', '');
    assert.doesNotMatch(escaped, /<|(?<!\\)[[*`|#~:]/);
  });
});
