import type { PersonalPlaces } from '../agents/installation';
import { BelayError } from '../errors';
import type { Worktree } from '../git/worktree';
import { applyChanges } from './connectApply';
import type { HookTarget } from './hookLauncher';
import { planConnect } from './connectPlan';
import { agentStatuses } from './statuses';

/** What became of the agents in worktrees that were just made. */
export interface ConnectedToo {
  /** Those that are connected there now. */
  readonly agents: readonly string[];
  /** Why some are not, in words. */
  readonly words: string | undefined;
}

/**
 * Connects in new worktrees the agents that are connected in the repository's others: a file that git does not track does not
 * come along, and an agent would work there uncovered. Never throws for what is wrong with an agent's file: the worktrees are
 * made, and the Agents view names what is missing in them.
 * @param keys of the new worktrees.
 */
export async function connectToo(
  worktree: Worktree,
  keys: readonly string[],
  personal: PersonalPlaces,
  target: HookTarget,
): Promise<ConnectedToo> {
  try {
    const isNew = (key: string | undefined): boolean => key !== undefined && keys.includes(key);
    const agents = (await agentStatuses(worktree, personal))
      .filter(({ connections }) =>
        connections.some(
          ({ level, state, worktree: key }) => level === 'project' && state === 'connected' && !isNew(key),
        ),
      )
      .map(({ agent }) => agent);
    if (agents.length === 0) {
      return { agents, words: undefined };
    }
    const plan = await planConnect(worktree, { agents, level: 'project', personal, target });
    const changes = plan.changes.filter(({ worktree: key }) => isNew(key));
    await applyChanges(worktree, { changes, program: plan.program }, personal);
    const [obstacle] = plan.obstacles;
    return {
      agents: [...new Set(changes.map(({ agent }) => agent))],
      words: obstacle && `${obstacle.file}: ${obstacle.detail}`,
    };
  } catch (thrown) {
    if (!(thrown instanceof BelayError)) {
      throw thrown;
    }
    return { agents: [], words: thrown.message };
  }
}
