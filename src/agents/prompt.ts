import path from 'node:path';
import type { Worktree } from '../git/worktree';
import { cover } from './cover';
import type { AgentEvent } from './event';
import { isDue } from './heard';
import { belowFolders, elsewhere } from './save';
import type { Scene } from './scene';

type Prompted = Extract<AgentEvent, { readonly kind: 'prompted' }>;

/** Within so much time, in milliseconds, what changed before a prompt is not looked for again in a worktree. */
const promptEvery = 10_000;

/** In whose name it is recorded: no hook saw who made these changes, and most often it was the person who sends the prompt. */
const person = { session: 'person', agent: 'editor' } as const;

/**
 * Takes what changed since the last look, before an agent begins to work, as an event of its own: else the agent's next hook
 * would be the first to see it, in the agent's name. Nothing changed: no checkpoint.
 */
export async function coverPrompt(scene: Scene, event: Prompted): Promise<void> {
  const { home } = scene.worktrees;
  const ofPerson = { ...event, session: person.session, task: undefined };
  const asPerson = { ...scene, agent: { ...scene.agent, name: person.agent } };
  const take = async (worktree: Worktree): Promise<boolean> => {
    const mark = path.join(worktree.repository.belayDir, 'agents', 'prompted', worktree.key);
    const due = await isDue(worktree.repository, mark, promptEvery);
    return !due || cover(asPerson, ofPerson, { worktree, paths: 'all' }, { leases: [] });
  };
  if (home === undefined) {
    await belowFolders(scene, [event.cwd], () => take);
  } else {
    await take(home);
  }
  await elsewhere(scene, event, () => take);
}
