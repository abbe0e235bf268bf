import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Installation, PersonalPlaces } from '../agents/installation';
import { knownAgents } from '../agents/registry';
import { checkpointsAt } from '../checkpoint/history';
import { hasCode, isMissing } from '../git/diskErrors';
import type { Worktree } from '../git/worktree';
import { listWorktrees } from '../git/worktreeList';
import { sessionPrefix } from '../refs/names';

/** A worktree that is there, as agents' files are written into it. */
export interface Place {
  readonly key: string;
  readonly root: string;
}

/** All worktrees of the repository that have a folder: what is not committed in one does not reach the others. */
export async function placesOf(worktree: Worktree | undefined): Promise<Place[]> {
  const listed = worktree === undefined ? [] : await listWorktrees(worktree);
  return listed.filter(({ bare, missing }) => !bare && !missing).map(({ key, root }) => ({ key, root }));
}

/** Where the agent's program lies, from PATH; undefined where there is none. */
export async function programOf(
  { programs }: Installation,
  { environment }: PersonalPlaces,
): Promise<string | undefined> {
  const folders = (environment['PATH'] ?? '')
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder));
  for (const name of programs) {
    for (const folder of folders) {
      const file = path.join(folder, name);
      if (await isProgram(file)) {
        return file;
      }
    }
  }
  return undefined;
}

/** Whether the agent was ever used by this person, as far as its own folder tells. */
export async function hasHome({ home }: Installation, places: PersonalPlaces): Promise<boolean> {
  return home !== undefined && (await isThere(home(places)));
}

/** The agents that have left traces in this repository: their configuration in a worktree, or checkpoints. */
export async function agentsUsed(
  worktree: Worktree | undefined,
  places: readonly Place[],
): Promise<ReadonlySet<string>> {
  const used = new Set<string>();
  if (worktree !== undefined) {
    for (const checkpoint of (await checkpointsAt(worktree, sessionPrefix)).values()) {
      used.add(checkpoint.agent);
    }
  }
  for (const { name: agent, installation } of knownAgents) {
    for (const { root } of places) {
      // A folder that several programs share says nothing about either; a file of Belay's in it does.
      const traces = installation.project.startsWith('.github')
        ? installation.files(agent).map(({ name }) => path.join(root, installation.project, name))
        : [path.join(root, installation.project.split('/')[0] ?? '')];
      for (const trace of traces) {
        if (await isThere(trace)) {
          used.add(agent);
        }
      }
    }
  }
  return used;
}

async function isThere(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (thrown) {
    if (isMissing(thrown) || hasCode(thrown, 'EACCES', 'ELOOP')) {
      return false;
    }
    throw thrown;
  }
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch (thrown) {
    if (isMissing(thrown) || hasCode(thrown, 'EACCES', 'ELOOP')) {
      return false;
    }
    throw thrown;
  }
}
