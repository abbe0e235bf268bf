import type { Worktree } from '../git/worktree';
import { newOverflowRef, segmentRef, sessionRef, shadowRef } from '../refs/names';
import type { RefChange } from '../refs/change';
import { changeRefs, ownComparison } from '../refs/transaction';
import { lostOf, readAcknowledged, strike, type Lost } from './acknowledged';
import { checkpointIn } from './message';

/**
 * Gives acknowledged checkpoints that no reference reaches their references again: the shadow branch, where there is none; else
 * each stretch as a closed segment, or beside the chain, to be folded in, where that one went on in the same segment. Nothing
 * that is there is moved. What is gone for good is struck from the record.
 * @returns a sentence for each thing that was done, or could not be. @throws GitError.
 */
export async function bringBack(worktree: Worktree, lost: Lost): Promise<string[]> {
  const { worktree: key, checkpoints, ends, gone } = lost;
  const changes = [...(await ofChain(worktree, key, ends)), ...(await ofSessions(worktree, lost))];
  const done: string[] = [];
  if (changes.length > 0) {
    const outcome = await changeRefs(worktree, 'bring_back', ownComparison, changes);
    if (!outcome.done) {
      return [
        `The ${checkpoints.length} acknowledged checkpoints of ${key} could not be brought back (${outcome.reason}).`,
      ];
    }
    done.push(`Brought ${checkpoints.length} acknowledged checkpoints of ${key} back.`);
  }
  if (gone.length > 0) {
    await strike(worktree.repository, key, gone);
    done.push(
      `${gone.length} acknowledged checkpoints of ${key} are gone for good, and are not looked for any more.`,
    );
  }
  const known = await readAcknowledged(worktree.repository, key);
  if (known !== undefined) {
    await lostOf(worktree, key, known);
  }
  return done;
}

async function ofChain(worktree: Worktree, key: string, ends: Lost['ends']): Promise<RefChange[]> {
  const shadow = shadowRef(key);
  const names = ends.map((end) => segmentRef(key, end.segment));
  const [tip, ...closed] = await worktree.plumbing.objects([shadow, ...names]);
  const used = new Set<string>();
  return ends.map((end, index): RefChange => {
    const isFirst = tip === undefined && index === 0;
    const isFree =
      closed[index] === undefined && !used.has(end.segment) && checkpointIn(tip)?.segment !== end.segment;
    used.add(end.segment);
    const name = segmentRef(key, end.segment);
    const beside = newOverflowRef(key);
    return { kind: 'create', ref: isFirst ? shadow : isFree ? name : beside, to: end.oid };
  });
}

/** The latest checkpoint of each session that has no reference: so its next step is known. */
async function ofSessions(worktree: Worktree, { checkpoints }: Lost): Promise<RefChange[]> {
  const latest = new Map<string, { readonly oid: string; readonly step: number }>();
  for (const { session, oid, step } of checkpoints) {
    const ref = sessionRef(session);
    if (step > (latest.get(ref)?.step ?? 0)) {
      latest.set(ref, { oid, step });
    }
  }
  const infos = latest.size === 0 ? [] : await worktree.plumbing.infos([...latest.keys()]);
  return [...latest].flatMap(([ref, { oid }], index): RefChange[] =>
    infos[index] === undefined ? [{ kind: 'create', ref, to: oid }] : [],
  );
}
