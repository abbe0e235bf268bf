import { beginCall, type Call } from '../backups/calls';
import { keepNames, keyOf } from '../backups/look';
import { onlyInLogs } from '../backups/logs';
import type { Worktree } from '../git/worktree';
import { noticeFallen } from '../sync/external';
import { callsOf, noticeOwnFall } from '../sync/ownFall';
import { backUpBeforePush } from './beforePush';
import { commandName } from './commandName';
import { coverage, fieldOf } from './coverage';
import { dangersIn } from './destructive';
import type { AgentEvent } from './event';

type Before = Extract<AgentEvent, { readonly kind: 'before_tool' }>;

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

/**
 * Keeps what the references name before a call that may change any of them, and puts down that the call is under way.
 * @param leases the session's tokens.
 * @throws GitError, LeaseError; BelayError `backup_failed`.
 */
export async function keepBefore(
  worktree: Worktree,
  { tool, session }: Before,
  agent: string,
  leases: readonly string[],
): Promise<void> {
  const { commands } = tool;
  const clears = commands.some((text) => clearing.test(text));
  const { left } = await keepNames(worktree, clears ? await onlyInLogs(worktree) : []);
  await beginCall(worktree.repository, {
    session,
    agent,
    command: commandName(commands),
    suspect: dangersIn(commands).length > 0,
    worktree: worktree.key,
    since: Date.now(),
    left: left.map(keyOf),
  } satisfies Call);
  await backUpBeforePush(worktree, dangersIn(commands), leases);
}

/** What the references of other repositories name that a call leads into. One that cannot be kept keeps no other from it. */
export async function keepElsewhere(worktrees: readonly Worktree[]): Promise<void> {
  const repositories = new Map(worktrees.map((worktree) => [worktree.repository.commonDir, worktree]));
  const kept = await Promise.allSettled([...repositories.values()].map((worktree) => keepNames(worktree)));
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
