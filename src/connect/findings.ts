import type { PersonalPlaces } from '../agents/installation';
import type { Finding } from '../doctor/finding';
import type { Worktree } from '../git/worktree';
import { agentStatuses } from './statuses';
import { noteWords } from './connectionWords';

/**
 * What the doctor says of agents' connections: which were made by an earlier release, and what they do not tell. All else of
 * them is told where agents are listed.
 * @throws what git or the disk says.
 */
export async function connectionFindings(worktree: Worktree, personal: PersonalPlaces): Promise<Finding[]> {
  const statuses = await agentStatuses(worktree, personal);
  const lacks = statuses.flatMap(({ notes }) => notes.filter(({ kind }) => kind === 'lacks_events'));
  return lacks.map((note) => {
    const { what, next } = noteWords(note);
    return { kind: 'connection', level: 'note', message: `${what} ${next}`, fix: undefined };
  });
}
