import { GitError } from '../git/errors';
import { BelayError } from '../errors';
import { pathFromText } from '../git/path';
import type { Worktree } from '../git/worktree';
import type { Callers } from './callers';
import { cover, type Covering, type Mark } from './cover';
import type { Coverage } from './coverage';
import type { AgentEvent } from './event';
import type { KnownAgent } from './registry';
import { leaveOpen } from './mark';
import { leadsOf } from './leads';
import type { LookTime } from './lookTime';
import { ledInto, repositoriesBelow } from './neighbours';
import { coverDiffering, coverOthers } from './otherWorktrees';
import type { Place, Worktrees } from './places';
import { keepBefore, keepElsewhere } from './callReferences';
import { secondLookAt } from './secondLookProcess';
import { hookAuthorityOf } from './hookAuthority';
import { label } from './hookMessages';

/** One call of a hook. */
export interface Handling {
  readonly agent: KnownAgent;
  readonly callers: Callers;
  /** What variables in a command may stand for. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** For so long its agent waits for it to look at files. */
  readonly lookTime: LookTime;
  readonly signal: AbortSignal;
  /** Starts the process that finishes what a hook has no time for. */
  readonly finishLater: (worktree: Worktree) => Promise<void>;
}

/** A call of a hook with the worktrees that it has to do with. */
export interface Scene extends Handling {
  readonly worktrees: Worktrees;
  /** Left in the agent's own worktree; undefined where it works in none. */
  readonly mark: Mark | undefined;
}

export type Before = Extract<AgentEvent, { readonly kind: 'before_tool' }>;
export type After = Extract<AgentEvent, { readonly kind: 'after_tool' }>;

/**
 * Saves what the table says for this moment of a call, in its order. What one step cannot do keeps no other from being done.
 * @param places where the paths lie that the call names.
 * @param leases the session's tokens in the agent's own repository.
 * @throws what the first step threw that failed.
 */
export async function save(
  scene: Scene,
  event: Before | After,
  covers: Coverage,
  { places, leases }: { readonly places: readonly Place[]; readonly leases: readonly string[] },
): Promise<void> {
  const { worktrees, signal } = scene;
  const { home } = worktrees;
  const { tool, cwd } = event;
  const leads =
    covers.worktrees || covers.neighbours
      ? await leadsOf(tool, cwd, scene.environment)
      : { places: [], above: [] };
  const led = await ledInto(worktrees, leads);
  const isOwn = (worktree: Worktree): boolean => isOf(home, worktree);
  const coverAll = (suffix?: string) => async (worktree: Worktree) =>
    everything(scene, event, worktree, isOwn(worktree) ? leases : await leasesAt(scene, event, worktree), {
      suffix,
    });
  let left: readonly string[] = [];
  await inTurn([
    async () => {
      if (covers.references && event.kind === 'before_tool') {
        await keepReferences(scene, event, led, leases);
      }
    },
    async () => {
      if (covers.named) {
        for (const place of places) {
          const own = isOwn(place.worktree) ? leases : await leasesAt(scene, event, place.worktree);
          await cover(place, { ...covering(scene, event, own, 'named'), more: covers.whole });
        }
      }
    },
    async () => {
      if (covers.worktrees && home !== undefined) {
        const into = new Set(led.filter(isOwn).map(({ gitDir }) => gitDir));
        const leave = (worktrees: readonly Worktree[]): Promise<void> =>
          leaveForLater(scene, event, worktrees, leases);
        // What other worktrees take of it, the agent's own has not.
        scene.lookTime.leftMs();
        left = await coverOthers(home, tool, into, { cover: coverAll(), leave, signal });
      }
    },
    async () => {
      if (covers.whole && home !== undefined) {
        await everything(scene, event, home, leases, { left });
      }
    },
    async () => {
      if (covers.neighbours) {
        const others = covers.worktrees ? led.filter((worktree) => !isOwn(worktree)) : led;
        await coverDiffering(others, { cover: coverAll(), signal });
        await belowFolders(scene, [...(home === undefined ? [cwd] : []), ...leads.above], coverAll);
      }
    },
  ]);
}

