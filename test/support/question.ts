import { ask, type NewQuestion } from '../../src/decisions/decide';
import type { Decision } from '../../src/decisions/decision';
import type { Worktree } from '../../src/git/worktree';
import { ownComparison } from '../../src/refs/transaction';
import type { TestRepo } from './repo';

/** Puts a question about a worktree to the person: somebody has reset it to where it is. */
export function askAbout(
  repo: TestRepo,
  worktree: Worktree,
  about: Partial<NewQuestion> = {},
): Promise<Decision> {
  const head = repo.git('rev-parse', 'HEAD');
  return ask(
    worktree,
    ownComparison,
    {
      worktree: worktree.key,
      branch: undefined,
      case: 'external_reset',
      from: head,
      to: head,
      pin: undefined,
      backups: [],
      dropped: [head],
      checkpoint: undefined,
      sessions: [],
      why: 'A test asks.',
      ...about,
    },
    [],
  );
}
