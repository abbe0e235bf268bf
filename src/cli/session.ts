import type { Command } from 'commander';
import { pathText } from '../git/path';
import { closeWorktree, type Worktree } from '../git/worktree';
import { listWorktrees, openListed } from '../git/worktreeList';
import { openGuard, requireToken } from '../leases/guard';
import { identityOf } from '../refs/identity';
import { endSession, leaseOfSession, startSession } from '../sessions/lifecycle';
import type { Session } from '../sessions/session';
import { fileOwners, type FileOwner } from '../sessions/ownership';
import { listSessions } from '../sessions/sessions';
import { inert } from '../inert';
import { answer, answerList, type Context } from './context';
import { writing, type Define } from './define';
import { claimShape, withOwner, type ClaimOptions } from './lease';
import { checkpointShape, leaseShape, type Shape } from './shapes';
import { lines, oneLineOf, isoTime } from './text';

interface StartOptions extends Partial<ClaimOptions> {
  readonly session: string;
  readonly agent: string;
}

/** `belay session start|end|list`, `belay sessions` and `belay owners`. */
export function defineSessionCommands(belay: Command, define: Define): void {
  const session = belay.command('session').description('start, end and list sessions').exitOverride();
  define(
    withOwner(session.command('start'))
      .requiredOption('--session <id>', "the agent's own session id")
      .requiredOption('--agent <name>', 'the kind of agent')
      .option('--owner <name>', 'who writes for it (else the agent); the same name again means resumed')
      .description('start a session, or go on with it: claims its lease and prints the token'),
    (context, invoked) => startCommand(context, invoked.opts<StartOptions>()),
  );
  define(
    writing(session.command('end <id>'))
      .option('--take-over', 'end it without its token, which stops its writer')
      .description('end a session: nobody writes for it until it is started again'),
    (context, invoked) =>
      endCommand(context, invoked.args[0] ?? '', invoked.opts<{ takeOver?: boolean }>().takeOver === true),
  );
  define(session.command('list').description('list sessions, the latest first'), (context) =>
    sessionsCommand(context),
  );
  define(belay.command('sessions').description('list sessions, the latest first'), (context) =>
    sessionsCommand(context),
  );
  define(
    belay
      .command('owners')
      .description('name the live session that last wrote each file that differs from HEAD'),
    (context) => ownersCommand(context),
  );
}

async function startCommand(context: Context, options: StartOptions): Promise<void> {
  const worktree = await context.worktree();
  const before = await leaseOfSession(worktree, options.session);
  const lease = await startSession(worktree, options.session, {
    owner: options.owner ?? options.agent,
    agent: options.agent,
    holder: options.pid === undefined ? undefined : identityOf(options.pid),
    takeOver: options.takeOver === true,
  });
  const value = {
    session: options.session,
    agent: options.agent,
    ...claimShape(lease),
    resumed: before !== undefined,
  };
  answer(context, value, () => `${lease.token}\n`);
}

async function endCommand(context: Context, session: string, takeOver: boolean): Promise<void> {
  const { worktree } = await context.anyWorktree();
  const [token] = context.leases;
  const seen = await leaseOfSession(worktree, session);
  if (!takeOver && token === undefined && seen?.status === 'held') {
    await openGuard(worktree, { session });
  }
  const byForce = takeOver || token === undefined;
  const lease = await endSession(
    worktree,
    session,
    byForce ? { seen: seen?.token, by: 'command-line' } : { token: requireToken(token) },
  );
  answer(context, { session, ...leaseShape(lease) }, () => `Session ${inert(session)} has ended.\n`);
}

async function sessionsCommand(context: Context): Promise<void> {
  const sessions = await listSessions((await context.anyWorktree()).worktree, (ref) => {
    context.warn(`belay: warning: ${ref} cannot be read; see: belay doctor`);
  });
  answerList(context, sessions, { none: 'No sessions yet.', shape: sessionShape, line: sessionLine });
}

function sessionShape(session: Session): Shape {
  return {
    session: session.id,
    agent: session.agent,
    steps: session.steps,
    live: session.live,
    state: session.liveness.state,
    because: session.liveness.reason,
    checkpoint: session.latest?.oid,
    time: session.time === 0 ? undefined : isoTime(session.time),
    worktree: session.worktree,
    lease: session.lease && leaseShape(session.lease),
    stale: session.stale.map(checkpointShape),
  };
}

function sessionLine(session: Session): string {
  const { liveness, steps, latest, lease, stale } = session;
  const owner = lease?.status === 'held' ? `  held by ${lease.owner}` : '';
  const fenced = stale.length === 0 ? '' : `  ${stale.length} stale`;
  const last = latest === undefined ? `${session.agent} ${session.id}  no checkpoint yet` : oneLineOf(latest);
  return inert(`${liveness.state.padEnd(6)}  ${steps} steps${owner}${fenced}  ${last}`);
}

async function ownersCommand(context: Context): Promise<void> {
  const owners = await ownersIn(context);
  const value = owners.map(({ worktree, path, session, checkpoint }) => ({
    worktree: worktree.key,
    path: pathText(path),
    session: session.id,
    agent: session.agent,
    state: session.liveness.state,
    checkpoint: checkpoint.oid,
    time: isoTime(checkpoint.time),
  }));
  answer(context, value, () =>
    owners.length === 0
      ? 'No live session has written a file that differs from HEAD.\n'
      : lines(
          ...owners.map(({ worktree, isHere, path, session }) =>
            inert(
              `${isHere ? '' : `${worktree.key}  `}${pathText(path)}  ${session.agent} ${session.id} (${session.liveness.state})`,
            ),
          ),
        ),
  );
}

/** Those of the folder's own worktree; from a folder in none, those of all. */
async function ownersIn(
  context: Context,
): Promise<(FileOwner & { readonly worktree: Worktree; readonly isHere: boolean })[]> {
  const { worktree: first, elsewhere } = await context.anyWorktree();
  if (elsewhere === undefined) {
    return (await fileOwners(first)).map((owner) => ({ ...owner, worktree: first, isHere: true }));
  }
  const askedAt = Date.now();
  const listed = (await listWorktrees(first)).filter(({ bare, missing }) => !bare && !missing);
  const found = await Promise.all(
    listed.map(async (one) => {
      const worktree = one.key === first.key ? first : await openListed(first, one, askedAt);
      try {
        return (await fileOwners(worktree)).map((owner) => ({ ...owner, worktree, isHere: false }));
      } finally {
        if (worktree !== first) {
          closeWorktree(worktree);
        }
      }
    }),
  );
  return found.flat();
}
