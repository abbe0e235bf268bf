import { BelayError, messageOf, whenRefusedByBelay } from '../errors';
import { worktreeBirth, type Worktree } from '../git/worktree';
import { saysRef } from '../refs/foreign';
import { listRefs } from '../refs/listed';
import { decisionPrefix, decisionRef } from '../refs/names';
import { hasOwnFile } from '../refs/onDisk';
import { parseRecord, recordHistory } from '../refs/records';
import type { Verify } from '../refs/change';
import { recall, recallAll, type Memory, type UnreadableMemory } from './memory';
import type { Decision, Vanished } from './decision';
import { parseDecision } from './decisionRecord';

/** How many versions of the decisions about a worktree are looked through. */
const historyLimit = 1_000;

/**
 * What waits, or waited last, about a worktree; undefined when nothing ever did. A question that is remembered, and that its
 * reference does not account for, waits as well.
 * @throws BelayError `ref_unreadable` when there is something that cannot be read, `question_unreadable` when that is what is
 * remembered: that is not the same as nothing.
 */
export async function readDecision(worktree: Worktree, key: string): Promise<Decision | undefined> {
  // In this order: a question is in its reference before it is remembered, and answered there before it is struck.
  const memory = await recall(worktree.repository, key);
  const recorded = await recordedDecision(worktree, key).then(
    (decision) => ({ decision }),
    (thrown: unknown) => ({ thrown }),
  );
  const missed = await firstMissed(worktree, 'thrown' in recorded ? 'unreadable' : recorded.decision, memory);
  if (missed !== undefined) {
    return missed;
  }
  if ('thrown' in recorded) {
    throw recorded.thrown;
  }
  return recorded.decision;
}

/** What the reference alone says. @throws BelayError `ref_unreadable`. */
export async function recordedDecision(worktree: Worktree, key: string): Promise<Decision | undefined> {
  const ref = decisionRef(key);
  const { stdout, stderr } = await worktree.git.run({
    args: ['for-each-ref', '--format=%(objectname) %(symref)', ref],
    cwd: worktree.root,
  });
  const [oid = '', target] = stdout.toString('utf8').trim().split(' ');
  if (/broken ref/.test(stderr)) {
    throw new BelayError('ref_unreadable', `The reference ${ref} is damaged.`);
  }
  if (target !== undefined || (oid === '' && (await saysRef(worktree, ref)))) {
    throw new BelayError(
      'ref_unreadable',
      `${ref} leads to another reference, and is no record of a decision.`,
    );
  }
  if (oid === '') {
    await requireNoFile(worktree, ref);
    return undefined;
  }
  const [object] = await worktree.plumbing.objects([oid]);
  const decision =
    object?.type === 'commit' ? parseDecision(parseRecord(oid, object.content.toString('utf8'))) : undefined;
  if (decision?.worktree !== key) {
    throw new BelayError('ref_unreadable', `What ${ref} names is not the record of a decision.`);
  }
  return (await isOutlived(worktree, decision)) ? { ...decision, status: 'outlived' } : decision;
}

/**
 * The first remembered question that nothing accounts for. One that still waits by its reference comes before it, unless it is
 * what took its place under its own id.
 * @throws BelayError `question_unreadable`.
 */
async function firstMissed(
  worktree: Worktree,
  recorded: Decision | 'unreadable' | undefined,
  memory: Memory,
): Promise<Decision | undefined> {
  const waiting = recorded !== 'unreadable' && recorded?.status === 'pending' ? recorded : undefined;
  for (const question of memory.questions) {
    if (await isOutlived(worktree, question)) {
      continue;
    }
    const vanished = await howVanished(worktree, recorded, question);
    if (vanished !== undefined && (waiting === undefined || waiting.id === question.id)) {
      return { ...question, vanished, fromMemory: true };
    }
  }
  if (waiting === undefined) {
    const [unreadable] = await unknownOf(worktree, recorded, memory);
    if (unreadable !== undefined) {
      throw new BelayError(
        'question_unreadable',
        `What is remembered of a question in ${unreadable.file} cannot be read: ${unreadable.why}.`,
      );
    }
  }
  return undefined;
}

/** How a remembered question has gone without an answer; undefined: it has not. */
async function howVanished(
  worktree: Worktree,
  recorded: Decision | 'unreadable' | undefined,
  { id, version }: Decision,
): Promise<Vanished | undefined> {
  if (recorded === undefined) {
    return 'gone';
  }
  if (recorded === 'unreadable') {
    return 'replaced';
  }
  // Whose answer it is, is another question, and holds nobody.
  if (recorded.version === version || (recorded.id === id && recorded.status === 'answered')) {
    return undefined;
  }
  const chain = await chainOf(worktree, recorded);
  const accounted =
    recorded.id === id
      ? chain.some((one) => one.version === version)
      : chain.some((one) => one.id === id && one.status === 'answered');
  return accounted ? undefined : 'replaced';
}

