import { configuredLimits, type Limits } from '../checkpoint/limits';
import type { Checkpoint, CheckpointRequest, CheckpointResult } from '../checkpoint/checkpoint';
import { isScanTooLong, Pace } from '../checkpoint/pace';
import { slowPaths } from '../checkpoint/paced';
import { takeCheckpoint } from '../checkpoint/take';
import { BelayError, whenRefusedByBelay } from '../errors';
import { GitError } from '../git/errors';
import { hasCode } from '../git/diskErrors';
import { pathFromText, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { LeaseError, type Unkept } from '../leases/error';
import type { Reason } from '../reasons';
import { noticeFallen } from '../sync/external';
import type { AgentEvent } from './event';
import { Gaps } from './gaps';
import type { Asker } from './mark';
import type { Place } from './places';
import type { Scene } from './scene';
import { label, toolOf } from './hookMessages';
import { scanBudgetOf } from './hookSettings';
import { isPaused, noteFits, noteTooLong, readSlowness, type Slowness } from './slowness';

/** So long, in milliseconds, a hook waits for its turn: after that it goes on without. */
const turnWaitMs = 1_000;

/** However late it is, a look at the agent's own worktree, or at a named path, may take so long, in milliseconds: most fit in. */
const shortestLookMs = 500;

/** What is due at a place for an event, and how it is put down. */
export interface Due {
  /** The session's tokens in the repository of the place. */
  readonly leases: readonly string[];
  /** The call names the place: after it, that is what the session itself has written. */
  readonly named?: boolean;
  /** More is to be covered for this event: until then its mark stays. */
  readonly more?: boolean;
  /** The keys of other worktrees that there was no time for. */
  readonly left?: readonly string[];
  /** What else the checkpoint is to say. */
  readonly suffix?: string | undefined;
}

/**
 * Takes the checkpoint of a place. Named paths come first, in constant time, whatever is open; everything is looked at after
 * that, where it is asked for or an earlier hook has left a gap, but never for longer than `belay.scanBudget`: what does not
 * fit is finished by a process of its own. A writer that is fenced off has its work kept aside, and hears nothing of it here.
 * @returns whether what was due is covered now, or kept aside, and not left to that process.
 * @throws whatever kept the checkpoint from being taken; the mark that was left then tells the next hook.
 */
export async function cover(scene: Scene, event: AgentEvent, place: Place, due: Due): Promise<boolean> {
  const { worktree, paths } = place;
  const gaps = await ((worktree === scene.worktrees.home ? scene.gaps : undefined) ?? Gaps.open(worktree));
  const work = new Work(scene, event, worktree, due, gaps, await readSlowness(worktree));
  try {
    const looked = paths === 'all' ? await work.look() : await work.takeNamed(paths);
    if (looked && due.more !== true) {
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
    if (due.more !== true) {
      await gaps.close(paths === 'all');
    }
    return true;
  }
}

/** In whose name it is asked that a place be looked at later. */
export function askerOf({ agent }: Scene, { session, task }: AgentEvent, leases: readonly string[]): Asker {
  return { session, agent: agent.name, leases: [...leases], task };
}

/** What is done for one place. */
class Work {
  private readonly limits: Limits;

  constructor(
    private readonly scene: Scene,
    private readonly event: AgentEvent,
    private readonly worktree: Worktree,
    private readonly due: Due,
    private readonly gaps: Gaps,
    private readonly slowness: Slowness | undefined,
  ) {
    const configured = configuredLimits(worktree);
    this.limits = { ...configured, lockWait: Math.min(configured.lockWait, turnWaitMs) };
  }

  /** How long the next look may take, and whether that is less than looks may take. */
  private budget(leastMs: number): { readonly ms: number; readonly cut: boolean } {
    const whole = scanBudgetOf(this.worktree);
    const left = Math.max(leastMs, this.scene.lookTime.leftMs());
    return { ms: Math.min(whole, left), cut: left < whole };
  }

  /** Captures the named paths, and after them everything where a gap is open. @returns whether what was due is covered. */
  async takeNamed(paths: readonly GitPath[]): Promise<boolean> {
    const { gaps, due } = this;
    const { ms, cut } = this.budget(shortestLookMs);
    const pace = new Pace(ms, { looks: this.mayLook() && !gaps.found });
    // What the session itself has written is recorded as its own, even when another hook saw it first.
    const own = this.event.kind === 'after_tool' && due.named === true;
    const always = own && (gaps.found || 'unless_own');
    const taken = await this.take({ paths, always }, pace);
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
    return !gaps.found || due.more === true || this.look();
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
    const { ms, cut } = this.budget(worktree === this.scene.worktrees.home ? shortestLookMs : 0);
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
    await this.scene.finishLater(worktree);
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
    await this.scene.finishLater(this.worktree);
  }

  private asker(): Asker {
    return askerOf(this.scene, this.event, this.due.leases);
  }

  private async take(what: Partial<CheckpointRequest>, pace: Pace): Promise<CheckpointResult> {
    const { worktree, limits, event, due } = this;
    const { agent, signal } = this.scene;
    const whole = what.paths === undefined;
    const message = [
      label(event, due.named === true ? 'named' : 'compared'),
      ...(due.suffix === undefined ? [] : [due.suffix]),
      ...(whole && this.gaps.found ? ['closes a gap that an interrupted hook left'] : []),
    ];
    const left = whole ? (due.left ?? []) : [];
    const request = {
      session: event.session,
      agent: agent.name,
      leases: due.leases,
      message: message.join('; '),
      tool: toolOf(event),
      task: event.task,
      alsoUncovered: left.map(
        (key) => ({ path: pathFromText(key), reason: 'worktree_not_looked_at' }) as const,
      ),
      ...what,
    };
    const taken = await takeCheckpoint(worktree, request, { limits, signal, pace });
    if (taken.created && headMoved(taken.checkpoint)) {
      // Whose call begins only now has dropped nothing yet; whose call is over is asked about by itself.
      const before = event.kind === 'before_tool' ? { before: event.session } : {};
      // The checkpoint is taken: that commits which lost their last reference could not be looked for does not make it a gap.
      await noticeFallen(worktree, { ...before, afterCheckpoint: whole }).catch(
        whenRefusedByBelay(undefined),
      );
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

/** Whether HEAD was elsewhere at the checkpoint before: its commit is then a parent of its own. */
function headMoved({ base, parents }: Checkpoint): boolean {
  return base !== undefined && parents.slice(1).includes(base);
}
