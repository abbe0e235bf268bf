import { GitError } from '../git/errors';
import { BelayError } from '../errors';
import type { Worktree } from '../git/worktree';
import { askerOf, cover } from './cover';
import type { Coverage } from './coverage';
import type { After, AgentEvent, Before } from './event';
import { leaveOpen } from './mark';
import { leadsOf } from './leads';
import { ledInto, repositoriesBelow } from './neighbours';
import { coverDiffering, coverOthers } from './otherWorktrees';
import type { Place } from './places';
import type { Scene } from './scene';
import { keepBefore, keepElsewhere } from './callReferences';
import { secondLookAt } from './secondLookProcess';
import { hookAuthorityOf } from './hookAuthority';

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
  const { tool, cwd, alsoIn = [] } = event;
  const named =
    covers.worktrees || covers.neighbours
      ? await leadsOf(tool, cwd, scene.environment)
      : { places: [], above: [] };
  const leads = covers.neighbours
    ? { places: [...named.places, ...alsoIn], above: [...named.above, ...alsoIn] }
    : named;
  const led = await ledInto(worktrees, leads);
  const isOwn = (worktree: Worktree): boolean => isOf(home, worktree);
  const leasesIn = async (worktree: Worktree): Promise<readonly string[]> =>
    isOwn(worktree) ? leases : leasesAt(scene, event, worktree);
  const coverAll = (suffix?: string) => async (worktree: Worktree) =>
    cover(scene, event, { worktree, paths: 'all' }, { leases: await leasesIn(worktree), suffix });
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
          const own = await leasesIn(place.worktree);
          await cover(scene, event, place, { leases: own, named: true, more: covers.whole });
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
        await cover(scene, event, { worktree: home, paths: 'all' }, { leases, left });
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
  scene: Scene,
  event: AgentEvent,
  worktrees: readonly Worktree[],
  leases: readonly string[],
): Promise<void> {
  const [first] = worktrees;
  if (first === undefined) {
    return;
  }
  const asked = askerOf(scene, event, leases);
  for (const worktree of worktrees) {
    await leaveOpen(worktree, 'worktree_not_looked_at', asked);
  }
  for (const worktree of worktrees) {
    if ((await secondLookAt(worktree)) !== undefined) {
      // It goes on to the others by itself.
      return;
    }
  }
  await scene.finishLater(first);
}

/** Covers the worktrees that the agent's other folders lie in, or that lie below these. */
export async function elsewhere(
  scene: Scene,
  { alsoIn = [] }: AgentEvent,
  coverAll: (suffix?: string) => (worktree: Worktree) => Promise<boolean>,
): Promise<void> {
  const into = await ledInto(scene.worktrees, { places: alsoIn, above: [] });
  await coverDiffering(into, { cover: coverAll(), signal: scene.signal });
  await belowFolders(scene, alsoIn, coverAll);
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

/**
 * What a session may write with in another repository: its own lease there, where it holds one, else none. What another one
 * holds there fences it, and its work is kept aside.
 */
export async function leasesAt(
  { agent, callers }: Scene,
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

/** Does one after the other, whatever becomes of those before. @throws what the first threw that failed. */
export async function inTurn(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
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