/** What of a memory may have been a question that nothing accounts for. */
async function unknownOf(
  worktree: Worktree,
  recorded: Decision | 'unreadable' | undefined,
  { unreadable }: Memory,
): Promise<readonly UnreadableMemory[]> {
  if (unreadable.length === 0 || recorded === undefined || recorded === 'unreadable') {
    return unreadable;
  }
  const chain = await chainOf(worktree, recorded);
  return unreadable.filter(
    (found) => !chain.some(({ id, status }) => id === found.id && status === 'answered'),
  );
}

/** The decision and what came before it, as far back as it can be read, newest first. */
export async function chainOf(worktree: Worktree, from: Decision): Promise<Decision[]> {
  const chain = [from];
  for (let at = from.earlier; at !== undefined && chain.length < historyLimit;) {
    const [object] = await worktree.plumbing.objects([at]);
    const decision =
      object?.type === 'commit' ? parseDecision(parseRecord(at, object.content.toString('utf8'))) : undefined;
    if (decision === undefined) {
      break;
    }
    chain.push(decision);
    at = decision.earlier;
  }
  return chain;
}

/** An old question must not hold a worktree that was made since under the same name. */
export async function isOutlived(
  worktree: Worktree,
  { status, worktreeBorn, ...about }: Decision,
): Promise<boolean> {
  if (status !== 'pending' || worktreeBorn === undefined) {
    return false;
  }
  const born = await worktreeBirth(worktree.repository.commonDir, about.worktree);
  return born !== undefined && born !== worktreeBorn;
}

/** git lists a folder that it cannot open as an empty one: "none waits" is only said when the disk says so, too. */
async function requireNoFile(worktree: Worktree, ref: string): Promise<void> {
  try {
    await hasOwnFile(worktree, ref);
  } catch (thrown) {
    throw new BelayError('ref_unreadable', `The reference ${ref} cannot be read (${messageOf(thrown)}).`, {
      cause: thrown,
    });
  }
  // It has appeared since git looked, which a writer under its check finds out.
}

/** Every version of the decisions about a worktree, newest first. @throws BelayError `ref_unreadable`. */
export async function decisionHistory(worktree: Worktree, key: string): Promise<Decision[]> {
  const latest = await recordedDecision(worktree, key);
  if (latest === undefined) {
    return [];
  }
  const versions = await recordHistory(worktree, latest.version, historyLimit);
  return versions.flatMap((version) => parseDecision(version) ?? []);
}

/** The worktrees that anything was ever asked about, as far as references or memory know. */
export async function decisionKeys(worktree: Worktree): Promise<Set<string>> {
  const keys = (await listRefs(worktree, [decisionPrefix])).map(({ ref }) =>
    ref.slice(decisionPrefix.length),
  );
  return new Set([...keys, ...(await recallAll(worktree.repository)).keys()]);
}

/** The latest decision about each worktree, the pending ones first, then the newest. */
export async function listDecisions(worktree: Worktree): Promise<Decision[]> {
  const decisions: Decision[] = [];
  for (const key of await decisionKeys(worktree)) {
    const decision = await readDecision(worktree, key);
    if (decision !== undefined) {
      decisions.push(decision);
    }
  }
  const pendingFirst = (decision: Decision): number => (decision.status === 'pending' ? 0 : 1);
  return decisions.sort((a, b) => pendingFirst(a) - pendingFirst(b) || b.created - a.created);
}

/** A question that waits about any worktree of the repository; what cannot be read counts as none. */
export async function anyWaits(worktree: Worktree): Promise<Decision | undefined> {
  for (const key of await decisionKeys(worktree)) {
    const decision = await readDecision(worktree, key).catch(whenRefusedByBelay(undefined));
    if (decision?.status === 'pending') {
      return decision;
    }
  }
  return undefined;
}

/**
 * For whatever must not happen before a person has answered: a check that shares the transaction of the write.
 * @throws BelayError `decision_pending`, `ref_unreadable`.
 */
export async function noneWaits(worktree: Worktree, key: string): Promise<Verify> {
  const decision = await readDecision(worktree, key);
  if (decision?.status === 'pending') {
    throw waits(decision);
  }
  return { kind: 'verify', ref: decisionRef(key), at: decision?.version };
}

export function waits(decision: Decision): BelayError {
  if (decision.vanished !== undefined) {
    return new BelayError(
      'decision_pending',
      `A question about the worktree ${decision.worktree} has vanished without an answer and waits for a person (decision ${decision.id}).`,
    );
  }
  return new BelayError(
    'decision_pending',
    `The worktree ${decision.worktree} waits for a person to decide about a reset (decision ${decision.id}).`,
  );
}
