import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BelayError, messageOf } from '../errors';
import { hasCode } from '../git/missing';
import { worktreeBirth, type Worktree } from '../git/worktree';
import { saysRef } from '../refs/foreign';
import { decisionPrefix, decisionRef } from '../refs/names';
import { parseRecord, recordHistory } from '../refs/records';
import type { Verify } from '../refs/transaction';
import type { Decision } from './model';
import { parseDecision } from './record';

/**
 * What waits, or waited last, about a worktree; undefined when nothing ever did.
 * @throws BelayError `ref_unreadable` when there is something that cannot be read: that is not the same as nothing.
 */
export async function readDecision(worktree: Worktree, key: string): Promise<Decision | undefined> {
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

/** An old question must not hold a worktree that was made since under the same name. */
async function isOutlived(
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
    await readFile(path.join(worktree.repository.commonDir, ref));
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT', 'ENOTDIR', 'EISDIR')) {
      return;
    }
    throw new BelayError('ref_unreadable', `The reference ${ref} cannot be read (${messageOf(thrown)}).`, {
      cause: thrown,
    });
  }
  // It has appeared since git looked, which whoever writes under its check finds out.
}

/** How many versions of the decisions about a worktree are looked through. */
const historyLimit = 1_000;

/** Every version of the decisions about a worktree, newest first. @throws BelayError `ref_unreadable`. */
export async function decisionHistory(worktree: Worktree, key: string): Promise<Decision[]> {
  const latest = await readDecision(worktree, key);
  if (latest === undefined) {
    return [];
  }
  const versions = await recordHistory(worktree, latest.version, historyLimit);
  return versions.flatMap((version) => parseDecision(version) ?? []);
}

/** The latest decision about each worktree, the pending ones first, then the newest. */
export async function listDecisions(worktree: Worktree): Promise<Decision[]> {
  const text = await worktree.git.text({
    args: ['for-each-ref', '--format=%(refname)', decisionPrefix],
    cwd: worktree.root,
  });
  const keys = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.slice(decisionPrefix.length));
  const decisions: Decision[] = [];
  for (const key of keys) {
    const decision = await readDecision(worktree, key);
    if (decision !== undefined) {
      decisions.push(decision);
    }
  }
  const pendingFirst = (decision: Decision): number => (decision.status === 'pending' ? 0 : 1);
  return decisions.sort((a, b) => pendingFirst(a) - pendingFirst(b) || b.created - a.created);
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
  return new BelayError(
    'decision_pending',
    `The worktree ${decision.worktree} waits for a person to decide about a reset (decision ${decision.id}).`,
  );
}
