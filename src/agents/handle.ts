import { readDecision } from '../decisions/read';
import { whenRefusedByBelay } from '../errors';
import { toleratesDisk } from '../git/diskErrors';
import type { Git } from '../git/git';
import type { Worktree } from '../git/worktree';
import { LeaseError } from '../leases/error';
import { releaseLease } from '../leases/claim';
import type { Refusal } from './adapter';
import { cover, whyNot } from './cover';
import { coverage, fieldOf } from './coverage';
import type { After, AgentEvent, Before } from './event';
import type { KnownAgent } from './registry';
import { Gaps } from './gaps';
import { reachedFor } from './ownRecords';
import { rememberChild, rootSession } from './links';
import { placesOf, Worktrees } from './places';
import { coverPrompt } from './prompt';
import { protectedFrom } from './protecting';
import { referencesAfter } from './callReferences';
import { belowFolders, elsewhere, inTurn, leasesAt, save } from './save';
import type { Scene } from './scene';
import { hookAuthorityOf, type HookAuthority } from './hookAuthority';
import { fenceWords, holdWords, recordsWords } from './hookMessages';

/**
 * Does what an agent's event asks for: leases, checkpoints, backups.
 * @param home the worktree that the agent works in; undefined where its folder lies in none.
 * @returns why the tool call must not run, before a tool, and only for a hold, a fence, or a command that the repository's
 * settings keep for a person.
 * @throws whatever keeps the work from being done. A fault of Belay never stops an agent: the caller lets it go on.
 */
export async function handle(
  git: Git,
  home: Worktree | undefined,
  told: AgentEvent,
  handling: Omit<Scene, 'worktrees' | 'gaps'>,
): Promise<Refusal | undefined> {
  const worktrees = new Worktrees(git, home);
  try {
    return await (home === undefined
      ? above(told, { ...handling, worktrees, gaps: undefined })
      : within(home, told, { ...handling, worktrees }));
  } finally {
    await worktrees.close();
  }
}

async function within(
  home: Worktree,
  told: AgentEvent,
  handling: Omit<Scene, 'gaps'>,
): Promise<Refusal | undefined> {
  const gaps = Gaps.open(home);
  // Where the disk refuses it, holds and fences count all the same.
  await Promise.allSettled([gaps]);
  try {
    const refusal = await act(home, told, { ...handling, gaps });
    // What hooks before this one had left open, cover() has closed where it looked at everything.
    await gaps.then((own) => own.close(false), toleratesDisk);
    return refusal;
  } catch (thrown) {
    await gaps.then((own) => own.leave(whyNot(thrown)), toleratesDisk);
    throw thrown;
  }
}

/** The agent's folder lies in no repository: those are covered that its calls name, lead into, or that lie directly below. */
async function above(event: AgentEvent, scene: Scene): Promise<Refusal | undefined> {
  switch (event.kind) {
    case 'before_tool':
      return before(undefined, event, scene);
    case 'after_tool':
      await after(undefined, event, scene);
      return undefined;
    case 'prompted':
      await coverPrompt(scene, event);
      return undefined;
    case 'turn_ended':
    case 'subagent_ended':
    case 'session_ended':
      await inTurn([
        () => belowFolders(scene, [event.cwd], () => coverAt(scene, event)),
        () => elsewhere(scene, event, () => coverAt(scene, event)),
      ]);
      return undefined;
    case 'session_started':
    case 'session_resumed':
    case 'subagent_started':
      return undefined;
  }
}

async function act(home: Worktree, told: AgentEvent, scene: Scene): Promise<Refusal | undefined> {
  const event = await ofRoot(home, told, scene.agent);
  switch (event.kind) {
    case 'session_started':
    case 'session_resumed':
      await authorityOf(home, event, scene);
      return undefined;
    case 'subagent_started':
      if (scene.agent.adapter.childSessions && event.child !== told.session) {
        await rememberChild(home.repository, scene.agent.name, event.child, told.session);
      }
      return undefined;
    case 'prompted':
      await coverPrompt(scene, event);
      return undefined;
    case 'before_tool':
      return before(home, event, scene);
    case 'after_tool':
      await referencesAfter(home, event, scene.agent.name, () => after(home, event, scene));
      return undefined;
    case 'turn_ended':
    case 'subagent_ended':
      await inTurn([
        () =>
          referencesAfter(home, event, scene.agent.name, async () =>
            cover(
              scene,
              event,
              { worktree: home, paths: 'all' },
              { leases: (await authorityOf(home, event, scene)).leases },
            ),
          ),
        () => elsewhere(scene, event, () => coverAt(scene, event)),
      ]);
      return undefined;
    case 'session_ended':
      await inTurn([
        () => ended(home, event, scene),
        () => elsewhere(scene, event, () => coverAt(scene, event)),
      ]);
      return undefined;
  }
}

/** Covers all of a worktree that is not the agent's own, with the session's lease there. */
function coverAt(scene: Scene, event: AgentEvent): (worktree: Worktree) => Promise<boolean> {
  return async (worktree) =>
    cover(scene, event, { worktree, paths: 'all' }, { leases: await leasesAt(scene, event, worktree) });
}

