import { randomUUID } from 'node:crypto';
import type { Worktree } from '../git/worktree';
import { decisionRef } from '../refs/names';
import { pulse } from '../refs/pulse';
import { changeRefs, type Fence, type RefChange } from '../refs/transaction';
import { optionsOf, type Decision } from './model';
import { readDecision, waits } from './read';
import { writeDecision } from './record';

export type Question = Pick<
  Decision,
  'worktree' | 'branch' | 'case' | 'from' | 'to' | 'backups' | 'dropped' | 'checkpoint' | 'sessions' | 'why'
>;

/**
 * Puts a question to the person, together with the backup refs that it names: all of them appear in one transaction, or none.
 * @throws BelayError `decision_pending` when another question about the worktree came first; nothing was written then.
 */
export async function ask(
  worktree: Worktree,
  fence: Fence,
  question: Question,
  backups: readonly RefChange[],
): Promise<Decision> {
  for (;;) {
    const earlier = await readDecision(worktree, question.worktree);
    if (earlier?.status === 'pending') {
      throw waits(earlier);
    }
    const decision = await writeDecision(
      worktree,
      {
        ...question,
        id: randomUUID().slice(0, 13),
        droppedMore: 0,
        options: optionsOf[question.case],
        created: Date.now(),
        status: 'pending',
        answer: undefined,
        answeredBy: undefined,
        answeredAt: undefined,
      },
      earlier?.version,
    );
    const outcome = await changeRefs(worktree, 'ask', fence, [
      ...backups,
      moveDecision(question.worktree, earlier, decision),
    ]);
    if (outcome.done) {
      await pulse(worktree.repository, decision.version);
      return decision;
    }
    const now = await readDecision(worktree, question.worktree);
    if (now?.version === decision.version) {
      return decision;
    }
    if (now?.version === earlier?.version) {
      // Not somebody else's question: the fence, a lock file, or a backup that cannot be written.
      throw new NotAsked(outcome.words.trim());
    }
  }
}

/** The question and its backups could not be written; nothing was. */
export class NotAsked extends Error {
  override readonly name = 'NotAsked';
}

/** From one version of a decision to the next. */
export function moveDecision(key: string, from: Decision | undefined, to: Decision): RefChange {
  const ref = decisionRef(key);
  return from === undefined
    ? { kind: 'create', ref, to: to.version }
    : { kind: 'update', ref, to: to.version, from: from.version };
}
