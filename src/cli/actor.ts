import { readLease, resourceOfToken } from '../leases/read';
import type { Context } from './context';

/** A person at a terminal works under this name. */
const person = { session: 'command-line', agent: 'editor' } as const;

/** In whose name a command works: the session whose token was given, else a person. */
export async function actor(
  context: Context,
): Promise<{ readonly session: string; readonly agent: string; readonly leases: readonly string[] }> {
  const { worktree } = await context.anyWorktree();
  for (const token of context.leases) {
    const resource = await resourceOfToken(worktree, token);
    if (resource?.kind === 'session') {
      const lease = await readLease(worktree, resource);
      const agent = lease?.agent ?? lease?.owner ?? person.agent;
      return { session: resource.name, agent, leases: context.leases };
    }
  }
  return { ...person, leases: context.leases };
}
