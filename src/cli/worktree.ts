import path from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { readCheckpoint } from '../checkpoint/history';
import { connectToo, type ConnectedToo } from '../connect/connectNewWorktrees';
import { BelayError } from '../errors';
import { addWorktreeFrom } from '../fanout/fromCheckpoint';
import { addWorktree, addWorktrees, type AddedWorktree, type Addition } from '../fanout/newWorktree';
import { pathText } from '../git/path';
import type { Worktree } from '../git/worktree';
import { readPin } from '../fanout/pin';
import { removeWorktree } from '../fanout/removeWorktree';
import { configuredNetworkLimits } from '../network/networkOutcome';
import { Network } from '../network/network';
import { inert } from '../inert';
import { hookTarget, personalPlaces } from './connect';
import { answer, type Context } from './context';
import { writing, type Define } from './define';
import { worktreesCommand } from './history';
import { requestOf } from './recovering';
import { lines } from './text';
import type { Shape } from './shapes';

/** Stands for a number in the folder and the branch of several new worktrees. */
const placeholder = '{n}';

/** How many may be made at once. */
const maxWorktrees = 100;

interface AddOptions {
  readonly pin?: string;
  readonly from?: string;
  readonly branch?: string;
  readonly count?: number;
}

interface RemoveOptions {
  readonly discardUncovered?: boolean;
}

/** `belay worktree add|remove|list`. */
export function defineWorktreeCommands(belay: Command, define: Define): void {
  const worktree = belay
    .command('worktree')
    .description('make worktrees at a pin, remove and list them')
    .exitOverride();
  define(
    writing(worktree.command('add <path>'))
      .description(
        'make a worktree at a pinned commit, or with what a checkpoint holds; one that is there already and right is left',
      )
      .option('--pin <name>', 'the pin')
      .option('--from <checkpoint>', 'the checkpoint: at the commit that it was taken on, with its files')
      .option('--branch <name>', 'on this branch, which is made there; else HEAD is on no branch')
      .option(
        '--count <number>',
        `so many of them; ${placeholder} in the path and the branch is 1, 2, ...`,
        count,
      ),
    (context, invoked) => addCommand(context, invoked.args[0] ?? '', invoked.opts<AddOptions>()),
  );
  define(
    writing(worktree.command('remove <key>'))
      .description('save everything in a worktree, then remove it; its branch stays')
      .option(
        '--discard-uncovered',
        'also delete what no checkpoint holds: ignored files, repositories inside, files that are too large',
      ),
    (context, invoked) => removeCommand(context, invoked.args[0] ?? '', invoked.opts<RemoveOptions>()),
  );
  define(worktree.command('list').description('list worktrees with their last checkpoints'), (context) =>
    worktreesCommand(context),
  );
}

