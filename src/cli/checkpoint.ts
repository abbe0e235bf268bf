import { takeCheckpoint } from '../checkpoint/take';
import { answer, pathArgument, type Context } from './context';
import { uncoveredShape } from './shapes';
import { lines, oneLineOf } from './text';
import { pathText } from '../git/path';

export interface CheckpointOptions {
  readonly session: string;
  readonly agent: string;
  readonly path: readonly string[];
  readonly message?: string;
  readonly tool?: string;
  readonly task?: string;
}

export async function checkpointCommand(context: Context, options: CheckpointOptions): Promise<void> {
  const worktree = await context.worktree();
  const paths = await Promise.all(options.path.map((text) => pathArgument(context, text)));
  const result = await takeCheckpoint(
    worktree,
    {
      session: options.session,
      agent: options.agent,
      paths,
      leases: context.leases,
      ...(options.message === undefined ? {} : { message: options.message }),
      ...(options.tool === undefined ? {} : { tool: options.tool }),
      ...(options.task === undefined ? {} : { task: options.task }),
    },
    { signal: context.signal },
  );
  for (const warning of result.warnings) {
    context.warn(`belay: warning: ${warning}`);
  }
  const { checkpoint, ref, created, attempts } = result;
  const uncovered = result.uncovered.map(uncoveredShape);
  const value = {
    checkpoint: checkpoint.oid,
    tree: checkpoint.tree,
    ref,
    session: checkpoint.session,
    step: checkpoint.step,
    mode: checkpoint.mode,
    created,
    uncovered,
    attempts,
    warnings: result.warnings,
  };
  answer(context, value, () =>
    lines(
      created ? oneLineOf(checkpoint) : `Nothing changed since ${oneLineOf(checkpoint)}`,
      ...result.uncovered.map(
        ({ path, reason }) => `  not covered (${reason.replaceAll('_', ' ')}): ${pathText(path)}`,
      ),
    ),
  );
}
