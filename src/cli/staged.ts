import { readCheckpoint } from '../checkpoint/history';
import { pathText } from '../git/path';
import { inert } from '../inert';
import type { BlockedStaged, PlannedStaged, StagedPlan, StagedResult } from '../restore/staged/stagedResult';
import { isSelected, planStaged } from '../restore/staged/planStaged';
import { restoreStaged } from '../restore/staged/restoreStaged';
import type { StagedState } from '../restore/staged/stagedState';
import { actor } from './actor';
import { answer, pathArgument, type Context } from './context';
import type { RestoreOptions } from './restoreOptions';
import { changeShape, type Shape, pathShape } from './shapes';
import { changeLine, lines } from './text';

/** `belay restore CHECKPOINT --staged`: what was staged, into the index; files on disk stay unchanged. */
export async function restoreStagedCommand(
  context: Context,
  name: string,
  options: RestoreOptions,
): Promise<void> {
  const worktree = await context.worktree();
  const target = await readCheckpoint(worktree, name);
  const request = {
    ...(await actor(context)),
    paths: await Promise.all(options.path.map((text) => pathArgument(context, text))),
    ...(options.includeDrifted === true ? ({ include: 'all' } as const) : {}),
    takeOver: options.takeOver === true,
  };
  if (options.dryRun === true) {
    printPlan(context, await planStaged(worktree, target, request), request);
    return;
  }
  printStagedResult(context, await restoreStaged(worktree, target, request));
}

function printPlan(
  context: Context,
  { target, paths, blocked }: StagedPlan,
  request: Parameters<typeof isSelected>[1],
): void {
  const value = {
    checkpoint: target.oid,
    staged: true,
    dryRun: true,
    paths: paths.map((planned) => ({ ...plannedShape(planned), included: isSelected(planned, request) })),
    blocked: blocked.map(pathShape),
  };
  answer(context, value, () =>
    paths.length + blocked.length === 0
      ? 'The staged state already matches the checkpoint.\n'
      : lines(
          ...paths.map((planned) => {
            const { action, change, path } = planned;
            const verb = isSelected(planned, request) ? action : `skip (would ${action})`;
            return `${verb}  ${pathText(path)}  (${change.replaceAll('_', ' ')} in the index)${cautionText(planned)}`;
          }),
          ...blocked.map(blockedText),
          'Files on disk stay unchanged.',
        ),
  );
}

/** What was put into the index, or given back by an undo. Exit code 1 where something was left. */
export function printStagedResult(context: Context, result: StagedResult): void {
  const { target, before, after, staged, unstaged, skipped, blocked, exact } = result;
  const value = {
    checkpoint: target,
    staged: true,
    dryRun: false,
    before,
    after,
    exact,
    stagedPaths: staged.map(pathText),
    unstagedPaths: unstaged.map(pathText),
    skipped: skipped.map(plannedShape),
    blocked: blocked.map(pathShape),
  };
  answer(context, value, () =>
    lines(
      ...staged.map((path) => `staged    ${pathText(path)}`),
      ...unstaged.map((path) => `unstaged  ${pathText(path)}`),
      ...skipped.map((planned) => `skipped   ${pathText(planned.path)}${cautionText(planned)}`),
      ...blocked.map(blockedText),
      ...(exact ? ['The index is byte for byte what it was.'] : []),
      'Files on disk were not touched.',
      before === undefined || after === undefined
        ? 'The index is unchanged.'
        : `Before: ${before.slice(0, 10)}  After: ${after.slice(0, 10)}  Take it back with: belay undo-restore`,
    ),
  );
  if (skipped.length + blocked.length > 0) {
    context.exit(1);
  }
}

/** The JSON of what a checkpoint says of the index. The field names are a contract. */
export function stagedShape(state: StagedState | undefined): {
  readonly stagedPaths: readonly unknown[];
  readonly stagedConflicts: readonly string[];
} {
  return {
    stagedPaths: (state?.changes ?? []).map((change) => ({
      ...changeShape(change),
      inFiles: change.inFiles,
    })),
    stagedConflicts: (state?.conflicts ?? []).map(pathText),
  };
}

/** What `belay show` says of the index; nothing where it was as HEAD. */
export function stagedLines(checkpoint: string, state: StagedState | undefined): string[] {
  if (state === undefined) {
    return [];
  }
  const { changes, conflicts } = state;
  return [
    '',
    'staged state (what the index had and HEAD had not):',
    ...changes.map(
      (change) =>
        `  ${changeLine(change)}${change.inFiles ? '' : '  (only staged: the file was not like this)'}`,
    ),
    ...conflicts.map((path) => `  U  ${pathText(path)}  (in conflict)`),
    `Put it back into the index with: belay restore ${checkpoint.slice(0, 10)} --staged`,
  ];
}

function plannedShape({ path, action, change, caution, writtenBy }: PlannedStaged): Shape {
  return { path: pathText(path), action, change, reason: caution, session: writtenBy };
}

function blockedText({ path, reason }: BlockedStaged): string {
  return `left      ${pathText(path)}  (${reason.replaceAll('_', ' ')})`;
}

function cautionText({ caution, writtenBy }: PlannedStaged): string {
  switch (caution) {
    case undefined:
      return '';
    case 'drifted':
      return '  (staged or unstaged since)';
    case 'other_session':
      return `  (staged last by the live session ${inert(writtenBy ?? '?')})`;
  }
}