function count(value: string): number {
  const number = Number(value);
  if (!/^[1-9]\d{0,2}$/.test(value) || number > maxWorktrees) {
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${maxWorktrees}.`);
  }
  return number;
}

async function addCommand(context: Context, folder: string, options: AddOptions): Promise<void> {
  if ((options.pin === undefined) === (options.from === undefined)) {
    throw new BelayError('usage', 'Say either --pin NAME or --from CHECKPOINT.');
  }
  if (options.from !== undefined) {
    await addFromCommand(context, folder, options.from, options);
    return;
  }
  const { worktree } = await context.anyWorktree();
  const pin = await readPin(worktree, options.pin ?? '');
  const fetcher = new Network({ limits: configuredNetworkLimits(worktree) });
  const request = { ...(await requestOf(context, worktree, {})), fetcher };
  const wanted = (name: string, branch = options.branch): { root: string; branch: string | undefined } => ({
    root: path.resolve(context.folder, name),
    branch,
  });
  if (options.count === undefined) {
    const added = await addWorktree(worktree, pin, wanted(folder), request);
    const connected = await connectAgents(worktree, [added]);
    answer(context, { ...addedShape(added), connected: connected.agents }, () =>
      lines(addedLine(added), ...connectedLines(connected)),
    );
    return;
  }
  const unnumbered = [folder, options.branch].filter((name) => name?.includes(placeholder) === false);
  if (unnumbered.length > 0) {
    throw new BelayError('usage', `With --count, the path and the branch must have ${placeholder} in them.`);
  }
  const several = Array.from({ length: options.count }, (_, index) => {
    const number = String(index + 1);
    return wanted(folder.replaceAll(placeholder, number), options.branch?.replaceAll(placeholder, number));
  });
  const additions = await addWorktrees(worktree, pin, several, request);
  const made = additions.flatMap((addition) => ('added' in addition ? [addition.added] : []));
  const connected = await connectAgents(worktree, made);
  const shapes = additions.map((addition) => ({ ...additionShape(addition), connected: connected.agents }));
  answer(context, shapes, () => lines(...additions.map(additionLine), ...connectedLines(connected)));
  if (additions.some((addition) => !('added' in addition))) {
    context.exit(1);
  }
}

async function addFromCommand(
  context: Context,
  folder: string,
  name: string,
  options: AddOptions,
): Promise<void> {
  if (options.count !== undefined) {
    throw new BelayError('usage', '--count goes with --pin only.');
  }
  const { worktree } = await context.anyWorktree();
  const checkpoint = await readCheckpoint(worktree, name);
  const fetcher = new Network({ limits: configuredNetworkLimits(worktree) });
  const wanted = { root: path.resolve(context.folder, folder), branch: options.branch };
  const request = { ...(await requestOf(context, worktree, {})), fetcher };
  const { added, restored } = await addWorktreeFrom(worktree, checkpoint, wanted, request);
  const connected = await connectAgents(worktree, [added]);
  const left = [
    ...(restored?.blocked ?? []),
    ...(restored?.skipped ?? []).map(({ path: name, caution }) => ({
      path: name,
      reason: caution ?? 'skipped',
    })),
  ];
  const value = {
    ...addedShape(added),
    checkpoint: checkpoint.oid,
    written: restored?.written.map(pathText) ?? [],
    deleted: restored?.deleted.map(pathText) ?? [],
    left: left.map(({ path: name, reason }) => ({ path: pathText(name), reason })),
    connected: connected.agents,
  };
  answer(context, value, () =>
    lines(
      addedLine(added),
      `with what the checkpoint ${checkpoint.oid.slice(0, 10)} holds: ${value.written.length} files written, ${value.deleted.length} deleted`,
      ...left.map(({ path: name, reason }) =>
        inert(`left (${reason.replaceAll('_', ' ')})  ${pathText(name)}`),
      ),
      ...connectedLines(connected),
    ),
  );
  if (left.length > 0) {
    context.exit(1);
  }
}

/** The agents of the repository's other worktrees are to be covered in the new ones, too. */
function connectAgents(worktree: Worktree, added: readonly AddedWorktree[]): Promise<ConnectedToo> {
  const keys = added.filter(({ created }) => created).map(({ worktree: key }) => key);
  return connectToo(worktree, keys, personalPlaces(), hookTarget());
}

function connectedLines({ agents, words }: ConnectedToo): string[] {
  return [
    ...(agents.length === 0 ? [] : [`connected there as well: ${agents.join(', ')}`]),
    ...(words === undefined ? [] : [inert(`not connected there: ${words}`)]),
  ];
}

async function removeCommand(context: Context, key: string, options: RemoveOptions): Promise<void> {
  const { worktree: via } = await context.anyWorktree(key);
  const request = await requestOf(context, via, {});
  const removed = await removeWorktree(via, key, {
    ...request,
    discardUncovered: options.discardUncovered === true,
  });
  const { worktree, root, branch, checkpoint, backup, message: words } = removed;
  const value = { worktree, root, branch, checkpoint, backup, words };
  answer(context, value, () =>
    lines(
      inert(`Removed ${worktree}  ${root}`),
      ...(checkpoint === undefined
        ? []
        : [`everything in it is in the checkpoint ${checkpoint.slice(0, 10)}`]),
      ...(backup === undefined ? [] : [`its commits are held by ${backup}`]),
      ...(words === undefined ? [] : [inert(words)]),
    ),
  );
}

function addedShape({ worktree, root, branch, upstream, head, created, message }: AddedWorktree): Shape {
  return { worktree, root, branch, upstream, head, created, words: message };
}

function addedLine({ worktree, root, branch, head, created, message: words }: AddedWorktree): string {
  const what = created ? 'made' : 'there already';
  const more = words === undefined || !created ? '' : `  ${words}`;
  return inert(`${worktree}  ${what}  ${root}  ${branch ?? '(detached)'} at ${head.slice(0, 10)}${more}`);
}

function additionShape(addition: Addition): Shape {
  return 'added' in addition
    ? addedShape(addition.added)
    : { root: addition.root, error: { reason: addition.reason ?? 'unexpected', message: addition.message } };
}

function additionLine(addition: Addition): string {
  return 'added' in addition
    ? addedLine(addition.added)
    : inert(`${addition.root}  failed (${addition.reason ?? 'unexpected'}): ${addition.message}`);
}
