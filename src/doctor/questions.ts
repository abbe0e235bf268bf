import { recallAll } from '../decisions/memory';
import { readDecision } from '../decisions/read';
import { keepQuestions } from '../decisions/vanished';
import { whenRefusedByBelay } from '../errors';
import type { Worktree } from '../git/worktree';
import { quoted } from '../git/quoted';
import { fixCommand, type Finding } from './finding';

/** What was asked and has vanished without an answer, and what is remembered of questions and cannot be read. */
export async function vanishedQuestions(worktree: Worktree): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [key, { unreadable }] of await recallAll(worktree.repository)) {
    const decision = await readDecision(worktree, key).catch(whenRefusedByBelay(undefined));
    if (decision?.fromMemory === true) {
      findings.push({
        kind: 'question_vanished',
        level: 'problem',
        message: `A question about the worktree ${key} (decision ${decision.id}) has vanished from its reference without an answer. It holds the worktree all the same.`,
        fix: fixCommand,
      });
    }
    for (const { file, why } of unreadable) {
      findings.push({
        kind: 'question_unreadable',
        level: 'problem',
        message: `What is remembered of a question about the worktree ${key} cannot be read (${why}); whether one waits is not known. Look at what happened in that worktree before you remove it.`,
        fix: `rm -r ${quoted(file)}`,
      });
    }
  }
  return findings.length > 0
    ? findings
    : [{ kind: 'question_vanished', level: 'ok', message: 'No question has vanished.', fix: undefined }];
}

/** Puts what has vanished to the person again. */
export async function putQuestionsAgain(worktree: Worktree): Promise<string[]> {
  const put = await keepQuestions(worktree);
  return put.map(
    ({ id, worktree: key }) =>
      `The question about the worktree ${key} that had vanished without an answer waits again (decision ${id}).`,
  );
}