/** Those of the agent's own repository, and of each other one that the call leads into. */
async function keepReferences(
  { worktrees: { home }, agent, lookTime, signal }: Scene,
  event: Before,
  led: readonly Worktree[],
  leases: readonly string[],
): Promise<void> {
  await inTurn([
    async () => {
      if (home !== undefined) {
        const others = led.filter((worktree) => isOf(home, worktree) && worktree.gitDir !== home.gitDir);
        await keepBefore(home, event, { agent: agent.name, leases, led: others, lookTime, signal });
      }
    },
    () =>
      keepElsewhere(
        led.filter((worktree) => !isOf(home, worktree)),
        event,
        { lookTime, signal },
      ),
  ]);
}

function isOf(home: Worktree | undefined, { repository }: Worktree): boolean {
  return repository.commonDir === home?.repository.commonDir;
}

/** Has worktrees that there was no time for looked at by the process in the background: it goes from one to the next. */
async function leaveForLater(
  { agent, finishLater }: Scene,
  { session, task }: AgentEvent,
  worktrees: readonly Worktree[],
  leases: readonly string[],
): Promise<void> {
  const [first] = worktrees;
  if (first === undefined) {
    return;
  }
  const asked = {
    session,
    agent: agent.name,
    leases: [...leases],
    ...(task === undefined ? {} : { task }),
  };
  for (const worktree of worktrees) {
    await leaveOpen(worktree, 'worktree_not_looked_at', asked);
  }
  for (const worktree of worktrees) {
    if ((await secondLookAt(worktree)) !== undefined) {
      // It goes on to the others by itself.
      return;
    }
  }
  await finishLater(first);
}

/** Covers the repositories below these folders, and says in their checkpoints where that stopped. */
export async function belowFolders(
  scene: Scene,
  folders: readonly string[],
  coverAll: (suffix?: string) => (worktree: Worktree) => Promise<boolean>,
): Promise<void> {
  const { worktrees, more } = await repositoriesBelow(scene.worktrees, folders);
  const suffix = more === 0 ? undefined : `${more} more repositories below the folder were not looked at`;
  await coverDiffering(worktrees, { cover: coverAll(suffix), signal: scene.signal });
}

/** Covers all of a worktree. @param more what else the checkpoint is to say. */
export function everything(
  scene: Scene,
  event: AgentEvent,
  worktree: Worktree,
  leases: readonly string[],
  more: { readonly left?: readonly string[]; readonly suffix?: string | undefined } = {},
): Promise<boolean> {
  const how = covering(scene, event, leases, 'compared');
  const left = (more.left ?? []).map(
    (key) => ({ path: pathFromText(key), reason: 'worktree_not_looked_at' }) as const,
  );
  return cover(
    { worktree, paths: 'all' },
    {
      ...how,
      message: more.suffix === undefined ? how.message : `${how.message}; ${more.suffix}`,
      ...(left.length === 0 ? {} : { alsoUncovered: left }),
    },
  );
}

/**
 * What a session may write with in another repository: its own lease there, where it holds one, else none. What another one
 * holds there fences it, and its work is kept aside.
 */
export async function leasesAt(
  { agent, callers }: Handling,
  event: AgentEvent,
  worktree: Worktree,
): Promise<readonly string[]> {
  const asking = { session: event.session, agent: agent.name, callers, starting: false, claims: false };
  try {
    return (await hookAuthorityOf(worktree, asking)).leases;
  } catch (thrown) {
    if (thrown instanceof BelayError || thrown instanceof GitError) {
      return [];
    }
    throw thrown;
  }
}

function covering(
  { agent, mark, lookTime, signal, finishLater }: Scene,
  event: AgentEvent,
  leases: readonly string[],
  how: 'named' | 'compared',
): Covering {
  const tool = 'tool' in event ? event.tool.name : undefined;
  const own = event.kind === 'after_tool' && how === 'named';
  return {
    event,
    agent: agent.name,
    leases,
    tool,
    message: label(event, how),
    own,
    more: false,
    mark,
    lookTime,
    signal,
    finishLater,
  };
}

async function inTurn(steps: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) {
    await step().catch((thrown: unknown) => {
      failures.push(thrown);
    });
  }
  if (failures.length > 0) {
    throw failures[0];
  }
}
