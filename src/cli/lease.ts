import type { Command } from 'commander';
import { BelayError } from '../errors';
import { listWorktrees } from '../git/worktreeList';
import { claimLease, releaseLease, renewLease } from '../leases/claim';
import { LeaseError, lostMessage } from '../leases/error';
import { requireToken } from '../leases/guard';
import type { Lease, Resource } from '../leases/lease';
import { leaseHistory, listLeases, readLease } from '../leases/read';
import { formatResource, parseResource } from '../leases/resource';
import { identityOf } from '../refs/identity';
import { livenessOfOwner } from '../sessions/liveness';
import { inert } from '../inert';
import { answer, type Context } from './context';
import { writing, type Define } from './define';
import { leaseShape, type Shape } from './shapes';
import { lines, timeText, isoTime } from './text';

export interface ClaimOptions {
  readonly owner: string;
  readonly agent?: string;
  readonly pid?: number;
  readonly takeOver?: boolean;
}

/** `belay lease claim|renew|release|check|list|history`. */
export function defineLeaseCommands(belay: Command, define: Define): void {
  const lease = belay
    .command('lease')
    .description('who may write for a session, or change a worktree')
    .exitOverride();
  define(
    withOwner(lease.command('claim <resource>'))
      .requiredOption('--owner <name>', 'who claims it')
      .option('--agent <name>', 'the kind of program that claims it')
      .description('claim session/ID or worktree/KEY; prints the token that every write then needs'),
    (context, invoked) => claimCommand(context, invoked.args[0] ?? '', invoked.opts<ClaimOptions>()),
  );
  define(
    writing(
      lease
        .command('renew <resource>')
        .description('prove that the token is current, and leave a sign of life'),
    ),
    (context, { args }) => renewCommand(context, args[0] ?? ''),
  );
  define(
    writing(lease.command('release <resource>').description('give the lease up; its token counts no more')),
    (context, { args }) => releaseCommand(context, args[0] ?? ''),
  );
  define(
    writing(
      lease
        .command('check <resource>')
        .description('say who holds it and, with --lease, whether that token is current; changes nothing'),
    ),
    (context, { args }) => checkCommand(context, args[0] ?? ''),
  );
  define(lease.command('list').description('list the leases'), (context) => listCommand(context));
  define(
    lease.command('history <resource>').description('every claim and release of a lease, newest first'),
    (context, { args }) => historyCommand(context, args[0] ?? ''),
  );
}

/** The options that say who claims. */
export function withOwner(definition: Command): Command {
  return definition
    .option('--pid <number>', 'the process that ends with the owner; then anybody may claim it', processId)
    .option('--take-over', 'take it from its present holder, which stops them');
}

/** A claim as the command line prints it. */
export function claimShape({ resource, owner, token, acquired }: Lease): Shape {
  return { resource: formatResource(resource), owner, token, acquired: isoTime(acquired) };
}

async function claimCommand(context: Context, text: string, options: ClaimOptions): Promise<void> {
  const resource = parseResource(text);
  // A session is leased where it works.
  const worktree =
    resource.kind === 'session' ? await context.worktree() : (await context.anyWorktree()).worktree;
  await requireKnown(context, resource);
  const lease = await claimLease(worktree, resource, {
    owner: options.owner,
    agent: options.agent,
    holder: options.pid === undefined ? undefined : identityOf(options.pid),
    takeOver: options.takeOver === true,
    ...(resource.kind === 'session' ? { worktree: worktree.key } : {}),
  });
  answer(context, claimShape(lease), () => `${lease.token}\n`);
}

async function requireKnown(context: Context, resource: Resource): Promise<void> {
  const worktrees = await listWorktrees((await context.anyWorktree()).worktree);
  if (resource.kind === 'worktree' && !worktrees.some(({ key }) => key === resource.name)) {
    throw new BelayError('unknown_worktree', `There is no worktree ${JSON.stringify(resource.name)}.`);
  }
}

async function renewCommand(context: Context, text: string): Promise<void> {
  const resource = parseResource(text);
  const lease = await renewLease((await context.anyWorktree()).worktree, resource, oneToken(context));
  answer(
    context,
    claimShape(lease),
    () => `${inert(formatResource(resource))} is held by ${inert(lease.owner)}.\n`,
  );
}

async function releaseCommand(context: Context, text: string): Promise<void> {
  const resource = parseResource(text);
  const token = oneToken(context);
  const lease = await releaseLease((await context.anyWorktree()).worktree, resource, token, {
    status: 'released',
  });
  answer(context, leaseShape(lease), () => `${inert(formatResource(resource))} was released.\n`);
}

async function checkCommand(context: Context, text: string): Promise<void> {
  const { worktree } = await context.anyWorktree();
  const resource = parseResource(text);
  const lease = await readLease(worktree, resource);
  const token = context.leases.length === 0 ? undefined : oneToken(context);
  if (token !== undefined && (lease?.token !== token || lease.status !== 'held')) {
    throw new LeaseError('lease_lost', resource, lostMessage(resource, lease), lease);
  }
  const held = lease?.status === 'held' ? lease : undefined;
  const liveness = held && (await livenessOfOwner(worktree.repository, held));
  const value = {
    resource: formatResource(resource),
    held: held !== undefined,
    current: token && true,
    owner: held?.owner,
    acquired: isoTime(held?.acquired),
    state: liveness?.state,
    because: liveness?.reason,
  };
  answer(context, value, () =>
    inert(
      held === undefined || liveness === undefined
        ? `${formatResource(resource)} is held by nobody.\n`
        : `${formatResource(resource)} is held by ${held.owner} since ${new Date(held.acquired).toISOString()} (${liveness.state}).\n`,
    ),
  );
}

async function listCommand(context: Context): Promise<void> {
  const { worktree } = await context.anyWorktree();
  const leases = await listLeases(worktree, (ref) => {
    context.warn(`belay: warning: ${ref} cannot be read; see: belay doctor`);
  });
  const shapes = await Promise.all(
    leases.map(async (lease) =>
      leaseShape(
        lease,
        lease.status === 'held' ? await livenessOfOwner(worktree.repository, lease) : undefined,
      ),
    ),
  );
  answer(context, shapes, () =>
    leases.length === 0 ? 'No leases.\n' : lines(...leases.map((lease) => leaseLine(lease))),
  );
}

async function historyCommand(context: Context, text: string): Promise<void> {
  const { worktree } = await context.anyWorktree();
  const resource = parseResource(text);
  const lease = await readLease(worktree, resource);
  if (lease === undefined) {
    throw new BelayError('unknown_lease', `${formatResource(resource)} was never leased.`);
  }
  const versions = await leaseHistory(worktree, lease);
  answer(
    context,
    versions.map((version) => leaseShape(version)),
    () => lines(...versions.map((version) => leaseLine(version))),
  );
}

function leaseLine(lease: Lease): string {
  const when = timeText(lease.changed);
  const from = lease.takenFrom === undefined ? '' : `, taken from ${lease.takenFrom}`;
  const by = lease.endedBy === undefined || lease.endedBy === lease.owner ? '' : `, by ${lease.endedBy}`;
  return inert(`${when}  ${formatResource(lease.resource)}  ${lease.status}  ${lease.owner}${from}${by}`);
}

function oneToken(context: Context): string {
  const [token, second] = context.leases;
  if (token === undefined || second !== undefined) {
    throw new BelayError('usage', 'Give the one token of the claim with --lease TOKEN or BELAY_LEASE.');
  }
  return requireToken(token);
}

function processId(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) {
    throw new BelayError('usage', `${JSON.stringify(text)} is not the number of a process.`);
  }
  return Number(text);
}
