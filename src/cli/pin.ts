import type { Command } from 'commander';
import { BelayError } from '../errors';
import { fanOut } from '../fanout/fanout';
import { settlementOf } from '../fanout/fanOutOutcome';
import { listPins, readPin, removePin, setPin, type Pin } from '../fanout/pin';
import { resolveOnce } from '../fanout/resolve';
import { openGuard } from '../leases/guard';
import { configuredNetworkLimits } from '../network/networkOutcome';
import { Network } from '../network/network';
import { inert } from '../inert';
import { actor } from './actor';
import { answer, answerList, type Context } from './context';
import { collect, writing, type Define } from './define';
import { followCommand } from './follow';
import { exitWith, outcomeLine, outcomeShape } from './outcomes';
import { recovering, requestOf, timed, type RecoveringOptions } from './recovering';
import { lines, timeText, isoTime } from './text';
import type { Shape } from './shapes';

interface SetOptions {
  readonly follow?: boolean;
  readonly fetch?: boolean;
  /** Seconds. */
  readonly timeout?: number;
}

interface ApplyOptions extends RecoveringOptions {
  readonly all?: boolean;
  readonly worktree: readonly string[];
}

/** `belay pin set|follow|list|remove|apply`. */
export function definePinCommands(belay: Command, define: Define): void {
  const pin = belay
    .command('pin')
    .description('one exact commit that several worktrees are brought to')
    .exitOverride();
  define(
    timed(writing(pin.command('set <name> <committish>')))
      .description('resolve a name to a commit, once, and keep that commit under the name of the pin')
      .option('--fetch', 'ask its remote first')
      .option(
        '--follow',
        'go along, with the worktrees that nobody works in, whenever a fetch moves the reference',
      ),
    (context, invoked) => setCommand(context, invoked.args, invoked.opts<SetOptions>()),
  );
  define(
    recovering(writing(pin.command('follow'))).description(
      'fetch, and take the pins that follow a reference to where it is',
    ),
    (context, invoked) => followCommand(context, invoked.opts<RecoveringOptions>()),
  );
  define(pin.command('list').description('list the pins'), (context) => listCommand(context));
  define(
    writing(pin.command('remove <name>')).description('remove a pin; no worktree is touched'),
    (context, invoked) => removeCommand(context, invoked.args[0] ?? ''),
  );
  define(
    recovering(writing(pin.command('apply <name>')))
      .description('bring worktrees to exactly the pinned commit')
      .option('--all', 'every worktree of the repository')
      .option('--worktree <key>', 'this worktree (may be given again)', collect, []),
    (context, invoked) => applyCommand(context, invoked.args[0] ?? '', invoked.opts<ApplyOptions>()),
  );
}

async function setCommand(
  context: Context,
  [name = '', source = '']: readonly string[],
  options: SetOptions,
): Promise<void> {
  // What is named by its HEAD is another commit in each worktree.
  const worktree = isOfWorktree(source) ? await context.worktree() : (await context.anyWorktree()).worktree;
  const network = new Network({ limits: configuredNetworkLimits(worktree) });
  const { session, agent, leases } = await actor(context);
  const resolved = await resolveOnce(worktree, network, {
    source,
    fetch: options.fetch === true,
    explicit: true,
    signal: context.signal,
    ...(options.timeout === undefined ? {} : { timeLimit: options.timeout * 1000 }),
  });
  const guard = await openGuard(worktree, { leases });
  const follows = options.follow === true;
  const pin = await setPin(worktree, guard, { ...resolved, name, session, agent, follows });
  answer(context, pinShape(pin), () => lines(pinLine(pin)));
}

/** Whether a committish names something of a worktree's own: its HEAD, `@`, another file beside that, its index (gitrevisions(7)). */
function isOfWorktree(source: string): boolean {
  return /^(?:[A-Z_]*HEAD(?:$|[~^@:])|@(?:$|[~^{:])|:|refs\/(?:worktree|bisect|rewritten)\/)/.test(source);
}

async function listCommand(context: Context): Promise<void> {
  const pins = await listPins((await context.anyWorktree()).worktree);
  answerList(context, pins, { none: 'No pins yet.', shape: pinShape, line: pinLine });
}

async function removeCommand(context: Context, name: string): Promise<void> {
  const { worktree } = await context.anyWorktree();
  const pin = await readPin(worktree, name);
  await removePin(worktree, await openGuard(worktree, { leases: context.leases }), pin);
  answer(context, { removed: pinShape(pin) }, () => lines(`Removed: ${pinLine(pin)}`));
}

async function applyCommand(context: Context, name: string, options: ApplyOptions): Promise<void> {
  if ((options.all === true) === options.worktree.length > 0) {
    throw new BelayError('usage', 'Give --all, or --worktree once or more.');
  }
  const { worktree } = await context.anyWorktree();
  const pin = await readPin(worktree, name);
  const network = new Network({ limits: configuredNetworkLimits(worktree) });
  const fleet = {
    repository: worktree,
    ...(options.all === true ? {} : { keys: [...new Set(options.worktree)] }),
  };
  const request = await requestOf(context, worktree, options);
  const outcomes = await fanOut(worktree, pin, [fleet], network, request);
  answer(context, outcomes.map(outcomeShape), () => lines(...outcomes.map(outcomeLine)));
  exitWith(context, outcomes.map(settlementOf));
}

function pinShape({ name, commit, source, ref, remote, follows, time, session, agent, version }: Pin): Shape {
  return { pin: name, commit, source, ref, remote, follows, time: isoTime(time), session, agent, version };
}

function pinLine({ name, commit, source, time, session, agent, follows }: Pin): string {
  const when = timeText(time);
  return inert(
    `${name}  ${commit.slice(0, 10)}  ${follows ? 'follows' : 'from'} ${source}  ${when}  ${agent} ${session}`,
  );
}
