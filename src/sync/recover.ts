import { newBackupRef } from '../backups/backups';
import { commitsOf } from '../backups/commits';
import { takeOnTheWay } from '../checkpoint/take';
import { decisionHistory } from '../decisions/read';
import type { Worktree } from '../git/worktree';
import { openGuard } from '../leases/guard';
import { askOrPin, recordAfter, type Divergence, type Prepared } from './ask';
import { carryOutKeeping } from './keep';
import { underWorktreeLease } from '../leases/worktreeLease';
import { withMove } from './move';
import type { SyncOutcome } from './syncOutcome';
import { listCommits, removedWords } from './commitWords';
import { copyNotes } from './notes';
import { replayInObjects, type Rebased } from './rebase';
import type { SyncRequest } from './request';
import { resetUnder } from './reset';
import { whyNotUnattended } from './unattended';
import { namedCommits, whoseCommits, type Sides, type Whose } from './whose';

/** How many dropped commits are named. */
const droppedLimit = 1_000;

/**
 * Brings a diverged branch back: by a rebase that was found to be clean before anything is touched, else by asking a person, or,
 * where that is the setting, by a reset that a person acknowledges. What came from the upstream and is there no more is left out.
 * What is no matter of conflicts is asked whatever the setting: commits that were made here and that the upstream took back, or
 * whose origin nothing tells, and what a person must do by themselves (./unattended.ts). The checkpoint and the backup ref come
 * first; without both nothing is changed.
 * @throws BelayError `uncommitted_in_the_way` when the rebase is clean, but what is not committed stands in its way: commits
 * are not dropped for that.
 */
export async function recover(
  worktree: Worktree,
  divergence: Divergence,
  request: SyncRequest,
): Promise<SyncOutcome> {
  const whose = await sortOut(worktree, divergence, 'all');
  return bring(worktree, divergence, request, await tryOut(worktree, divergence, whose));
}

/**
 * As {@link recover}, for a branch that holds its upstream already: what the upstream took back is not pushed there again.
 * @returns undefined where nothing is to be left out or asked.
 */
export async function recoverAhead(
  worktree: Worktree,
  divergence: Divergence,
  request: SyncRequest,
): Promise<SyncOutcome | undefined> {
  const whose = await sortOut(worktree, divergence, 'foreign');
  if (whose.removed.length + whose.unknown.size + whose.takenBack.size === 0) {
    return undefined;
  }
  const tried = await tryOut(worktree, divergence, whose);
  return tried.question !== undefined && (await keptBefore(worktree, divergence))
    ? undefined
    : bring(worktree, divergence, request, tried);
}

function sortOut(
  worktree: Worktree,
  { following, upstream, others, follows, pin: pinned }: Divergence,
  doubt: Sides['doubt'],
): Promise<Whose> {
  return whoseCommits(worktree, {
    local: following.local,
    target: upstream,
    others,
    follows,
    doubt: pinned === undefined ? doubt : 'none',
  });
}

/** Whose the commits are, how putting the own ones onto the upstream would end, and what a person must be asked before. */
interface Tried {
  readonly whose: Whose;
  readonly rebased: Rebased;
  readonly question: string | undefined;
}

async function tryOut(worktree: Worktree, { upstream }: Divergence, whose: Whose): Promise<Tried> {
  const rebased = await replayInObjects(worktree, whose.own, upstream);
  return { whose, rebased, question: await whatToAsk(worktree, whose, rebased) };
}

/** What a person is to be asked, also where the rebase is clean. */
async function whatToAsk(
  worktree: Worktree,
  { own, unknown, takenBack }: Whose,
  rebased: Rebased,
): Promise<string | undefined> {
  // One whose change the upstream has in another commit is not missed there.
  const missed = own.map(({ oid }) => oid).filter((oid) => !rebased.clean || rebased.rewritten.has(oid));
  const listed = async (among: ReadonlySet<string>): Promise<string | undefined> => {
    const found = missed.filter((oid) => among.has(oid)).reverse();
    return found.length === 0 ? undefined : listCommits(await namedCommits(worktree, found));
  };
  const made = await listed(takenBack);
  if (made !== undefined) {
    return `The upstream had and removed ${made}, and they were made here.`;
  }
  const doubted = await listed(unknown);
  if (doubted !== undefined) {
    return `Nothing tells whether the upstream had and removed ${doubted}: it was not seen before.`;
  }
  return rebased.clean ? whyNotUnattended(worktree, [...rebased.rewritten.keys()]) : undefined;
}

async function bring(
  worktree: Worktree,
  divergence: Divergence,
  request: SyncRequest,
  { whose, rebased, question }: Tried,
): Promise<SyncOutcome> {
  const prepared = await prepare(worktree, divergence, request);
  if (rebased.clean && question === undefined) {
    return takeRebased(worktree, prepared, { ...rebased, removed: whose.removed }, request);
  }
  const why = [question ?? (rebased.clean ? '' : rebased.why), removedWords(whose.removed)]
    .filter((part) => part !== '')
    .join(' ');
  if (await keptBefore(worktree, prepared)) {
    return {
      ...outcome(worktree, prepared, 'diverged_held', { message: `You chose to keep your commits. ${why}` }),
      backup: undefined,
    };
  }
  return request.onConflict === 'reset' && question === undefined
    ? resetToUpstream(worktree, prepared, request, why)
    : hold(worktree, prepared, request, why);
}

