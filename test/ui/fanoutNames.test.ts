import assert from 'node:assert/strict';
import {
  defaultPinName,
  folderBeside,
  folderName,
  freeNames,
} from '../../src/ui/features/worktrees/worktreeNames';

const commit = 'a'.repeat(40);

describe('names of pins and new worktrees', () => {
  it('are those of the branch or tag, without the remote', () => {
    const name = (source: string, ref: string | undefined, remote?: string): string =>
      defaultPinName({ commit, source, ref, remote });
    assert.equal(name('origin/main', 'refs/remotes/origin/main', 'origin'), 'main');
    assert.equal(name('origin/fix/one', 'refs/remotes/origin/fix/one', 'origin'), 'fix/one');
    assert.equal(name('origin/main', 'refs/heads/origin/main', 'origin'), 'origin/main');
    assert.equal(name('v1.0', 'refs/tags/v1.0'), 'v1.0');
    assert.equal(name(commit, undefined), 'aaaaaaaa');
    assert.equal(name('HEAD~3', undefined), 'HEAD~3');
  });

  it('make one folder, whatever is in them', () => {
    assert.equal(folderBeside('/repos/harbor', 'fix/one'), '/repos/harbor-fix-one');
    assert.equal(folderName('../../etc'), 'etc');
    assert.equal(folderName('$(rm) "x"'), 'rm-x');
    assert.equal(folderName('näme 日本'), 'näme-日本');
    assert.equal(folderName('..'), 'worktree');
  });

  it('are the next that are free', () => {
    const taken = new Set(['agent-1', 'agent-3']);
    assert.deepEqual(
      freeNames('agent-{n}', 3, (name) => taken.has(name)),
      ['agent-2', 'agent-4', 'agent-5'],
    );
    assert.deepEqual(
      freeNames('{n}/{n}', 2, () => false),
      ['1/1', '2/2'],
    );
    assert.equal(freeNames('agent-{n}', 2, () => true).length, 0);
  });
});
