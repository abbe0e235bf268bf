import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { version } from '../../package.json';
import { knownAgentNames } from '../agents/registry';
import { BelayError, messageOf } from '../errors';
import type { ExitCode } from '../reasons';
import { english } from '../localizer';
import { doneWords, movedLines, untouchedWords } from '../toldWords';
import { NoWorktreeHere } from '../git/anyWorktree';
import { Git } from '../git/git';
import { ReferencesLocked } from '../checkpoint/pending';
import { LeaseError } from '../leases/error';
import { ResetFailed } from '../sync/syncOutcome';
import { formatResource } from '../leases/resource';
import { hasCode } from '../git/diskErrors';
import { inert } from '../inert';
import type { Ledger } from '../ledger';
import { withLedger } from '../withLedger';
import { makeContext, type CommonOptions, type Context } from './context';
import { collect, writing, type Define } from './define';
import { defineIncludeCommand } from './include';
import { defineLeaseCommands } from './lease';
import { defineSessionCommands } from './session';
import { defineAgentsCommand } from './agents';
import { defineBackupCommands } from './backups';
import { defineConnectCommands } from './connect';
import { defineDecisionCommands } from './decisions';
import { definePinCommands } from './pin';
import { movedShape, type Shape } from './shapes';
import { defineSyncCommand } from './sync';
import { defineWorktreeCommands } from './worktree';
import { oneLine } from '../git/commit';
import { lines, isoTime, answerText } from './text';
import { checkpointCommand, type CheckpointOptions } from './checkpoint';
import { doctorCommand, type DoctorOptions } from './doctor';
import { diffCommand, logCommand, showCommand, worktreesCommand, type LogOptions } from './history';
import { branchCommand, restoreCommand, undoRestoreCommand } from './restore';
import type { RestoreOptions } from './restoreOptions';

/**
 * Runs one command. Exit codes: 0 done; 1 refused for a stated reason; 2 wrong usage; 3 failed. What it prints goes to
 * standard output, everything said about errors to standard error.
 */
