import type { Checkpoint } from '../checkpoint/checkpoint';
import { takeCheckpoint } from '../checkpoint/take';
import { BelayError } from '../errors';
import type { Worktree } from '../git/worktree';
import { noticeFallen } from '../sync/external';
import { answer, pathArgument, type Context } from './context';
import { pathShape } from './shapes';
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
      message: options.message,
      tool: options.tool,
      task: options.task,
    },
    { signal: context.signal },
  );
  for (const warning of result.warnings) {
    context.warn(`belay: warning: ${warning}`);
  }
  const { checkpoint, ref, created, attempts } = result;
  if (created && headMoved(checkpoint)) {
    await noticeIfFallen(context, worktree);
  }
  const uncovered = result.uncovered.map(pathShape);
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

/** Whether HEAD was elsewhere at the checkpoint before: its commit is then a parent of its own. */
function headMoved({ base, parents }: Checkpoint): boolean {
  return base !== undefined && parents.slice(1).includes(base);
}

/** The checkpoint is taken; a failed search for lost commits must not make it a failure. */
async function noticeIfFallen(context: Context, worktree: Worktree): Promise<void> {
  try {
    const decision = await noticeFallen(worktree);
    if (decision !== undefined) {
      context.warn(`belay: warning: ${decision.why} They are kept, and a person is asked in VS Code.`);
    }
  } catch (thrown) {
    if (!(thrown instanceof BelayError)) {
      throw thrown;
    }
    context.warn(`belay: warning: Whether commits were dropped could not be found out: ${thrown.message}`);
  }
}
