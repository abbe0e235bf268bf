import type { Checkpoint } from '../../checkpoint/checkpoint';
import { takeOnTheWay } from '../../checkpoint/take';
import { noneWaits } from '../../decisions/read';
import { BelayError } from '../../errors';
import { replaceUserIndex, waitForIndex, type IndexFile } from '../../git/indexFile';
import { Again, retry } from '../../git/retry';
import type { Worktree } from '../../git/worktree';
import { LeaseError } from '../../leases/error';
import { underWorktreeLease, type HeldWorktree } from '../../leases/worktreeLease';
import type { RestoreRequest } from '../restoreRequest';
import { IndexCopy, refuseOperation } from './indexCopy';
import { keepIndex } from './keptIndex';
import type { StagedPlan, StagedResult } from './stagedResult';
import { isSelected, planOn, planStaged } from './planStaged';

/** How often the index may change between the look at it and the lock, until that is said. */
const attempts = 5;

/** What is to become of the index that was copied. */
export interface IndexStep extends Omit<StagedResult, 'before' | 'after'> {
  /** Undefined: the index stays unchanged. */
  readonly wanted: IndexFile | undefined;
}

/**
 * Puts what was staged at a checkpoint into the user's index. Files on disk, HEAD and branches stay unchanged. A checkpoint is
 * taken first, which holds what is staged now, and the index itself byte for byte; and one after. Only chosen paths change; one
 * with a caution is left alone unless included; what others stage while this runs is never lost: then it is planned again.
 * @throws BelayError `nothing_to_restore`, `operation_under_way`, `index_in_conflict`, `index_locked`, `index_changed`,
 * `index_not_written`, `decision_pending`; LeaseError.
 */
export async function restoreStaged(
  worktree: Worktree,
  target: Checkpoint,
  request: RestoreRequest,
): Promise<StagedResult> {
  await noneWaits(worktree, worktree.key);
  const preview = await planStaged(worktree, target, request);
  if (preview.paths.length === 0 && preview.blocked.length === 0) {
    throw new BelayError(
      'nothing_to_restore',
      'The staged state of the selected paths already matches the checkpoint.',
    );
  }
  const words = `staged state of ${target.oid.slice(0, 10)}`;
  return changeIndex(worktree, { request, target, label: words }, async (copy) => {
    const plan = await planOn(worktree, copy, target, request);
    return stepOf(plan, request, copy);
  });
}

async function stepOf(plan: StagedPlan, request: RestoreRequest, copy: IndexCopy): Promise<IndexStep> {
  const selected = plan.paths.filter((planned) => isSelected(planned, request));
  const edits = new Map(selected.map(({ path, entry }) => [path, entry]));
  return {
    target: plan.target.oid,
    wanted: edits.size === 0 ? undefined : await copy.edited(edits),
    staged: selected.flatMap(({ path, action }) => (action === 'stage' ? [path] : [])),
    unstaged: selected.flatMap(({ path, action }) => (action === 'unstage' ? [path] : [])),
    skipped: plan.paths.filter((planned) => !isSelected(planned, request)),
    blocked: plan.blocked,
    exact: false,
  };
}

/**
 * Changes the user's index under the worktree's lease, between two checkpoints: looks at it, keeps it, and puts the new one in its
 * place if it still is what was looked at; else all of it once more.
 */
export async function changeIndex(
  worktree: Worktree,
  about: { readonly request: RestoreRequest; readonly target: Checkpoint; readonly label: string },
  stepFor: (copy: IndexCopy) => Promise<IndexStep>,
): Promise<StagedResult> {
  await waitForIndex(worktree);
  const work = async (held: HeldWorktree): Promise<StagedResult> => {
    await noneWaits(worktree, worktree.key);
    return retry({ tries: attempts }, async () => {
      const copy = await IndexCopy.open(worktree);
      try {
        return await tryStep(worktree, about, copy, await stepFor(copy), held);
      } finally {
        await copy.close();
      }
    });
  };
  return underWorktreeLease(worktree, about.request, work, { name: 'restore', waits: false });
}

/** One try, from the look at the index to the checkpoint after. */
async function tryStep(
  worktree: Worktree,
  { target, label: words }: Parameters<typeof changeIndex>[1],
  copy: IndexCopy,
  step: IndexStep,
  held: HeldWorktree,
): Promise<StagedResult | Again> {
  const { wanted, ...told } = step;
  if (wanted === undefined) {
    return { ...told, before: undefined, after: undefined };
  }
  const indexFile = await keepIndex(worktree, { before: copy.original, after: wanted });
  const before = await takeOnTheWay(worktree, {
    ...held.writer,
    message: `Before restoring ${words}`,
    always: true,
    restoring: target.oid,
    indexFile,
  });
  const isReplaced = await replaceUserIndex(worktree, copy.original, wanted, async () => {
    await refuseOperation(worktree);
    await held.check();
  });
  if (!isReplaced) {
    const often = `Something was staged or unstaged in between, ${attempts} times in a row.`;
    return new Again(new BelayError('index_changed', often));
  }
  const after = await takeOnTheWay(worktree, {
    ...held.writer,
    message: `After restoring ${words}`,
    always: true,
    restoredFrom: before.checkpoint.oid,
  }).catch((thrown: unknown) => {
    throw thrown instanceof LeaseError ? lateEffect(thrown, step, before.checkpoint.oid) : thrown;
  });
  return { ...told, before: before.checkpoint.oid, after: after.checkpoint.oid };
}

/** The index was written under a lease that was lost by the time this was to be recorded. */
function lateEffect(refusal: LeaseError, { staged, unstaged }: IndexStep, before: string): LeaseError {
  const count = staged.length + unstaged.length;
  return refusal.saying(
    `The index was changed before that (${count} paths); what it was is in checkpoint ${before.slice(0, 10)}.`,
  );
}