export async function runCommandLine(args: readonly string[]): Promise<0 | ExitCode | 130> {
  const git = new Git();
  const cancel = new AbortController();
  const interrupted = (): void => {
    cancel.abort();
    git.endAll();
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  // A reader that has seen enough closes the pipe; that is no fault.
  process.stdout.on('error', ignoreClosedPipe);
  const wantsJson = args.includes('--json');
  return withLedger(async (ledger) => {
    try {
      const ending: { code: 0 | ExitCode } = { code: 0 };
      await program(git, cancel.signal, (code) => {
        ending.code = code;
      }).parseAsync([...args], { from: 'user' });
      return ending.code;
    } catch (thrown) {
      if (thrown instanceof CommanderError) {
        return thrown.exitCode === 0 ? 0 : 2;
      }
      if (cancel.signal.aborted) {
        say(process.stderr, lines('belay: interrupted.', ...ledgerLines(ledger)));
        return 130;
      }
      return report(thrown, ledger, wantsJson);
    }
  });
}

/** What is said to a person or an agent goes through here: nothing in it moves a cursor or turns the reading direction. */
function say(stream: NodeJS.WritableStream, text: string): void {
  stream.write(inert(text));
}

/** What was done, and what was left untouched, whatever the reason for which it failed. */
function ledgerLines(ledger: Ledger): string[] {
  const done = doneWords(ledger);
  return [
    ...(done === undefined ? [] : [`  Done before that: ${done}`]),
    ...movedLines(english, ledger.moved).map((line) => `  ${line}`),
    `  ${untouchedWords(ledger)}`,
  ];
}

function report(thrown: unknown, ledger: Ledger, json: boolean): ExitCode {
  const known = thrown instanceof BelayError ? thrown : undefined;
  if (known !== undefined) {
    // Of all that the command did, not only of the piece of it that failed.
    known.ledger = ledger;
  }
  const text = {
    ...(known instanceof LeaseError ? refusalShape(known) : {}),
    ...(known instanceof ResetFailed ? resetShape(known) : {}),
    ...(known instanceof NoWorktreeHere ? { worktrees: known.worktrees } : {}),
    reason: known?.reason ?? 'unexpected',
    message: known?.message ?? `Unexpected: ${messageOf(thrown)}`,
    done: doneWords(ledger),
    changed: ledger.changes.map(({ kind, name, from, to }) => ({
      kind,
      name,
      ...(kind === 'reference' ? { from, to } : {}),
    })),
    moved: ledger.moved.map(movedShape),
    untouched: untouchedWords(ledger),
    next: known?.next ?? 'Run: belay doctor   and report this if it stays.',
  };
  say(
    process.stderr,
    lines(`belay: ${oneLine(text.message)}`, ...ledgerLines(ledger), `  What to do: ${text.next}`),
  );
  if (json) {
    say(process.stdout, answerText({ ...pendingShape(known), error: text }));
  }
  return known?.exitCode ?? 3;
}

/** Who holds the lease that refused, and where the writer's work is kept. */
function refusalShape({ resource, current, kept }: LeaseError): Shape {
  return {
    resource: formatResource(resource),
    owner: current?.owner,
    since: isoTime(current?.acquired),
    kept,
  };
}

/** What is stored, but counts as no checkpoint until the next one has folded it in. */
function pendingShape(known: BelayError | undefined): Shape {
  return known instanceof ReferencesLocked ? { checkpoint: null, pending: known.pending } : {};
}

/** What was about to be dropped, and where it is kept. */
function resetShape({ backup, dropped, decision }: ResetFailed): Shape {
  return { backup, dropped, decision };
}

function program(git: Git, signal: AbortSignal, exit: Context['exit']): Command {
  const belay = new Command('belay')
    .description(
      'Keeps the work of several coding agents in one git repository safe: checkpoints, restore, recovery.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        say(process.stdout, text);
      },
      writeErr: (text) => {
        say(process.stderr, text);
      },
    })
    .showHelpAfterError('Run the command with --help to see what it takes.');

  const command: Define = (definition, run) => {
    definition
      .option('--json', 'print one JSON value with stable field names')
      .option('--cwd <folder>', 'run as if started in this folder')
      .exitOverride()
      .action(async () => {
        const streams = {
          print: (text: string | Buffer) => {
            if (typeof text === 'string') {
              say(process.stdout, text);
            } else {
              process.stdout.write(text);
            }
          },
          warn: (text: string) => {
            say(process.stderr, `${text}\n`);
          },
          exit,
        };
        const context = makeContext(git, definition.opts<CommonOptions>(), streams, signal);
        try {
          await run(context, definition);
        } finally {
          await context.close();
        }
      });
  };

  command(
    writing(belay.command('checkpoint'))
      .description(
        "take a checkpoint of the worktree onto its shadow branch; nothing of the user's is touched",
      )
      .requiredOption('--session <id>', "the agent's own session id")
      .requiredOption('--agent <name>', `the kind of agent: ${knownAgentNames()}, editor`)
      .option(
        '--path <path>',
        'a path known to have changed (may be given again); none scans everything',
        collect,
        [],
      )
      .option('--message <text>', 'what happened')
      .option('--tool <name>', 'the tool that was used')
      .option('--task <id>', 'the task or sub-agent that it belongs to'),
    (context, invoked) => checkpointCommand(context, invoked.opts<CheckpointOptions>()),
  );
  command(
    belay
      .command('log')
      .description('list checkpoints, newest first')
      .option('--session <id>', 'only those of this session')
      .option('--worktree <key>', 'only those of this worktree')
      .option('--limit <count>', 'at most so many', positive, 1_000),
    (context, invoked) => logCommand(context, invoked.opts<LogOptions>()),
  );
  command(
    belay.command('show <checkpoint>').description('show one checkpoint and what it changed'),
    (context, { args: [checkpoint = ''] }) => showCommand(context, checkpoint),
  );
  command(
    belay
      .command('diff <checkpoint> [second]')
      .argument('[paths...]', 'only these paths (after --)')
      .description('the changes of a checkpoint, or between two checkpoints')
      .usage('[options] CHECKPOINT [CHECKPOINT] [-- path...]'),
    (context, { args }) => {
      const { checkpoints, paths } = splitDiff(args);
      return diffCommand(context, checkpoints[0] ?? '', checkpoints[1], paths);
    },
  );
  belay
    .command('hook')
    .argument('<agent>', `one of ${knownAgentNames()}`)
    .argument('[event]', 'where the payload does not name it')
    .description(
      "what an agent's hooks call: its payload on standard input, nothing printed unless a call must wait",
    )
    .exitOverride()
    .action(async (agent: string, event: string | undefined) => {
      const { runHook } = await import('./hook');
      await runHook(event === undefined ? [agent] : [agent, event]);
    });
  defineIncludeCommand(belay, command);
  defineSessionCommands(belay, command);
  defineLeaseCommands(belay, command);
  defineSyncCommand(belay, command);
  definePinCommands(belay, command);
  defineWorktreeCommands(belay, command);
  defineDecisionCommands(belay, command);
  defineBackupCommands(belay, command);
  defineConnectCommands(belay, command);
  defineAgentsCommand(belay, command);
  command(belay.command('worktrees').description('list worktrees with their last checkpoints'), (context) =>
    worktreesCommand(context),
  );
  command(
    writing(belay.command('restore <checkpoint>'))
      .description('bring paths back to what they were in a checkpoint; takes a checkpoint first')
      .option('--path <path>', 'only this file or folder (may be given again)', collect, [])
      .option('--staged', 'what was staged, back into the index; files on disk are not touched')
      .option('--dry-run', 'say what would happen and change nothing')
      .option(
        '--include-drifted',
        'also paths that changed since the last checkpoint or belong to another live session',
      )
      .option('--take-over', 'also while another owner is changing the worktree, which stops them'),
    (context, invoked) => restoreCommand(context, invoked.args[0] ?? '', invoked.opts<RestoreOptions>()),
  );
  command(
    writing(belay.command('undo-restore'))
      .description('take back the latest restore of this worktree, of files or of staged state')
      .option('--include-drifted', 'also paths that changed since')
      .option('--take-over', 'also while another owner is changing the worktree, which stops them'),
    (context, invoked) => undoRestoreCommand(context, invoked.opts<RestoreOptions>()),
  );
  command(
    writing(belay.command('branch <checkpoint> <name>')).description(
      'create a branch with one commit that holds the checkpoint',
    ),
    (context, { args: [checkpoint = '', name = ''] }) => branchCommand(context, checkpoint, name),
  );
  command(
    writing(belay.command('doctor'))
      .description('say what is wrong, each with the command that fixes it')
      .option('--fix', 'fix what needs no decision: dead locks, waiting checkpoints, leavings')
      // The name that it had in earlier versions.
      .addOption(new Option('--mend').hideHelp())
      .option(
        '--hide-refs',
        'hide checkpoints from clones of and fetches from this repository (transfer.hideRefs)',
      ),
    (context, invoked) => doctorCommand(context, invoked.opts<DoctorOptions>()),
  );
  return belay;
}

/** Commander drops the `--`, so whatever is not the name of an object is a path. */
function splitDiff(args: readonly string[]): { checkpoints: string[]; paths: string[] } {
  const marker = process.argv.indexOf('--');
  const after = marker < 0 ? 0 : process.argv.length - marker - 1;
  const checkpoints = args.slice(0, args.length - after);
  if (checkpoints.length > 2) {
    throw new BelayError('usage', 'At most two checkpoints can be compared; paths come after --.');
  }
  return { checkpoints, paths: args.slice(args.length - after) };
}

function positive(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) {
    throw new InvalidArgumentError('It must be a whole number above zero.');
  }
  return Number(value);
}

function ignoreClosedPipe(thrown: Error): void {
  if (!hasCode(thrown, 'EPIPE')) {
    throw thrown;
  }
}
