import { changesBetween, changesOf, previousTreeish } from '../checkpoint/changes';
import { listCheckpoints, readCheckpoint } from '../checkpoint/history';
import { BelayError } from '../errors';
import { pathText } from '../git/path';
import { isChosen } from '../restore/planRestore';
import { readStagedState } from '../restore/staged/stagedState';
import { summarizeWorktrees } from '../sessions/worktrees';
import { inert } from '../inert';
import { answer, answerList, pathArgument, type Context } from './context';
import { changeShape, checkpointShape, leaseShape } from './shapes';
import { stagedLines, stagedShape } from './staged';
import { changeLine, lines, oneLineOf, isoTime } from './text';

export interface LogOptions {
  readonly session?: string;
  readonly worktree?: string;
  readonly limit: number;
}

export async function logCommand(context: Context, options: LogOptions): Promise<void> {
  const { worktree } = await context.anyWorktree();
  if (options.worktree !== undefined) {
    await requireWorktree(context, options.worktree);
  }
  const checkpoints = await listCheckpoints(worktree, {
    session: options.session,
    worktreeKey: options.worktree,
    limit: options.limit,
  });
  answerList(context, checkpoints, { none: 'No checkpoints yet.', shape: checkpointShape, line: oneLineOf });
}

async function requireWorktree(context: Context, key: string): Promise<void> {
  const known = (await summarizeWorktrees((await context.anyWorktree()).worktree)).map(
    (summary) => summary.key,
  );
  // A worktree that is gone may have left checkpoints behind, so the refs are asked too.
  const [left] = await listCheckpoints((await context.anyWorktree()).worktree, {
    worktreeKey: key,
    limit: 1,
  });
  if (!known.includes(key) && left === undefined) {
    throw new BelayError('unknown_worktree', `There is no worktree ${JSON.stringify(key)}.`);
  }
}

export async function showCommand(context: Context, name: string): Promise<void> {
  const { worktree } = await context.anyWorktree();
  const checkpoint = await readCheckpoint(worktree, name);
  const changes = await changesOf(worktree, checkpoint);
  const staged = await readStagedState(worktree, checkpoint);
  const value = { ...checkpointShape(checkpoint), changes: changes.map(changeShape), ...stagedShape(staged) };
  answer(context, value, () =>
    lines(
      `checkpoint ${checkpoint.oid}`,
      `session    ${inert(checkpoint.session)} (${inert(checkpoint.agent)}), step ${checkpoint.step}`,
      `time       ${new Date(checkpoint.time).toISOString()}`,
      `worktree   ${checkpoint.worktree} on ${checkpoint.branch ?? '(detached)'} at ${checkpoint.base ?? '(unborn)'}`,
      '',
      ...inert(checkpoint.message)
        .split('\n')
        .map((line) => `    ${line}`),
      '',
      ...changes.map(changeLine),
      ...checkpoint.uncovered.map(
        ({ path, reason }) => `not covered (${reason.replaceAll('_', ' ')}): ${pathText(path)}`,
      ),
      ...(checkpoint.uncoveredMore > 0 ? [`and ${checkpoint.uncoveredMore} more paths not covered`] : []),
      ...stagedLines(checkpoint.oid, staged),
    ),
  );
}

/** One checkpoint against the one before it, or two against each other. */
export async function diffCommand(
  context: Context,
  from: string,
  to: string | undefined,
  pathTexts: readonly string[],
): Promise<void> {
  const { worktree } = await context.anyWorktree();
  const first = await readCheckpoint(worktree, from);
  const second = to === undefined ? first : await readCheckpoint(worktree, to);
  const old = to === undefined ? await previousTreeish(worktree, first) : first.tree;
  const paths = await Promise.all(pathTexts.map((text) => pathArgument(context, text)));
  if (context.json) {
    const changes = (await changesBetween(worktree, old, second.tree)).filter(({ path }) =>
      isChosen(path, paths),
    );
    answer(context, { from: old, to: second.oid, changes: changes.map(changeShape) }, () => '');
    return;
  }
  const { stdout } = await worktree.git.run({
    args: [
      '--literal-pathspecs',
      'diff',
      '--no-ext-diff',
      '--no-textconv',
      '--no-renames',
      '--color=never',
      old,
      second.tree,
      '--',
      ...paths.map((path) => Buffer.from(path, 'latin1').toString('utf8')),
    ],
    cwd: worktree.root,
    signal: context.signal,
  });
  // A patch is bytes, to be applied; a terminal gets what may be shown.
  context.print(process.stdout.isTTY ? Buffer.from(colored(inert(stdout.toString('utf8')))) : stdout);
}

const colors: readonly (readonly [RegExp, number])[] = [
  [/^(?:diff|index|---|\+\+\+|new|old|deleted) /, 1],
  [/^\+/, 32],
  [/^-/, 31],
  [/^@@/, 36],
];

/** As git colors a diff; git's own colors could not be told from those of a hostile file. */
function colored(diff: string): string {
  return diff
    .split('\n')
    .map((line) => {
      const color = colors.find(([pattern]) => pattern.test(line))?.[1];
      return color === undefined ? line : `\u001b[${color}m${line}\u001b[m`;
    })
    .join('\n');
}

export async function worktreesCommand(context: Context): Promise<void> {
  const worktrees = await summarizeWorktrees((await context.anyWorktree()).worktree);
  const value = worktrees.map(({ key, root, branch, base, latest, locked, missing, lease, liveness }) => ({
    worktree: key,
    root,
    branch,
    base,
    checkpoint: latest?.oid,
    time: isoTime(latest?.time),
    locked,
    missing,
    lease: lease && leaseShape(lease, liveness),
  }));
  answer(context, value, () =>
    lines(
      ...worktrees.map(({ key, root, branch, base, latest, missing, lease }) =>
        inert(
          `${key}  ${root}${missing ? ' (missing)' : ''}  ${branch ?? '(detached)'} at ${base?.slice(0, 10) ?? '(unborn)'}  ${
            latest === undefined ? 'no checkpoint yet' : oneLineOf(latest)
          }${lease === undefined ? '' : `  held by ${lease.owner}`}`,
        ),
      ),
    ),
  );
}
