import { readDecision } from '../../src/decisions/read';
import type { DecisionOption } from '../../src/decisions/decision';
import { BelayError } from '../../src/errors';
import { Git } from '../../src/git/git';
import { closeWorktree, openWorktree, type Worktree } from '../../src/git/worktree';
import { answerDecision } from '../../src/sync/answer';
import { ResetFailed } from '../../src/sync/syncOutcome';
import type { Fetcher, SyncRequest } from '../../src/sync/request';
import { syncWorktree } from '../../src/sync/sync';

/** A process of its own that syncs, or answers: `<folder> <git> sync ask|reset`, `<folder> <git> answer <option>`. */
const nothingToFetch: Fetcher = {
  fetch: () => Promise.resolve({ kind: 'done' }),
  listRemote: (_worktree, _remote, { patterns }) =>
    Promise.resolve({ kind: 'done', value: new Map(patterns.map((name) => [name, ''])) }),
};

function optionOf(text: string): DecisionOption {
  switch (text) {
    case 'continue':
    case 'abort':
    case 'reset_to_upstream':
    case 'bring_my_commits_back':
      return text;
    default:
      return 'keep_my_commits';
  }
}

async function work(folder: string, git: string, what: string, how: string): Promise<unknown> {
  const who: SyncRequest = {
    session: 'person',
    agent: 'editor',
    onConflict: how === 'reset' ? 'reset' : 'ask',
  };
  let worktree: Worktree | undefined;
  try {
    worktree = await openWorktree(new Git({ binary: git }), folder);
    if (what === 'sync') {
      return await syncWorktree(worktree, nothingToFetch, who);
    }
    const decision = await readDecision(worktree, worktree.key);
    const answer = { option: optionOf(how), seen: decision?.version ?? '', by: 'A person' };
    return await answerDecision(worktree, answer, who);
  } catch (thrown) {
    if (!(thrown instanceof BelayError)) {
      throw thrown;
    }
    const backup = thrown instanceof ResetFailed ? { backup: thrown.backup } : {};
    return { reason: thrown.reason, message: thrown.message, ...backup };
  } finally {
    if (worktree !== undefined) {
      closeWorktree(worktree);
    }
  }
}

const [folder = '', git = 'git', what = '', how = ''] = process.argv.slice(2);
process.stdin.once('data', () => {
  work(folder, git, what, how).then(
    (result) => process.stdout.write(JSON.stringify(result), () => process.exit(0)),
    (thrown: unknown) => {
      process.stderr.write(thrown instanceof Error ? String(thrown.stack) : String(thrown), () =>
        process.exit(7),
      );
    },
  );
});
process.stdout.write('ready\n');
