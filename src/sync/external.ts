import { listBackups, newBackupRef } from '../backups/backups';
import { checkpointsAt } from '../checkpoint/history';
import { ask, changeOrRefuse } from '../decisions/decide';
import type { Decision } from '../decisions/model';
import { decisionHistory } from '../decisions/read';
import { BelayError } from '../errors';
import { oneLine } from '../git/commit';
import { readHead, type Worktree } from '../git/worktree';
import { openGuard } from '../leases/guard';
import { shadowPrefix, shadowRef } from '../refs/names';
import type { RefChange } from '../refs/transaction';
import { sessionsToHold } from './ask';
import { findFallen, type Fallen, type Known } from './fallen';
import { shortName } from './standing';

/** At most so many lines of commits are pinned at once. */
const pinLimit = 50;

/**
 * Notices commits that somebody else's reset, forced move or deleted branch has left hanging since the worktree's first
 * checkpoint, pins them under `refs/belay/backup/external/`, and puts them to the person once, also when the backup is
 * deleted later. Where the person is being asked something else, they are pinned now and asked about afterwards.
 * @returns the decision, when a new one was made.
 * @throws BelayError `backup_failed`, `ref_unreadable`.
 */
export async function noticeFallen(worktree: Worktree): Promise<Decision | undefined> {
  const known = await whatIsKnown(worktree);
  const fallen = known === undefined ? undefined : await findFallen(worktree, known);
  const waiting = (await listBackups(worktree)).filter(
    ({ kind, subject }) => kind === 'external' && subject === worktree.key,
  );
  if (fallen === undefined && waiting.length === 0) {
    return undefined;
  }
  const history = await decisionHistory(worktree, worktree.key);
  const asked = new Set(history.flatMap(({ backups }) => backups));
  const answered = new Set(
    history.flatMap(({ case: what, from, dropped }) => (what === 'external_reset' ? [from, ...dropped] : [])),
  );
  const tips = (fallen?.tips ?? []).filter((tip) => !answered.has(tip)).slice(0, pinLimit);
  const unasked = waiting.filter(({ ref }) => !asked.has(ref));
  if (tips.length === 0 && unasked.length === 0) {
    return undefined;
  }
  const pins = tips.map((to): RefChange => ({
    kind: 'create',
    ref: newBackupRef('external', worktree.key),
    to,
  }));
  const earlier = unasked.map(({ ref, tip }): RefChange => ({ kind: 'verify', ref, at: tip }));
  return askOrOnlyPin(worktree, { fallen, tips: [...tips, ...unasked.map(({ tip }) => tip)] }, pins, earlier);
}

async function askOrOnlyPin(
  worktree: Worktree,
  { fallen, tips }: { readonly fallen: Fallen | undefined; readonly tips: readonly string[] },
  pins: readonly RefChange[],
  earlier: readonly RefChange[],
): Promise<Decision | undefined> {
  const [head, sessions, guard] = await Promise.all([
    readHead(worktree),
    sessionsToHold(worktree),
    openGuard(worktree, {}),
  ]);
  const branch = fallen?.branch ?? head.branch;
  const commits = [...new Set([...tips, ...(fallen?.commits ?? [])])];
  const checkpoint = await currentCheckpoint(worktree);
  const where = branch === undefined ? 'HEAD' : shortName(branch);
  const count = commits.length === 1 ? '1 commit' : `${commits.length} commits`;
  try {
    return await ask(
      worktree,
      guard,
      {
        worktree: worktree.key,
        branch,
        case: 'external_reset',
        from: tips[0] ?? '',
        to: head.oid,
        pin: undefined,
        backups: [...pins, ...earlier].map(({ ref }) => ref),
        dropped: commits,
        checkpoint: checkpoint?.oid,
        sessions,
        why: `${count} fell off ${where} (${oneLine(fallen?.how ?? 'noticed while another decision waited')}).`,
      },
      [...pins, ...earlier],
    );
  } catch (thrown) {
    if (!(thrown instanceof BelayError && thrown.reason === 'decision_pending')) {
      throw thrown;
    }
    if (pins.length > 0) {
      const pinned = await changeOrRefuse(worktree, 'pin_backup', guard, pins);
      if (!pinned.done) {
        throw new BelayError('backup_failed', `${count} fell off ${where}: ${pinned.words.trim()}`);
      }
    }
    return undefined;
  }
}

/** Undefined when no checkpoint was taken here yet: then Belay does not look after the worktree. */
async function whatIsKnown(worktree: Worktree): Promise<Known | undefined> {
  const ends = await checkpointsAt(worktree, `${shadowPrefix}${worktree.key}/`);
  const opened = [...ends.values()].map(({ segment }) => Number(BigInt(segment) / 1_000_000n));
  return opened.length === 0
    ? undefined
    : { base: ends.get(shadowRef(worktree.key))?.base, since: Math.min(...opened) };
}

async function currentCheckpoint(worktree: Worktree): Promise<{ readonly oid: string } | undefined> {
  const ref = shadowRef(worktree.key);
  return (await checkpointsAt(worktree, ref)).get(ref);
}
