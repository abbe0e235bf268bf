import { configuredLimits, type Limits } from '../checkpoint/limits';
import type { Checkpoint, CheckpointRequest, CheckpointResult, Uncovered } from '../checkpoint/checkpoint';
import { isScanTooLong, Pace } from '../checkpoint/pace';
import { slowPaths } from '../checkpoint/paced';
import { takeCheckpoint } from '../checkpoint/take';
import { BelayError } from '../errors';
import { GitError } from '../git/errors';
import { hasCode } from '../git/diskErrors';
import type { GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { LeaseError, type Unkept } from '../leases/error';
import type { Reason } from '../reasons';
import { noticeFallen } from '../sync/external';
import type { AgentEvent } from './event';
import { Gaps } from './gaps';
import type { LookTime } from './lookTime';
import type { Asker } from './mark';
import type { Place } from './places';
import { scanBudgetOf } from './hookSettings';
import { isPaused, noteFits, noteTooLong, readSlowness, type Slowness } from './slowness';

/** So long, in milliseconds, a hook waits for its turn: after that it goes on without. */
const turnWaitMs = 1_000;

/** However late it is, a look at the agent's own worktree, or at a named path, may take so long, in milliseconds: most fit in. */
const shortestLookMs = 500;

/** Left before git is asked for anything, so that also a hook that git keeps waiting has left it. */
export interface Mark {
  readonly worktree: Worktree;
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
  /** The paths are what the session itself has written: they are recorded as its own even when another hook saw them first. */
  readonly own: boolean;
  /** More is to be covered for this event: until then its mark stays. */
  readonly more: boolean;
  /** What else is known not to be covered at this moment. */
  readonly alsoUncovered?: readonly Uncovered[];
  /** The mark that the hook has left where its event came from; undefined: it came from no worktree. */
  readonly mark: Mark | undefined;
  /** How long the hook still looks at files. */
  readonly lookTime: LookTime;
  readonly signal: AbortSignal;
  /** Starts the process that finishes what a hook has no time for. */
  readonly finishLater: (worktree: Worktree) => Promise<void>;
}

/**
 * Takes the checkpoint of a place. Named paths come first, in constant time, whatever is open; everything is looked at after
 * that, where it is asked for or an earlier hook has left a gap, but never for longer than `belay.scanBudget`: what does not
 * fit is finished by a process of its own. A writer that is fenced off has its work kept aside, and hears nothing of it here.
 * @returns whether what was due is covered now, or kept aside, and not left to that process.
 * @throws whatever kept the checkpoint from being taken; the mark that was left then tells the next hook.
 */
export async function cover(place: Place, covering: Covering): Promise<boolean> {
  const { worktree, paths } = place;
  const { mark } = covering;
  const gaps = await (mark !== undefined && worktree === mark.worktree ? mark.gaps : Gaps.open(worktree));
  const work = new Work(worktree, gaps, covering, await readSlowness(worktree));
  try {
    const looked = paths === 'all' ? await work.look() : await work.takeNamed(paths);
    if (looked && !covering.more) {
      await gaps.close(paths === 'all' || gaps.found);
    }
    return looked;
  } catch (thrown) {
    if (!(thrown instanceof LeaseError)) {
      await gaps.leave(whyNot(thrown));
      throw thrown;
    }
    if (thrown.unkept !== undefined) {
      await work.leaveUnkept(thrown.unkept);
      return false;
    }
    if (!covering.more) {
      await gaps.close(paths === 'all');
    }
    return true;
  }
}

/** What is done for one place. */
class Work {
  private readonly limits: Limits;

  constructor(
    private readonly worktree: Worktree,
    private readonly gaps: Gaps,
    private readonly covering: Covering,
    private readonly slowness: Slowness | undefined,
  ) {
    const configured = configuredLimits(worktree);
    this.limits = { ...configured, lockWait: Math.min(configured.lockWait, turnWaitMs) };
  }

  /** How long the next look may take, and whether that is less than looks may take. */
  private budget(leastMs: number): { readonly ms: number; readonly cut: boolean } {
    const whole = scanBudgetOf(this.worktree);
    const left = Math.max(leastMs, this.covering.lookTime.leftMs());
    return { ms: Math.min(whole, left), cut: left < whole };
  }

  /** Captures the named paths, and after them everything where a gap is open. @returns whether what was due is covered. */
  async takeNamed(paths: readonly GitPath[]): Promise<boolean> {
    const { gaps, covering } = this;
    const { ms, cut } = this.budget(shortestLookMs);
    const pace = new Pace(ms, { looks: this.mayLook() && !gaps.found });
    const taken = await this.take({ paths, ...(gaps.found && covering.own ? { always: true } : {}) }, pace);
    const seenByOther = !gaps.found && !taken.created && !isOf(taken.checkpoint, covering.event);
    if (covering.own && seenByOther) {
      await this.take({ paths, always: true }, pace);
    }
    const lacking = new Set(slowPaths(taken.uncovered));
    if (paths.some((name) => lacking.has(name))) {
      await this.goWithout('too_slow');
      return false;
    }
    if (pace.gaveUp) {
      if (!cut) {
        await noteTooLong(this.worktree, undefined);
      }
      await this.goWithout('scan_too_long');
      return false;
    }
    return !gaps.found || covering.more || this.look();
  }

  /** Looks at everything, unless that has proven to take too long. @returns whether all is covered by that. */
  async look(): Promise<boolean> {
    const { worktree, gaps } = this;
    if (!this.mayLook()) {
      await this.goWithout('scan_too_long');
      return false;
    }
    const paused = isPaused(this.slowness);
    const without = new Set(paused ? this.slowness?.paths : []);
    const { ms, cut } = this.budget(this.covering.mark?.worktree === worktree ? shortestLookMs : 0);
    if (ms === 0) {
      await this.goWithout('scan_too_long');
      return false;
    }
    try {
      const { uncovered } = await this.take({}, new Pace(ms, { without }));
      const slow = slowPaths(uncovered);
      if (slow.length === 0) {
        // While the pause lasts the slow files were not tried: whether they fit now, it does not tell.
        if (this.slowness !== undefined && !paused) {
          await noteFits(worktree);
        }
        return true;
      }
      if (!cut && (!paused || slow.some((name) => !without.has(name)))) {
        await noteTooLong(worktree, slow);
      }
      await gaps.leaveOnly('too_slow', this.asker());
    } catch (thrown) {
      if (!isScanTooLong(thrown)) {
        throw thrown;
      }
      if (!cut) {
        await noteTooLong(worktree, undefined);
      }
      await gaps.leave('scan_too_long', this.asker());
    }
    await this.covering.finishLater(worktree);
    return false;
  }

  private mayLook(): boolean {
    return this.slowness?.what !== 'look' || !isPaused(this.slowness);
  }

  /** What a fenced session wanted to save is not kept aside, or not all of it. */
  async leaveUnkept(why: Unkept): Promise<void> {
    if (why === 'too_slow' || why === 'scan_too_long') {
      await this.goWithout(why);
    } else {
      await this.gaps.leave(why, this.asker());
    }
  }

  private async goWithout(why: 'too_slow' | 'scan_too_long'): Promise<void> {
    await this.gaps.leave(why, this.asker());
    await this.covering.finishLater(this.worktree);
  }

  private asker(): Asker {
    const { event, agent, leases } = this.covering;
    return {
      session: event.session,
      agent,
      leases: [...leases],
      ...(event.task === undefined ? {} : { task: event.task }),
    };
  }

  private async take(what: Partial<CheckpointRequest>, pace: Pace): Promise<CheckpointResult> {
    const { worktree, gaps, limits } = this;
    const { covering } = this;
    const { event, agent, leases, tool, message, signal } = covering;
    const closes = what.paths === undefined && gaps.found;
    const request = {
      session: event.session,
      agent,
      leases,
      message: closes ? `${message}; closes a gap that an interrupted hook left` : message,
      ...(tool === undefined ? {} : { tool }),
      ...(event.task === undefined ? {} : { task: event.task }),
      ...(covering.alsoUncovered === undefined || what.paths !== undefined
        ? {}
        : { alsoUncovered: covering.alsoUncovered }),
      ...what,
    };
    const taken = await takeCheckpoint(worktree, request, { limits, signal, pace });
    if (taken.created && headMoved(taken.checkpoint)) {
      // Whose call begins only now has dropped nothing yet; whose call is over is asked about by itself.
      const before = event.kind === 'before_tool' ? { before: event.session } : {};
      const afterCheckpoint = what.paths === undefined;
      await noticeFallen(worktree, { ...before, afterCheckpoint }).catch(toleratesRefusal);
    }
    return taken;
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

/** The checkpoint is taken: that commits which lost their last reference could not be looked for does not make it a gap. */
function toleratesRefusal(thrown: unknown): void {
  if (!(thrown instanceof BelayError)) {
    throw thrown;
  }
}
