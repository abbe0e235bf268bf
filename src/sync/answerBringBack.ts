import { newBackupRef } from '../backups/backups';
import { putBackOnStash } from '../backups/stash';
import { takeOnTheWay } from '../checkpoint/take';
import { moveDecision } from '../decisions/decide';
import type { Bringing, Decision } from '../decisions/decision';
import { readDecision } from '../decisions/read';
import { writeDecision } from '../decisions/decisionRecord';
import { BelayError } from '../errors';
import { readHead } from '../git/head';
import type { Worktree } from '../git/worktree';
import { listWorktrees } from '../git/worktreeList';
import { openGuard } from '../leases/guard';
import { leaseRef } from '../leases/resource';
import { decisionRef } from '../refs/names';
import { moveRef, type RefChange } from '../refs/change';
import { isAncestor } from './ancestry';
import { recordAfter } from './ask';
import { planBringBack, type BringBack } from './bringBack';
import { underWorktreeLease, type HeldWorktree } from '../leases/worktreeLease';
import { withMove } from './move';
import type { SyncRequest } from './request';
import { settle, whenNobodyIsAtIt, type DecisionAnswer } from './settle';
import { operationIn, requireNotElsewhere, requireWhole, shortName } from './worktreeState';
import { changeOrRefuse } from '../refs/transaction';

/**
 * The person wants the commits back that a reset has dropped: see {@link planBringBack}. What is not committed now stays, in the
 * files of the worktree that is on the branch; a checkpoint of it comes first, and a backup of what a branch would leave. Where
 * it goes is in the question's record before the first file is touched, so what a crash leaves is taken up by the same answer.
 * @param key Of the worktree that the decision is about: where its folder is gone, `worktree` is another one.
 * @throws BelayError `cannot_pick`, `answer_refused`, `branch_elsewhere`, `uncommitted_in_the_way`, `branch_moved`,
 * `unknown_backup`, `move_incomplete`; LeaseError. The decision still waits.
 */
export async function bringBackByAnswer(
  worktree: Worktree,
  decision: Decision,
  answer: DecisionAnswer,
  who: SyncRequest,
): Promise<Decision> {
  const key = decision.worktree;
  await whenNobodyIsAtIt(worktree, decision);
  return underWorktreeLease(
    worktree,
    who,
    async (held) => {
      const now = await readDecision(worktree, key);
      if (now?.id === decision.id && now.status === 'answered' && now.answer === answer.option) {
        return now;
      }
      return new BringingBack(worktree, decision, held).answer(answer);
    },
    { key },
  );
}

class BringingBack {
  private readonly isThere: boolean;

  constructor(
    private readonly worktree: Worktree,
    private readonly decision: Decision,
    private readonly held: HeldWorktree,
  ) {
    this.isThere = worktree.key === decision.worktree;
  }

  async answer(answer: DecisionAnswer): Promise<Decision> {
    const { worktree, decision } = this;
    const head = this.isThere ? await this.requireIdle() : undefined;
    const plan = await planBringBack(worktree, decision, head);
    for (const { ref } of plan.moves) {
      await this.requireFree(ref);
    }
    const inPlace = plan.moves.find(({ ref, from }) => ref === head && from !== undefined);
    if (inPlace === undefined) {
      return this.settle(await this.begin(plan), plan, plan.moves, answer);
    }
    await requireWhole(worktree);
    const { checkpoint } = await takeOnTheWay(worktree, {
      ...this.held.writer,
      message: 'Before bringing commits back',
    });
    const { from = '', to } = inPlace;
    const branch = inPlace.ref === 'HEAD' ? undefined : inPlace.ref;
    return withMove(worktree, { branch, from, to, mode: 'keep', checkpoint }, async (ready) => {
      if ('why' in ready) {
        throw new BelayError('uncommitted_in_the_way', `${ready.why} The decision still waits.`);
      }
      const begun = await this.begin(plan);
      const guard = await openGuard(worktree, { leases: this.held.writer.leases });
      const asked = { kind: 'verify', ref: decisionRef(begun.worktree), at: begun.version } as const;
      const moved = await ready.carryOut(
        { verifies: [...guard.verifies, asked], check: () => guard.check() },
        () => this.held.check(),
      );
      if (!moved.moved) {
        throw moved.failure;
      }
      const others = plan.moves.filter((move) => move !== inPlace);
      const answered = await this.settle(begun, plan, others, answer);
      await recordAfter(worktree, this.held, 'After bringing commits back');
      return answered;
    });
  }