/** Whether an event leaves nothing to do wherever it comes from: what a tool has read needs no cover. */
export function needsNothing(event: AgentEvent): boolean {
  return event.kind === 'after_tool' && fieldOf(event.tool) === 'read';
}

/** A child that has a session of its own is a task of the session that it belongs to. */
async function ofRoot(worktree: Worktree, event: AgentEvent, agent: KnownAgent): Promise<AgentEvent> {
  if (!agent.adapter.childSessions) {
    return event;
  }
  const session = await rootSession(worktree.repository, agent.name, event.session);
  if (session === event.session) {
    return event;
  }
  // A child's turn ends, its session does not.
  return event.kind === 'session_ended'
    ? { ...event, session, task: event.session, kind: 'turn_ended', outcome: 'ok' }
    : { ...event, session, task: event.task ?? event.session };
}

function authorityOf(
  worktree: Worktree,
  event: AgentEvent,
  { agent, callers }: Scene,
): Promise<HookAuthority> {
  const starting = event.kind === 'session_started' || event.kind === 'session_resumed';
  const claims = starting || event.kind === 'before_tool';
  return hookAuthorityOf(worktree, {
    session: event.session,
    agent: agent.name,
    callers,
    starting,
    claims,
  });
}

/** @param home undefined where the agent works in no repository: then neither a lease nor settings have a say. */
async function before(home: Worktree | undefined, event: Before, scene: Scene): Promise<Refusal | undefined> {
  const { tool, cwd } = event;
  const covers = coverage[fieldOf(tool)].before;
  const places = covers.named ? await placesOf(scene.worktrees, cwd, tool.paths) : [];
  const told = event.told === undefined ? {} : { told: event.told };
  const named = places.map(({ worktree }) => worktree);
  const held =
    (await heldBy(home === undefined ? named : [home, ...named])) ?? (await keptFrom(scene, event));
  if (held !== undefined) {
    return { ...held, ...told };
  }
  const authority =
    home === undefined ? unleased : await authorityOf(home, event, scene).catch(whenUnreadable);
  if (authority.kind === 'fenced') {
    return { kind: 'deny', reason: fenceWords(authority.because, event.session), ...told };
  }
  const refusal = await protectedFrom(scene.worktrees, event).catch(whenUnanswered);
  if (refusal?.kind === 'deny') {
    return { ...refusal, ...told };
  }
  const saved = save(scene, event, covers, { places, leases: authority.leases });
  if (refusal === undefined) {
    await saved;
    return undefined;
  }
  // The person is asked whether or not the files could be covered.
  await Promise.allSettled([saved]);
  return { ...refusal, ...told };
}

/** The authority of who writes under no lease. */
const unleased = { kind: 'may', leases: [] } as const;

/** Whatever a lease that cannot be read says: a fault of Belay never stops an agent. */
function whenUnreadable(thrown: unknown): HookAuthority {
  if (thrown instanceof LeaseError && thrown.reason === 'lease_unreadable') {
    return unleased;
  }
  throw thrown;
}

async function heldBy(worktrees: readonly Worktree[]): Promise<Refusal | undefined> {
  const once = new Map(worktrees.map((worktree) => [worktree.gitDir, worktree]));
  for (const worktree of once.values()) {
    const decision = await readDecision(worktree, worktree.key).catch(whenRefusedByBelay(undefined));
    if (decision?.status === 'pending') {
      return { kind: 'deny', reason: holdWords(decision) };
    }
  }
  return undefined;
}

/** What a question is kept in is kept from every agent in every worktree while it waits. */
async function keptFrom({ worktrees }: Scene, { tool, cwd }: Before): Promise<Refusal | undefined> {
  const decision = await reachedFor(worktrees, tool, cwd);
  return decision === undefined ? undefined : { kind: 'deny', reason: recordsWords(decision) };
}

/** What git did not answer, or the parser stumbled over: a fault of Belay never stops an agent, nor keeps its call from being covered. */
function whenUnanswered(thrown: unknown): undefined {
  if (!(thrown instanceof Error)) {
    throw thrown;
  }
}

async function after(home: Worktree | undefined, event: After, scene: Scene): Promise<void> {
  const { tool, cwd } = event;
  const covers = coverage[fieldOf(tool)].after;
  const { leases } = home === undefined ? unleased : await authorityOf(home, event, scene);
  const places = covers.named ? await placesOf(scene.worktrees, cwd, tool.paths) : [];
  await save(scene, event, covers, { places, leases });
}

async function ended(home: Worktree, event: AgentEvent, scene: Scene): Promise<void> {
  const authority = await authorityOf(home, event, scene);
  await cover(scene, event, { worktree: home, paths: 'all' }, { leases: authority.leases });
  const [token] = authority.leases;
  if (authority.kind === 'may' && token !== undefined) {
    const resource = { kind: 'session', name: event.session } as const;
    await releaseLease(home, resource, token, { status: 'released' });
  }
}