/** A checkpoint of the worktree's present state, the name of the backup, and what a reset would drop. */
export async function prepare(
  worktree: Worktree,
  divergence: Divergence,
  request: SyncRequest,
): Promise<Prepared> {
  const { local } = divergence.following;
  const { checkpoint } = await takeOnTheWay(
    worktree,
    {
      session: request.session,
      agent: request.agent,
      message: `Before syncing with ${divergence.upstream.slice(0, 10)}`,
      leases: request.leases ?? [],
    },
    { signal: request.signal },
  );
  const dropped = await commitsOf(worktree, [local, '--not', divergence.upstream], droppedLimit);
  return { ...divergence, checkpoint, backup: newBackupRef('sync-recovery', worktree.key), dropped };
}

/** Moves to the rebased commits, with what is not committed kept. */
async function takeRebased(
  worktree: Worktree,
  prepared: Prepared,
  { tip, rewritten, removed }: Extract<Rebased, { clean: true }> & Pick<Whose, 'removed'>,
  request: SyncRequest,
): Promise<SyncOutcome> {
  const { following, upstream, backup, checkpoint } = prepared;
  const how = `rebasing onto ${upstream.slice(0, 10)}`;
  const move = { branch: following.branch, from: following.local, to: tip, backup, how };
  const kept = await carryOutKeeping(worktree, move, checkpoint, request);
  const said = [kept.message, await copyNotes(worktree, rewritten)].filter((words) => words !== undefined);
  return outcome(worktree, prepared, 'diverged_rebased', {
    to: tip,
    dropped: [],
    leftOut: removed.map(({ oid, subject }) => ({ commit: oid, subject, backup })),
    moved: kept.moved,
    message: said.length === 0 ? undefined : said.join(' '),
  });
}

/** The branch and the files stay unchanged, and the person is asked. */
async function hold(
  worktree: Worktree,
  prepared: Prepared,
  request: SyncRequest,
  why: string,
): Promise<SyncOutcome> {
  const guard = await openGuard(worktree, { leases: request.leases });
  const decision = await askOrPin(worktree, guard, prepared, 'diverged_held', why);
  return outcome(worktree, prepared, 'diverged_held', { decision: decision.id, message: why });
}

/** The question stands, with its backup, before the first file is touched. A reset that something is in the way of is held. */
async function resetToUpstream(
  worktree: Worktree,
  prepared: Prepared,
  request: SyncRequest,
  why: string,
): Promise<SyncOutcome> {
  const { following, upstream, checkpoint } = prepared;
  const { branch, local } = following;
  const move = { branch, from: local, to: upstream, mode: 'reset', checkpoint } as const;
  return underWorktreeLease(worktree, request, (held) =>
    withMove(worktree, move, async (ready) => {
      if ('why' in ready) {
        return hold(worktree, prepared, request, `${why} It was not reset either. ${ready.why}`);
      }
      const guard = await openGuard(worktree, { leases: held.writer.leases });
      const decision = await askOrPin(worktree, guard, prepared, 'diverged_recovered_by_reset', why);
      const moved = await resetUnder(worktree, ready, prepared, { fence: guard, held, decision });
      const words = await recordAfter(worktree, held, `After resetting to ${upstream.slice(0, 10)}`);
      return outcome(worktree, prepared, 'diverged_recovered_by_reset', {
        decision: decision.id,
        hardReset: true,
        moved,
        message: words === undefined ? why : `${why} ${words}`,
      });
    }),
  );
}

/** Whether the person was asked about this upstream before, and chose to keep their commits, or to have them back. */
async function keptBefore(worktree: Worktree, { upstream, following }: Divergence): Promise<boolean> {
  const history = await decisionHistory(worktree, worktree.key);
  const last = history.find(
    (version) =>
      version.status === 'answered' &&
      version.case !== 'external_reset' &&
      version.to === upstream &&
      version.branch === following.branch,
  );
  return last?.answer === 'keep_my_commits' || last?.answer === 'bring_my_commits_back';
}

function outcome(
  worktree: Worktree,
  prepared: Prepared,
  what: SyncOutcome['case'],
  own: Partial<SyncOutcome>,
): SyncOutcome {
  return {
    worktree: worktree.key,
    case: what,
    hardReset: false,
    from: prepared.following.local,
    to: prepared.upstream,
    backup: prepared.backup,
    dropped: prepared.dropped.map(({ oid, subject }) => ({ oid, subject })),
    leftOut: [],
    checkpoint: prepared.checkpoint.oid,
    ...own,
  };
}