  /** @returns what the worktree is on. @throws BelayError `answer_refused` while an operation is under way. */
  private async requireIdle(): Promise<string> {
    const operation = await operationIn(this.worktree);
    if (operation !== undefined) {
      throw new BelayError(
        'answer_refused',
        `A ${operation} is under way in ${this.worktree.key}: end it first. The decision still waits.`,
      );
    }
    return (await readHead(this.worktree)).branch ?? 'HEAD';
  }

  /** @throws BelayError `branch_elsewhere`, `answer_refused` where a folder that is away for a while is on the branch. */
  private async requireFree(ref: string): Promise<void> {
    if (ref === 'HEAD') {
      return;
    }
    const { worktree, decision } = this;
    await requireNotElsewhere(worktree, ref, decision.worktree);
    const listed = (await listWorktrees(worktree)).find(({ key }) => key === decision.worktree);
    if (!this.isThere && listed?.branch === ref && listed.locked) {
      throw new BelayError(
        'answer_refused',
        `The worktree ${decision.worktree} is on ${shortName(ref)}, locked, and its folder is not there now.`,
      );
    }
  }

  /** What is going to be moved is in the record before anything is, and what a branch leaves is in a backup. */
  private async begin({ moves }: BringBack): Promise<Decision> {
    const { worktree, decision, held } = this;
    const backups: RefChange[] = [];
    for (const { from, to } of moves) {
      if (from !== undefined && !(await isAncestor(worktree, from, to))) {
        const ref = newBackupRef('sync-recovery', decision.worktree);
        backups.push({ kind: 'create', ref, to: from });
      }
    }
    const begun = await writeDecision(
      worktree,
      {
        ...decision,
        backups: [...decision.backups, ...backups.map(({ ref }) => ref)],
        bringing: moves,
      },
      decision.version,
    );
    const guard = await openGuard(worktree, { leases: held.writer.leases });
    const stay = moves.map(({ ref, from }): RefChange => ({ kind: 'verify', ref, at: from }));
    const outcome = await changeOrRefuse(worktree, 'ask', guard, [
      ...backups,
      // HEAD of this worktree is looked at again with its files.
      ...stay.filter(({ ref }) => ref !== 'HEAD'),
      moveDecision(decision.worktree, decision, begun),
    ]);
    if (!outcome.done && (await readDecision(worktree, decision.worktree))?.version !== begun.version) {
      await guard.check();
      throw new BelayError(
        'answer_refused',
        `Nothing was brought back, and the decision still waits: ${outcome.message.trim()}`,
      );
    }
    return begun;
  }

  /** The branches that no worktree is on move in the transaction of the answer itself. */
  private async settle(
    begun: Decision,
    { stash }: BringBack,
    moves: readonly Bringing[],
    answer: DecisionAnswer,
  ): Promise<Decision> {
    const { worktree, held } = this;
    // The oldest first: the newest is then on top.
    for (const entry of [...stash].reverse()) {
      await putBackOnStash(worktree, await openGuard(worktree, { leases: this.held.writer.leases }), entry);
    }
    const at = leaseRef({ kind: 'worktree', name: begun.worktree });
    const changes = moves.map(({ ref, from, to }) => moveRef(ref, from, to));
    const fence = { verifies: [{ kind: 'verify', ref: at, at: held.token } as const] };
    return settle(worktree, begun, answer, { fence, changes });
  }
}
