import { readCheckpoint } from '../checkpoint/history';
import { BelayError } from '../errors';
import { pathText } from '../git/path';
import { createBranch } from '../restore/branch';
import type { BlockedPath, PlannedPath, RestorePlan, RestoreResult } from '../restore/restoreRequest';
import { planRestore } from '../restore/planRestore';
import { restore } from '../restore/restore';
import { undoLatest } from '../restore/staged/undo';
import { english } from '../localizer';
import { movedLines } from '../toldWords';
import { actor } from './actor';
import { answer, pathArgument, type Context } from './context';
import { movedShape, type Shape, pathShape } from './shapes';
import type { RestoreOptions } from './restoreOptions';
import { printStagedResult, restoreStagedCommand } from './staged';
import { lines } from './text';

export async function restoreCommand(context: Context, name: string, options: RestoreOptions): Promise<void> {
  if (options.staged === true) {
    await restoreStagedCommand(context, name, options);
    return;
  }
  const worktree = await context.worktree();
  const target = await readCheckpoint(worktree, name);
  const paths = await Promise.all(options.path.map((text) => pathArgument(context, text)));
  if (options.dryRun === true) {
    printPlan(
      context,
      await planRestore(worktree, target, paths, (await actor(context)).session),
      options.includeDrifted === true,
    );
    return;
  }
  const result = await restore(worktree, target, {
    ...(await actor(context)),
    paths,
    ...(options.includeDrifted === true ? { include: 'all' } : {}),
    takeOver: options.takeOver === true,
  });
  printResult(context, result);
}

export async function undoRestoreCommand(
  context: Context,
  options: Pick<RestoreOptions, 'includeDrifted' | 'takeOver'>,
): Promise<void> {
  const worktree = await context.worktree();
  const include = options.includeDrifted === true ? ({ include: 'all' } as const) : {};
  const undone = await undoLatest(worktree, {
    ...(await actor(context)),
    ...include,
    takeOver: options.takeOver === true,
  });
  if (undone.of === 'staged') {
    printStagedResult(context, undone.result);
  } else {
    printResult(context, undone.result);
  }
}

export async function branchCommand(context: Context, name: string, branch: string): Promise<void> {
  const { worktree } = await context.anyWorktree();
  const made = await createBranch(worktree, await readCheckpoint(worktree, name), branch, context.leases);
  answer(context, made, () => `Created ${made.branch} at ${made.commit}\n`);
}

function printPlan(context: Context, planned: RestorePlan, includeAll: boolean): void {
  const value = {
    checkpoint: planned.target.oid,
    dryRun: true,
    paths: planned.paths.map((path) => ({
      ...plannedShape(path),
      included: includeAll || path.caution === undefined,
    })),
    blocked: planned.blocked.map(pathShape),
  };
  answer(context, value, () =>
    planned.paths.length + planned.blocked.length === 0
      ? 'Everything already matches the checkpoint.\n'
      : lines(
          ...planned.paths.map((path) => {
            const verb =
              includeAll || path.caution === undefined ? path.action : `skip (would ${path.action})`;
            return `${verb}  ${pathText(path.path)}${cautionText(path)}`;
          }),
          ...planned.blocked.map(blockedText),
        ),
  );
}

function printResult(context: Context, result: RestoreResult): void {
  const value = {
    checkpoint: result.target,
    dryRun: false,
    before: result.before,
    after: result.after,
    written: result.written.map(pathText),
    deleted: result.deleted.map(pathText),
    skipped: result.skipped.map(plannedShape),
    blocked: result.blocked.map(pathShape),
    moved: result.moved.map(movedShape),
  };
  answer(context, value, () =>
    lines(
      ...result.written.map((path) => `wrote    ${pathText(path)}`),
      ...result.deleted.map((path) => `deleted  ${pathText(path)}`),
      ...result.skipped.map((path) => `skipped  ${pathText(path.path)}${cautionText(path)}`),
      ...result.blocked.map(blockedText),
      ...movedLines(english, result.moved),
      `Before: ${result.before.slice(0, 10)}  After: ${result.after.slice(0, 10)}  Take it back with: belay undo-restore`,
    ),
  );
  if (result.blocked.some(({ reason }) => reason === 'write_failed')) {
    throw new BelayError('restore_incomplete', 'Some files could not be written (named above).');
  }
  if (
    result.blocked.length > 0 ||
    result.skipped.length > 0 ||
    result.moved.some(({ as }) => as !== undefined)
  ) {
    context.exit(1);
  }
}

function plannedShape({ path, action, caution, writtenBy }: PlannedPath): Shape {
  return { path: pathText(path), action, reason: caution, session: writtenBy };
}

function cautionText({ caution, writtenBy }: PlannedPath): string {
  switch (caution) {
    case undefined:
      return '';
    case 'drifted':
      return '  (changed since the last checkpoint)';
    case 'other_session':
      return `  (written last by the live session ${writtenBy ?? '?'})`;
  }
}

function blockedText({ path, reason }: BlockedPath): string {
  return `left     ${pathText(path)}  (${reason.replaceAll('_', ' ')})`;
}
