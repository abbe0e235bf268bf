import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { api, commandLine, folder, forgetQuestion, git, patienceMs } from './belay';

const Decisions = v.array(
  v.object({
    worktree: v.string(),
    case: v.string(),
    status: v.string(),
    from: v.string(),
    backups: v.array(v.string()),
  }),
);

const Backups = v.array(v.object({ ref: v.string(), tip: v.string() }));

describe('a reset that an agent makes', function () {
  this.timeout(400_000);

  it('is noticed by the window, its commits pinned, and put to the person', async () => {
    await api();
    await commandLine('checkpoint', '--session', 'resetter', '--agent', 'codex');
    writeFileSync(path.join(folder(), 'dropped.txt'), 'soon dropped\n');
    git('add', 'dropped.txt');
    git('commit', '--quiet', '--message=Soon dropped');
    const dropped = git('rev-parse', 'HEAD');
    await commandLine('checkpoint', '--session', 'resetter', '--agent', 'codex');
    git('reset', '--quiet', '--hard', 'HEAD~1');
    try {
      const decision = await pending();
      assert.deepEqual([decision.case, decision.from], ['external_reset', dropped]);
      const backups = v.parse(Backups, await commandLine('backups'));
      assert.equal(backups.find(({ ref }) => ref === decision.backups[0])?.tip, dropped);
    } finally {
      // The other tests of this window go on in the same worktree: nothing has fallen any more, and nothing waits.
      git('branch', 'kept', dropped);
      await forgetQuestion('main');
      // Nor is there a backup that nobody was asked about.
      git('update-ref', '-d', git('for-each-ref', '--format=%(refname)', 'refs/belay/backup/external/main'));
    }
  });

  async function pending(): Promise<v.InferOutput<typeof Decisions>[number]> {
    const end = performance.now() + patienceMs;
    while (performance.now() < end) {
      await sleep(100);
      const found = v
        .parse(Decisions, await commandLine('decisions'))
        .find(({ worktree, status }) => worktree === 'main' && status === 'pending');
      if (found !== undefined) {
        return found;
      }
    }
    throw new Error('Nobody was asked about the reset.');
  }
});
