import { BelayError } from '../errors';
import { toleratesDisk } from '../git/diskErrors';
import { Again, retry } from '../git/retry';
import { worktreeBirth, type Worktree } from '../git/worktree';
import { uniqueName } from '../git/unique';
import { decisionRef } from '../refs/names';
import { pulse } from '../refs/pulse';
import { moveRef, type RefChange } from '../refs/change';
import { changeOrRefuse, type Fence } from '../refs/transaction';
import { forget, remember } from './memory';
import { optionsOf, unanswered, type Decision } from './decision';
import { readDecision, waits } from './read';
import { writeDecision } from './decisionRecord';

export type NewQuestion = Pick<
  Decision,
  | 'worktree'
  | 'branch'
  | 'case'
  | 'from'
  | 'to'
  | 'pin'
  | 'backups'
  | 'dropped'
  | 'checkpoint'
  | 'sessions'
  | 'why'
>;

/** How often a question is tried again because an earlier one was answered in between. */
const attempts = 20;

/**
 * Puts a question to the person, together with the backup refs that it names: all of them appear in one transaction, or none.
 * @throws BelayError `decision_pending` when another question about the worktree came first; nothing was written then.
 * `backup_failed` when they could not be written.
 */
export async function ask(
  worktree: Worktree,
  fence: Fence,
  question: NewQuestion,
  backups: readonly RefChange[],
): Promise<Decision> {
  return retry({ tries: attempts }, async () => {
    const earlier = await readDecision(worktree, question.worktree);
    if (earlier?.status === 'pending') {
      throw waits(earlier);
    }
    const decision = await writeDecision(
      worktree,
      {
        ...question,
        worktreeBorn: await worktreeBirth(worktree.repository.commonDir, question.worktree),
        id: uniqueName().slice(0, 13),
        droppedMore: 0,
        options: optionsOf[question.case],
        created: Date.now(),
        status: 'pending',
        bringing: [],
        vanished: undefined,
        ...unanswered,
      },
      earlier?.version,
    );
    const outcome = await changeOrRefuse(worktree, 'ask', fence, [
      ...backups,
      moveDecision(question.worktree, earlier, decision),
    ]);
    const now = outcome.done ? decision : await readDecision(worktree, question.worktree);
    if (outcome.done || now?.version === decision.version) {
      await announce(worktree, decision);
      return decision;
    }
    const words = `The question and its backup could not be written: ${outcome.message.trim()}`;
    const failure = new BelayError('backup_failed', words);
    if (now?.version === earlier?.version && outcome.reason !== 'missing') {
      // Not another question: the fence, a lock file, or a backup that cannot be written.
      throw failure;
    }
    return new Again(failure);
  });
}

/**
 * Remembers a question outside of git, or strikes what was answered there, and tells watchers; a disk that refuses has not kept
 * the record from being written.
 */
export async function announce(worktree: Worktree, decision: Decision): Promise<void> {
  if (decision.status === 'pending') {
    await remember(worktree, decision);
  } else {
    await forget(worktree.repository, decision);
  }
  await pulse(worktree.repository, decision.version).catch(toleratesDisk);
}

/** From one version of a decision to the next. */
export function moveDecision(key: string, from: Decision | undefined, to: Decision): RefChange {
  return moveRef(decisionRef(key), from?.version, to.version);
}
