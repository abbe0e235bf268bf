import { stat } from 'node:fs/promises';
import path from 'node:path';
import { listBackups, newBackupRef } from '../backups/backups';
import { endCall, openCalls, type Call } from '../backups/calls';
import { judged, keyOf, lookAtNames, markLeft, markTold, settleLook, toldIn } from '../backups/look';
import { writeFall, type Doer, type FallenThing } from '../backups/fallRecord';
import { whenMissing } from '../git/diskErrors';
import type { Worktree } from '../git/worktree';
import { pulse } from '../refs/pulse';
import type { RefChange } from '../refs/change';
import { findFallen, type Fallen } from './fallen';
import { overwrittenBy } from './overwritten';
import { thingsOf } from './things';

/** Git's logs know seconds only, and a file's time may be coarser than the clock. In milliseconds. */
const logGrain = 2_000;

/** What a connected agent's call dropped. */
export interface OwnFall {
  /** The backup that holds it; undefined where nothing was lost. */
  readonly ref: string | undefined;
  /** Losses outside Belay, or of a call that is still under way, have been recorded and wait to be judged. */
  readonly others: boolean;
}

/**
 * Notices what a connected agent's call dropped: what the references named before it and nothing names after it. It becomes
 * one backup, and so a notice: never a question, and no reason to hold an agent. Called after each call that may have changed
 * something, and where nothing changed it costs no more than the look.
 * @param who whose call is over. Where no call of theirs was put down, what is found counts as theirs.
 * @throws GitError; BelayError `backup_failed`.
 */
export async function noticeOwnFall(
  worktree: Worktree,
  who: Pick<Call, 'session' | 'agent'>,
  own: Call | undefined,
  calls: readonly Call[],
): Promise<OwnFall> {
  const { repository } = worktree;
  const logs = own !== undefined && (await hasMoved(worktree, own.since));
  const doer = doerOf(who, own, calls);
  const fall = await settleLook<OwnFall>(
    worktree,
    () => lookAtNames(worktree),
    async ({ kept, changes, left }) => {
      const mine = left.filter((one) => own?.left.includes(keyOf(one)) !== true);
      const others = left.filter((one) => !mine.includes(one));
      const fallen =
        mine.length === 0 && !logs
          ? []
          : await findFallen(worktree, {
              left: mine,
              told: toldIn(kept),
              since: own?.since,
              until: Infinity,
              base: undefined,
            });
      const taken = own === undefined ? [] : await overwrittenBy(worktree, own);
      const things = await thingsOf(worktree, [...fallen, ...taken]);
      const record = await pinAll(worktree, things, doer, own?.note);
      return {
        changes: [
          ...changes,
          ...others.map(markLeft),
          ...mine.map(judged),
          ...fallen.map(({ tip }) => markTold(tip)),
        ],
        others: record === undefined ? [] : [record, ...(await heldBefore(worktree, taken))],
        result: { ref: record?.ref, others: others.length > 0 },
      };
    },
  );
  await endCall(repository, who);
  if (fall.ref !== undefined) {
    await pulse(repository, fall.ref);
  }
  return fall;
}

/** The references that held what was taken until it was known to be gone: the record holds it now, and it is listed once. */
async function heldBefore(worktree: Worktree, taken: readonly Fallen[]): Promise<RefChange[]> {
  if (taken.length === 0) {
    return [];
  }
  const tips = new Set(taken.map(({ tip }) => tip));
  return (await listBackups(worktree))
    .filter(({ kind, tip }) => kind === 'before-command' && tips.has(tip))
    .map(({ ref, at }) => ({ kind: 'delete', ref, from: at }));
}

async function pinAll(
  worktree: Worktree,
  things: readonly FallenThing[],
  doer: Doer,
  note: string | undefined,
): Promise<RefChange | undefined> {
  if (things.length === 0) {
    return undefined;
  }
  const to = await writeFall(worktree, { things, ...doer, note, dismissed: false }, Date.now());
  return { kind: 'create', ref: newBackupRef('agent', worktree.key), to };
}

/** Whether HEAD, or the branch that it is on, has moved since: then git's logs may tell of what came and went in between. */
async function hasMoved({ gitDir, repository }: Worktree, since: number): Promise<boolean> {
  if (repository.refsElsewhere) {
    // Nothing here tells.
    return true;
  }
  const files =
    (await repository.refFormat()) === 'reftable'
      ? [gitDir, repository.commonDir].map((folder) => path.join(folder, 'reftable', 'tables.list'))
      : [path.join(gitDir, 'logs', 'HEAD')];
  const stats = await Promise.all(files.map((file) => stat(file).catch(whenMissing(undefined))));
  return stats.some((found) => found !== undefined && found.mtimeMs >= since - logGrain);
}

/**
 * Whose doing it was: of several calls that are under way the one whose own words say that it may drop something. Where that is
 * not one alone, nobody is named.
 */
function doerOf(who: Pick<Call, 'session' | 'agent'>, own: Call | undefined, calls: readonly Call[]): Doer {
  const others = calls.filter(({ session, agent }) => session !== who.session || agent !== who.agent);
  const me = { ...who, command: own?.command };
  if (others.length === 0) {
    return me;
  }
  const [suspect, ...more] = [...(own === undefined ? [] : [own]), ...others].filter((call) => call.suspect);
  return suspect === undefined || more.length > 0
    ? { session: undefined, agent: undefined, command: undefined }
    : { session: suspect.session, agent: suspect.agent, command: suspect.command };
}

/** The call of this session that was put down before it, and all that are under way. */
export async function callsOf(
  { repository }: Worktree,
  who: Pick<Call, 'session' | 'agent'>,
): Promise<{ readonly own: Call | undefined; readonly calls: readonly Call[] }> {
  const calls = await openCalls(repository);
  return {
    own: calls.find(({ session, agent }) => session === who.session && agent === who.agent),
    calls,
  };
}
