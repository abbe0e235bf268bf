import { configuredLimits } from '../checkpoint/limits';
import type { Checkpoint, Uncovered } from '../checkpoint/model';
import { takeCheckpoint } from '../checkpoint/take';
import { BelayError } from '../errors';
import { sinceStart } from '../git/clock';
import { GitError } from '../git/errors';
import { hasCode } from '../git/missing';
import type { Worktree } from '../git/worktree';
import { LeaseError } from '../leases/error';
import type { Reason } from '../reasons';
import { noticeFallen } from '../sync/external';
import type { AgentEvent } from './event';
import { Gaps } from './gaps';
import type { Place } from './places';

/** Left before git is asked for anything, so that also a hook that git keeps waiting has left it. */
export interface Mark {
  readonly worktree: Worktree;
  /** Rejected where the disk refuses. */
  readonly gaps: Promise<Gaps>;
}

/** In whose name the files are captured, and how it is put down. */
export interface Covering {
  readonly event: AgentEvent;
  readonly agent: string;
  readonly leases: readonly string[];
  /** The tool that was used, by its name. */
  readonly tool: string | undefined;
  /** What happened, in Belay's words. */
  readonly message: string;
  /** The paths are what the session itself has written: they are put down as its own even when somebody saw them first. */
  readonly own: boolean;
  /** More is to be covered for this event: until then its mark stays. */
  readonly more: boolean;
  /** What else is known not to be covered at this moment. */
  readonly alsoUncovered?: readonly Uncovered[];
  /** The mark that the hook has left where its event came from; undefined: it came from no worktree. */
  readonly mark: Mark | undefined;
  /** When the hook gives up, in milliseconds of its own time. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/**
 * Takes the checkpoint of a place, in full where an earlier hook has left a gap. A writer that is fenced off has its work
 * kept aside, and hears nothing of it here.
 * @throws whatever kept the checkpoint from being taken; the mark that was left then tells the next hook.
 */
export async function cover({ worktree, paths }: Place, covering: Covering): Promise<void> {
  const { mark } = covering;
  const gaps = await (mark !== undefined && worktree === mark.worktree ? mark.gaps : Gaps.open(worktree));
  const all = paths === 'all' || gaps.found;
  const { event, agent, leases, tool, message, signal } = covering;
  const request = {
    session: event.session,
    agent,
    leases,
    message: gaps.found ? `${message}; closes a gap that an interrupted hook left` : message,
    ...(tool === undefined ? {} : { tool }),
    ...(event.task === undefined ? {} : { task: event.task }),
    ...(covering.alsoUncovered === undefined ? {} : { alsoUncovered: covering.alsoUncovered }),
    ...(all ? {} : { paths }),
  };
  const left = Math.max(1, covering.deadline - sinceStart());
  const configured = configuredLimits(worktree);
  // Waiting for a turn must leave time for the work.
  const limits = { ...configured, lockWait: Math.min(configured.lockWait, left / 2) };
  try {
    if (gaps.found && covering.own && paths !== 'all') {
      // What closes a gap names no paths: those that the session has written are put down by themselves before.
      await takeCheckpoint(worktree, { ...request, message, paths, always: true }, { limits, signal });
    }
    const taken = await takeCheckpoint(worktree, request, { limits, signal });
    const seenByOther = !gaps.found && !taken.created && !isOf(taken.checkpoint, event);
    const result =
      covering.own && seenByOther
        ? await takeCheckpoint(worktree, { ...request, always: true }, { limits, signal })
        : taken;
    if (result.created && headMoved(result.checkpoint)) {
      // Whose call begins only now has dropped nothing yet; whose call is over is asked about by itself.
      const before = event.kind === 'before_tool' ? { before: event.session } : {};
      await noticeFallen(worktree, { ...before, afterCheckpoint: all }).catch(toleratesRefusal);
    }
  } catch (thrown) {
    if (!(thrown instanceof LeaseError)) {
      await gaps.leave(whyNot(thrown));
      throw thrown;
    }
  }
  if (!covering.more) {
    await gaps.close(all);
  }
}

/** A word for why, which holds nothing of what was to be captured. */
export function whyNot(thrown: unknown): Reason | 'disk_full' | 'unexpected' {
  const full =
    thrown instanceof GitError ? thrown.failure === 'disk_full' : hasCode(thrown, 'ENOSPC', 'EDQUOT');
  if (full) {
    return 'disk_full';
  }
  return thrown instanceof BelayError ? thrown.reason : 'unexpected';
}

function isOf({ session, task }: Checkpoint, event: AgentEvent): boolean {
  return session === event.session && task === event.task;
}

/** Whether HEAD was elsewhere at the checkpoint before: its commit is then a parent of its own. */
function headMoved({ base, parents }: Checkpoint): boolean {
  return base !== undefined && parents.slice(1).includes(base);
}

/** The checkpoint is taken; that the look at what fell off could not be made must not make it a gap. */
function toleratesRefusal(thrown: unknown): void {
  if (!(thrown instanceof BelayError)) {
    throw thrown;
  }
}
