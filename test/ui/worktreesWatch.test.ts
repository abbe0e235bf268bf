import assert from 'node:assert/strict';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FolderWatch } from '../../src/ui/platform/folderWatch';
import { WorktreesWatch } from '../../src/ui/state/worktreesWatch';
import { TestRepo } from '../support/repo';

/** What other programs do in linked worktrees, with git itself as the other program. */
describe('the watch of linked worktrees', () => {
  let repo: TestRepo;
  let watches: readonly { dispose(): void }[];
  let events = 0;

  beforeEach(() => {
    repo = TestRepo.create();
    repo.git('commit', '--quiet', '--allow-empty', '--message=Start');
  });

  afterEach(() => {
    for (const watch of watches) {
      watch.dispose();
    }
    repo.dispose();
  });

  function watch(): void {
    const failed = (thrown: unknown): never => {
      throw new Error('A folder cannot be watched.', { cause: thrown });
    };
    const tell = (): void => {
      events += 1;
    };
    const worktrees = new WorktreesWatch(repo.commonDir, tell, failed);
    // As the watch of the repository does, which knows when the folder of all of them comes or goes.
    const common = new FolderWatch(
      repo.commonDir,
      ['worktrees'],
      () => {
        worktrees.follow();
        events += 1;
      },
      failed,
    );
    watches = [worktrees, common];
  }

  /** Does something, and waits until it is told and no more of it comes. */
  async function told(act: () => void): Promise<void> {
    const before = events;
    act();
    while (events === before) {
      await sleep(10);
    }
    for (let last = -1; last !== events;) {
      last = events;
      await sleep(200);
    }
  }

  const at = (name: string): string => path.join(path.dirname(repo.commonDir), '..', name);
  const add = (name: string): string => repo.git('worktree', 'add', '--quiet', '-b', name, at(name));
  const commit = (name: string): string =>
    repo.git('-C', at(name), 'commit', '--quiet', '--allow-empty', '--message=Own');

  it('tells of the first one, and of each commit in it', async () => {
    watch();
    await told(() => add('first'));
    await told(() => commit('first'));
    await told(() => commit('first'));
  });

  it('tells of those that were there before, and of further ones', async () => {
    add('first');
    watch();
    await told(() => commit('first'));
    await told(() => add('second'));
    await told(() => commit('second'));
    await told(() => repo.git('-C', at('second'), 'checkout', '--quiet', '--detach'));
    await told(() => repo.git('worktree', 'lock', at('second')));
    await told(() => repo.git('worktree', 'unlock', at('second')));
  });

  it('tells when one goes, and of one of that name that is made again', async () => {
    add('first');
    watch();
    await told(() => repo.git('worktree', 'remove', at('first')));
    await told(() => repo.git('worktree', 'add', '--quiet', at('first'), 'first'));
    await told(() => commit('first'));
  });

  it('tells nothing where nothing happens', async () => {
    add('first');
    watch();
    const before = events;
    repo.git('status');
    repo.git('-C', at('first'), 'status');
    await sleep(300);
    assert.equal(events, before);
  });
});
