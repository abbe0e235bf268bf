import { readDecision } from '../decisions/read';
import { BelayError } from '../errors';
import { closeWorktree, type Worktree } from '../git/worktree';
import { LeaseError } from '../leases/error';
import { releaseLease } from '../leases/claim';
import type { Adapter, Refusal } from './adapter';
import { backUpBefore } from './backUp';
import type { Callers } from './callers';
import { cover, whyNot, type Covering, type Mark } from './cover';
import { dangersIn, foldersIn, type Danger } from './destructive';
import type { AgentEvent, ToolUse } from './event';
import { Gaps } from './gaps';
import { rememberChild, rootSession } from './links';
import { otherWorktrees, placesOf, type Place } from './places';
import { protectionOf } from './settings';
import { standingOf, type Standing } from './standing';
import { fenceWords, holdWords, label, protectWords } from './words';

/** One call of a hook. */
export interface Handling {
  readonly adapter: Adapter;
  readonly callers: Callers;
  /** When the hook gives up, in milliseconds of its own time. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

interface Marked extends Handling {
  readonly mark: Mark;
}

type Of<Kind extends AgentEvent['kind']> = Extract<AgentEvent, { readonly kind: Kind }>;

/**
 * Does what an agent's event asks for: leases, checkpoints, backups.
 * @returns why the tool call must not run, before a tool, and only for a hold, a fence, or a command that the repository's
 * settings keep for a person.
 * @throws whatever keeps the work from being done. A fault of Belay never stops an agent: the caller lets it go on.
 */
export async function handle(
  worktree: Worktree,
  told: AgentEvent,
  handling: Handling,
): Promise<Refusal | undefined> {
  const gaps = Gaps.open(worktree);
  // Where the disk refuses it, holds and fences count all the same.
  await Promise.allSettled([gaps]);
  try {
    const refusal = await act(worktree, told, { ...handling, mark: { worktree, gaps } });
    await gaps.then(closeOwn, toleratesDisk);
    return refusal;
  } catch (thrown) {
    await gaps.then((left) => left.leave(whyNot(thrown)), toleratesDisk);
    throw thrown;
  }
}

async function act(worktree: Worktree, told: AgentEvent, handling: Marked): Promise<Refusal | undefined> {
  const event = await ofRoot(worktree, told, handling.adapter);
  switch (event.kind) {
    case 'session_started':
    case 'session_resumed':
      await stand(worktree, event, handling);
      return undefined;
    case 'subagent_started':
      if (handling.adapter.childSessions && event.child !== told.session) {
        await rememberChild(worktree.repository, handling.adapter.name, event.child, told.session);
      }
      return undefined;
    case 'before_tool':
      return before(worktree, event, handling);
    case 'after_tool':
      await after(worktree, event, handling);
      return undefined;
    case 'turn_ended':
    case 'subagent_ended':
      await everything(worktree, event, handling, (await stand(worktree, event, handling)).leases);
      return undefined;
    case 'session_ended':
      await ended(worktree, event, handling);
      return undefined;
  }
}

/** Whether an event leaves nothing to do wherever it comes from: what a tool has read needs no cover. */
export function needsNothing(event: AgentEvent): boolean {
  return event.kind === 'after_tool' && event.tool.reach === 'read';
}

/** A child that has a session of its own is a task of the session that it belongs to. */
async function ofRoot(worktree: Worktree, event: AgentEvent, adapter: Adapter): Promise<AgentEvent> {
  if (!adapter.childSessions) {
    return event;
  }
  const session = await rootSession(worktree.repository, adapter.name, event.session);
  if (session === event.session) {
    return event;
  }
  // A child's turn ends, its session does not.
  return event.kind === 'session_ended'
    ? { ...event, session, task: event.session, kind: 'turn_ended', outcome: 'ok' }
    : { ...event, session, task: event.task ?? event.session };
}

function stand(worktree: Worktree, event: AgentEvent, { adapter, callers }: Handling): Promise<Standing> {
  const starting = event.kind === 'session_started' || event.kind === 'session_resumed';
  const claims = starting || event.kind === 'before_tool';
  return standingOf(worktree, { session: event.session, agent: adapter.name, callers, starting, claims });
}

async function before(
  worktree: Worktree,
  event: Of<'before_tool'>,
  handling: Marked,
): Promise<Refusal | undefined> {
  const { tool, cwd } = event;
  const places = tool.reach === 'edit' ? await placesOf(worktree, cwd, tool.paths) : [];
  try {
    const held = await heldBy([worktree, ...places.map((place) => place.worktree)]);
    if (held !== undefined) {
      return held;
    }
    const standing = await stand(worktree, event, handling).catch(whenUnreadable);
    if (standing.kind === 'fenced') {
      return { kind: 'deny', reason: fenceWords(standing.because, event.session) };
    }
    const dangers = dangersIn(tool.commands);
    const refusal = protect(worktree, dangers);
    if (refusal?.kind === 'deny') {
      return refusal;
    }
    const covered =
      tool.reach === 'shell'
        ? beforeShell(worktree, event, handling, dangers, standing.leases)
        : coverAll(places, covering(event, handling, standing.leases, 'named'));
    if (refusal === undefined) {
      await covered;
      return undefined;
    }
    // The person is asked whether or not the files could be covered.
    return await covered.then(
      () => refusal,
      () => refusal,
    );
  } finally {
    closeOthers(worktree, places);
  }
}

/** Whatever a lease that cannot be read says: a fault of Belay never stops an agent. */
function whenUnreadable(thrown: unknown): Standing {
  if (thrown instanceof LeaseError && thrown.reason === 'lease_unreadable') {
    return { kind: 'may', leases: [] };
  }
  throw thrown;
}

async function heldBy(worktrees: readonly Worktree[]): Promise<Refusal | undefined> {
  const keys = new Map(worktrees.map((worktree) => [worktree.key, worktree]));
  for (const [key, worktree] of keys) {
    const decision = await readDecision(worktree, key).catch(unknownDecision);
    if (decision?.status === 'pending') {
      return { kind: 'deny', reason: holdWords(decision) };
    }
  }
  return undefined;
}

function unknownDecision(thrown: unknown): undefined {
  if (!(thrown instanceof BelayError)) {
    throw thrown;
  }
}

function protect(worktree: Worktree, dangers: readonly Danger[]): Refusal | undefined {
  const found = dangers.map(({ verb }) => ({ verb, protection: protectionOf(worktree, verb) }));
  const refused = found.find(({ protection }) => protection === 'refuse');
  if (refused !== undefined) {
    return { kind: 'deny', reason: protectWords(refused.verb, 'refuse') };
  }
  const asked = found.find(({ protection }) => protection === 'ask');
  return asked === undefined ? undefined : { kind: 'ask', reason: protectWords(asked.verb, 'ask') };
}

/** Any shell may destroy anything: all is covered, here and where the command itself says that it goes. */
async function beforeShell(
  worktree: Worktree,
  event: Of<'before_tool'>,
  handling: Marked,
  dangers: readonly Danger[],
  leases: readonly string[],
): Promise<void> {
  await everything(worktree, event, handling, leases);
  await backUpBefore(worktree, event.cwd, dangers, leases);
  const removed = dangers.flatMap(({ verb, names }) => (verb === 'worktree' ? names.slice(1) : []));
  const folders = [...foldersIn(event.tool.commands), ...removed];
  const others = folders.length === 0 ? [] : await otherWorktrees(worktree, event.cwd, folders);
  for (const other of others) {
    try {
      await everything(other, event, handling, leases);
      await backUpBefore(other, event.cwd, dangers, leases);
    } finally {
      closeWorktree(other);
    }
  }
}

async function after(worktree: Worktree, event: Of<'after_tool'>, handling: Marked): Promise<void> {
  const { tool, cwd } = event;
  if (needsNothing(event)) {
    return;
  }
  const { leases } = await stand(worktree, event, handling);
  const all = namesAll(tool);
  const places = await placesOf(worktree, cwd, tool.paths);
  try {
    await coverAll(places, { ...covering(event, handling, leases, 'named'), more: !all });
  } finally {
    closeOthers(worktree, places);
  }
  if (!all) {
    await everything(worktree, event, handling, leases);
  }
}

/** A shell may have changed more than its agent saw. */
function namesAll({ reach, paths }: ToolUse): boolean {
  return reach === 'edit' && paths.length > 0;
}

async function ended(worktree: Worktree, event: AgentEvent, handling: Marked): Promise<void> {
  const standing = await stand(worktree, event, handling);
  await everything(worktree, event, handling, standing.leases);
  const [token] = standing.leases;
  if (standing.kind === 'may' && token !== undefined) {
    const resource = { kind: 'session', name: event.session } as const;
    await releaseLease(worktree, resource, token, { status: 'released' });
  }
}

function everything(
  worktree: Worktree,
  event: AgentEvent,
  handling: Marked,
  leases: readonly string[],
): Promise<void> {
  return cover({ worktree, paths: 'all' }, covering(event, handling, leases, 'compared'));
}

async function coverAll(places: readonly Place[], how: Covering): Promise<void> {
  for (const place of places) {
    await cover(place, how);
  }
}

function covering(
  event: AgentEvent,
  { adapter, mark, deadline, signal }: Marked,
  leases: readonly string[],
  how: 'named' | 'compared',
): Covering {
  const tool = 'tool' in event ? event.tool.name : undefined;
  const own = event.kind === 'after_tool' && how === 'named';
  return {
    event,
    agent: adapter.name,
    leases,
    tool,
    message: label(event, how),
    own,
    more: false,
    mark,
    deadline,
    signal,
  };
}

/** What hooks before this one had left open, cover() has closed where it looked at everything. */
function closeOwn(gaps: Gaps): Promise<void> {
  return gaps.close(false);
}

/** The checkpoint itself, where one was due, has failed over it. */
function toleratesDisk(thrown: unknown): void {
  if (!(thrown instanceof Error && 'syscall' in thrown)) {
    throw thrown;
  }
}

function closeOthers(worktree: Worktree, places: readonly Place[]): void {
  for (const place of places) {
    if (place.worktree !== worktree) {
      closeWorktree(place.worktree);
    }
  }
}
