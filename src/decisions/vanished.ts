import { BelayError } from '../errors';
import type { Worktree } from '../git/worktree';
import { setAside } from '../refs/foreign';
import { decisionRef } from '../refs/names';
import { moveRef, type RefChange } from '../refs/change';
import { changeOrRefuse, ownComparison } from '../refs/transaction';
import { announce, moveDecision } from './decide';
import { forget, isRemembered, recall, remember } from './memory';
import { unanswered, type Decision } from './decision';
import { decisionKeys, isOutlived, readDecision, recordedDecision, waits } from './read';
import { writeDecision } from './decisionRecord';

/**
 * Puts each question that has vanished without an answer to the person again, as exactly that, and sees to it that every open one
 * is remembered, also one that was asked where nothing could be, or before there was a memory.
 * @returns the questions that were put again.
 */
export async function keepQuestions(worktree: Worktree): Promise<Decision[]> {
  const put: Decision[] = [];
  for (const key of await decisionKeys(worktree)) {
    const again = await keepQuestion(worktree, key);
    put.push(...(again === undefined ? [] : [again]));
  }
  return put;
}

/** The same for one worktree. One that cannot be read, or put again now, is left for later: it holds all the same. */
export async function keepQuestion(worktree: Worktree, key: string): Promise<Decision | undefined> {
  try {
    const decision = await readDecision(worktree, key);
    if (decision?.status === 'pending') {
      if (decision.fromMemory) {
        return await putAgain(worktree, decision);
      }
      await keep(worktree, decision);
      return undefined;
    }
    await strikeOutlived(worktree, key);
  } catch (thrown) {
    if (!(thrown instanceof BelayError)) {
      throw thrown;
    }
  }
  return undefined;
}

async function keep(worktree: Worktree, decision: Decision): Promise<void> {
  if (!(await isRemembered(worktree.repository, decision))) {
    await remember(worktree, decision);
  }
}

/** @returns undefined where its reference cannot be written, or was changed in between. */
async function putAgain(worktree: Worktree, question: Decision): Promise<Decision | undefined> {
  const ref = decisionRef(question.worktree);
  const found = await recordedDecision(worktree, question.worktree).catch(unreadable);
  // Nothing is built upon what is no record.
  if (found === 'unreadable' && !(await setAside(worktree, ref))) {
    return undefined;
  }
  const before = found === 'unreadable' ? undefined : found;
  const again = await writeDecision(
    worktree,
    { ...question, ...unanswered, status: 'pending' },
    before?.version,
  );
  const outcome = await changeOrRefuse(worktree, 'ask', ownComparison, [
    ...(await lostBackups(worktree, question)),
    moveRef(ref, before?.version, again.version),
  ]);
  if (!outcome.done && (await recordedDecision(worktree, question.worktree))?.version !== again.version) {
    return undefined;
  }
  await announce(worktree, again);
  return again;
}

/**
 * The person says that an answer was nobody's: what it answered is asked again.
 * @throws BelayError `decision_pending` while another question about the worktree waits, `answer_refused` when it was changed
 * meanwhile.
 */
export async function askAgain(worktree: Worktree, answered: Decision): Promise<Decision> {
  const before = await readDecision(worktree, answered.worktree);
  if (before?.status === 'pending') {
    throw waits(before);
  }
  const again = await writeDecision(
    worktree,
    { ...answered, ...unanswered, status: 'pending', vanished: 'replaced' },
    before?.version,
  );
  const outcome = await changeOrRefuse(worktree, 'ask', ownComparison, [
    moveDecision(answered.worktree, before, again),
  ]);
  if (!outcome.done && (await recordedDecision(worktree, answered.worktree))?.version !== again.version) {
    throw new BelayError(
      'answer_refused',
      `The decision ${answered.id} was changed by another process in between.`,
    );
  }
  await announce(worktree, again);
  return again;
}

/** The backup that went with the question is had again while its commit lives. */
async function lostBackups(
  worktree: Worktree,
  { case: what, backups, from }: Decision,
): Promise<RefChange[]> {
  const [backup] = backups;
  if (what === 'external_reset' || backup === undefined || backups.length !== 1) {
    return [];
  }
  const [there, commit] = await worktree.plumbing.infos([backup, from]);
  return there === undefined && commit?.type === 'commit' ? [{ kind: 'create', ref: backup, to: from }] : [];
}

/** A worktree that was made anew since has nothing to do with what was asked about the one before. */
async function strikeOutlived(worktree: Worktree, key: string): Promise<void> {
  const { questions } = await recall(worktree.repository, key);
  for (const question of questions) {
    if (await isOutlived(worktree, question)) {
      await forget(worktree.repository, question);
    }
  }
}

function unreadable(thrown: unknown): 'unreadable' {
  if (thrown instanceof BelayError) {
    return 'unreadable';
  }
  throw thrown;
}
