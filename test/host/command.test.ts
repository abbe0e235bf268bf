import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { decode, fileUri, text } from '../../src/ui/rows/command';

/** Whatever VS Code, a keybinding or another extension hands to a command. */
describe('what a command is called on', () => {
  class Row {
    constructor(readonly id: string) {}
  }
  class Other {
    readonly id = 'other';
  }
  const row = new Row('one');

  it('is a value of the kinds that it takes', () => {
    const file = vscode.Uri.file('/somewhere');
    assert.equal(decode([Row, text], [row]).on, row);
    assert.equal(decode([Row, text], ['an id']).on, 'an id');
    assert.equal(decode([fileUri, Row], [file, [file]]).on, file);
  });

  it('is nothing where it is anything else', () => {
    for (const handed of [undefined, null, 7, {}, { id: 'one' }, [row], new Other(), () => row]) {
      assert.deepEqual(decode([Row, text], [handed]), { on: undefined, selected: [] });
    }
    assert.deepEqual(decode([Row], []), { on: undefined, selected: [] });
    assert.deepEqual(decode([Row], ['an id']), { on: undefined, selected: [] });
    assert.deepEqual(decode([], [row, [row]]), { on: undefined, selected: [] });
  });

  it('comes with what was selected of these kinds', () => {
    const second = new Row('two');
    assert.deepEqual(decode([Row], [row, [row, new Other(), undefined, second]]).selected, [row, second]);
    assert.deepEqual(decode([Row], [row, { groupId: 0 }]).selected, []);
  });
});
