import { beginCall, type Call } from '../backups/calls';
import { keepNames, keyOf } from '../backups/look';
import { onlyInLogs } from '../backups/logs';
import type { Worktree } from '../git/worktree';
import { noticeFallen } from '../sync/external';
import { callsOf, noticeOwnFall } from '../sync/ownFall';
import { holdBeforePush, type HeldForPush } from './beforePush';
import { commandName } from './commandName';
import { coverage, fieldOf } from './coverage';
import { dangersIn } from './destructive';
import type { AgentEvent, Before } from './event';
import type { LookTime } from './scene';
import { askingLimitMs } from './remoteTips';

/** Words of a call that make it worth a look at what only git's logs hold. They may stand anywhere in it. */
const clearing = /\b(?:gc|prune|reflog|repack|maintenance|filter-repo)\b/;

/**
 * Covers what a call has changed, then notices what it made fall off the references: what was popped from the stash is in the
 * checkpoint by then. That it cannot be covered is no reason not to notice.
 * @throws what `rest` throws, else what kept the references from being looked at.
 */
export async function referencesAfter(
  worktree: Worktree,
  event: AgentEvent,
  agent: string,
  rest: () => Promise<unknown>,
): Promise<void> {
  const [covered] = await Promise.allSettled([rest()]);
  if (!leavesReferences(event)) {
    await noticeAfter(worktree, event, agent);
  }
  if (covered.status === 'rejected') {
    throw covered.reason;
  }
}

function leavesReferences(event: AgentEvent): boolean {
  return 'tool' in event && !coverage[fieldOf(event.tool)].after.references;
}

/** In whose name, and where else, something is kept before a call. */
export interface KeepBefore {
  readonly agent: string;
  /** The session's tokens. */
  readonly leases: readonly string[];
  /** Other worktrees of the repository that the call leads into. */
  readonly led: readonly Worktree[];
  readonly lookTime: LookTime;
  readonly signal: AbortSignal;
  /** How long a remote is asked at most, in ms; {@link askingLimitMs} where nothing is said. */
  readonly askMs?: number;
}

/**
 * Keeps what the references name before a call that may change any of them, and puts down that the call is under way.
 * @throws GitError, LeaseError; BelayError `backup_failed`.
 */
export async function keepBefore(
  worktree: Worktree,
  { tool, session }: Before,
  { agent, leases, led, ...bounds }: KeepBefore,
): Promise<void> {
  const { commands } = tool;
  const clears = commands.some((text) => clearing.test(text));
  const { left } = await keepNames(worktree, clears ? await onlyInLogs(worktree) : []);
  const call: Call = {
    session,
    agent,
    command: commandName(commands),
    suspect: dangersIn(commands).length > 0,
    worktree: worktree.key,
    since: Date.now(),
    left: left.map(keyOf),
  };
  await beginCall(worktree.repository, call);
  const held = await holdPushes([worktree, ...led], commands, leases, bounds);
  if (held !== undefined) {
    await beginCall(worktree.repository, { ...call, ...held });
  }
}

/** Before pushes from any of these worktrees; all of them together wait for remotes no longer than one push. */
async function holdPushes(
  worktrees: readonly Worktree[],
  commands: readonly string[],
  leases: readonly string[],
  { lookTime, signal, askMs = askingLimitMs }: Pick<KeepBefore, 'lookTime' | 'signal' | 'askMs'>,
): Promise<HeldForPush | undefined> {
  const dangers = dangersIn(commands).filter(({ drops }) => drops.includes('remote'));
  if (dangers.length === 0) {
    return undefined;
  }
  const time = AbortSignal.any([signal, AbortSignal.timeout(Math.min(askMs, lookTime.leftMs()))]);
  const held: HeldForPush[] = [];
  for (const worktree of worktrees) {
    held.push(...[(await holdBeforePush(worktree, dangers, leases, time)) ?? []].flat());
  }
  const notes = new Set(held.flatMap(({ note }) => note ?? []));
  const pushed = new Map(held.flatMap((one) => one.pushed.map((each) => [`${each.ref} ${each.tip}`, each])));
  return { pushed: [...pushed.values()], note: [...notes].join('; ') || undefined };
}

/**
 * What the references of other repositories name that a call leads into, and what a push from there may take. One that cannot be
 * kept keeps no other from it.
 */
export async function keepElsewhere(
  worktrees: readonly Worktree[],
  { tool }: Before,
  bounds: { readonly lookTime: LookTime; readonly signal: AbortSignal },
): Promise<void> {
  const repositories = new Map(worktrees.map((worktree) => [worktree.repository.commonDir, worktree]));
  const kept = await Promise.allSettled([
    ...[...repositories.values()].map((worktree) => keepNames(worktree)),
    holdPushes(worktrees, tool.commands, [], bounds),
  ]);
  const failed = kept.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    throw failed.reason;
  }
}

async function noticeAfter(worktree: Worktree, { kind, session }: AgentEvent, agent: string): Promise<void> {
  const who = { session, agent };
  const { own, calls } = await callsOf(worktree, who);
  if (kind !== 'after_tool' && own === undefined) {
    // No call of this session is open: whatever happened, it was not its doing.
    if ((await keepNames(worktree)).left.length > 0) {
      await noticeFallen(worktree, { afterCheckpoint: true });
    }
    return;
  }
  const { others } = await noticeOwnFall(worktree, who, own, calls);
  if (others) {
    await noticeFallen(worktree, { afterCheckpoint: true });
  }
}
