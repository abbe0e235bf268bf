import { listBackups, newBackupRef } from '../backups/backups';
import { openCalls } from '../backups/calls';
import {
  judged,
  keyOf,
  lookAtNames,
  markLeft,
  markTold,
  settleLook,
  toldIn,
  type Left,
} from '../backups/look';
import type { Backup } from '../backups/backup';
import { writeFall } from '../backups/fallRecord';
import { checkpointsAt } from '../checkpoint/history';
import { ask } from '../decisions/decide';
import type { Decision } from '../decisions/decision';
import { decisionHistory } from '../decisions/read';
import { BelayError } from '../errors';
import { oneLine } from '../git/commit';
import { readHead } from '../git/head';
import type { Worktree } from '../git/worktree';
import { openGuard } from '../leases/guard';
import { shadowPrefix, shadowRef } from '../refs/names';
import { pulse } from '../refs/pulse';
import type { RefChange } from '../refs/change';
import { sessionsToHold } from './ask';
import { findFallen, type Fallen } from './fallen';
import { shortName } from './worktreeState';
import { thingsOf } from './things';

/** At most so many things are pinned and asked about at once. */
const pinLimit = 50;

/** Who notices, and when. */
export interface Noticing {
  /** A session whose own call has not begun yet: what is noticed is not its doing. */
  readonly before?: string;
  /** A whole checkpoint has just been taken. What was popped from the stash is in it; else the stash is not judged. */
  readonly afterCheckpoint?: boolean;
}

/**
 * Notices what a reset, forced move or deletion outside Belay has left unreachable since the worktree's first checkpoint, pins it
 * under `refs/belay/backup/external/`, and puts it to the person once, also when the backup is deleted later. Where the person
 * is being asked something else, it is pinned now and asked about afterwards. What is lost while a connected agent's call is
 * under way is attributed to that call.
 * @returns the decision, when a new one was made.
 * @throws BelayError `backup_failed`, `ref_unreadable`.
 */
export async function noticeFallen(
  worktree: Worktree,
  noticing: Noticing = {},
): Promise<Decision | undefined> {
  const known = await whatIsKnown(worktree);
  if (known === undefined) {
    return undefined;
  }
  const calls = (await openCalls(worktree.repository)).filter(({ session }) => session !== noticing.before);
  const begun = calls.filter((call) => call.worktree === worktree.key).map(({ since }) => since);
  const mine = (left: Left): boolean =>
    calls.every((call) => call.left.includes(keyOf(left))) &&
    (noticing.afterCheckpoint === true || !left.name.startsWith('stash/'));
  const pinned = await settleLook<readonly Fallen[]>(
    worktree,
    () => lookAtNames(worktree),
    async (look) => {
      const left = look.left.filter(mine);
      const others = look.left.filter((one) => !mine(one));
      const search = { ...known, left, told: toldIn(look.kept), until: Math.min(...begun, Infinity) };
      const fallen = (await findFallen(worktree, search)).slice(0, pinLimit);
      const pins = await Promise.all(fallen.map((one) => pinOf(worktree, one)));
      return {
        changes: [
          ...look.changes,
          ...others.map(markLeft),
          ...left.map(judged),
          ...fallen.map(({ tip }) => markTold(tip)),
        ],
        others: pins,
        result: fallen,
      };
    },
  );
  const waiting = (await listBackups(worktree)).filter(
    ({ kind, subject }) => kind === 'external' && subject === worktree.key,
  );
  if (waiting.length === 0) {
    return undefined;
  }
  const history = await decisionHistory(worktree, worktree.key);
  const asked = new Set(history.flatMap(({ backups }) => backups));
  const unasked = waiting.filter(({ ref }) => !asked.has(ref));
  return unasked.length === 0 ? undefined : askAbout(worktree, pinned, unasked);
}

async function pinOf(worktree: Worktree, fallen: Fallen): Promise<RefChange> {
  const things = await thingsOf(worktree, [fallen]);
  const nobody = { session: undefined, agent: undefined, command: undefined, note: undefined };
  const to = await writeFall(worktree, { things, ...nobody, dismissed: true }, Date.now());
  return { kind: 'create', ref: newBackupRef('external', worktree.key), to };
}

/** The backups are there: should it not come to the question, the next look asks it. */
async function askAbout(
  worktree: Worktree,
  fallen: readonly Fallen[],
  unasked: readonly Backup[],
): Promise<Decision | undefined> {
  const [head, sessions, guard] = await Promise.all([
    readHead(worktree),
    sessionsToHold(worktree),
    openGuard(worktree, {}),
  ]);
  const [first] = fallen;
  const branch = first?.from.startsWith('refs/heads/') === true ? first.from : head.branch;
  const tips = unasked.map(({ tip }) => tip);
  const commits = [...new Set([...fallen.flatMap((one) => one.commits), ...tips])];
  const checkpoint = await currentCheckpoint(worktree);
  const at = branch === head.branch ? head.oid : (await worktree.plumbing.infos([branch ?? 'HEAD']))[0]?.oid;
  const where = first === undefined || first.what === 'branch' || first.what === 'head' ? branch : first.from;
  const name = where === undefined ? 'HEAD' : shortName(where);
  const count = commits.length === 1 ? '1 commit' : `${commits.length} commits`;
  const how = oneLine(first?.how ?? 'noticed while another decision waited');
  try {
    return await ask(
      worktree,
      guard,
      {
        worktree: worktree.key,
        branch,
        case: 'external_reset',
        from: tips[0] ?? '',
        to: at,
        pin: undefined,
        backups: unasked.map(({ ref }) => ref),
        dropped: commits,
        checkpoint: checkpoint?.oid,
        sessions,
        why: `${name} lost ${count} (${how}).`,
      },
      unasked.map(({ ref, at }): RefChange => ({ kind: 'verify', ref, at })),
    );
  } catch (thrown) {
    if (!(thrown instanceof BelayError && thrown.reason === 'decision_pending')) {
      throw thrown;
    }
    await pulse(worktree.repository, unasked[0]?.ref ?? '');
    return undefined;
  }
}

/** Undefined when no checkpoint was taken here yet: then Belay does not look after the worktree. */
async function whatIsKnown(
  worktree: Worktree,
): Promise<{ readonly base: string | undefined; readonly since: number } | undefined> {
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
