import path from 'node:path';
import { runBelay } from './belay.mjs';
import { git } from './project.mjs';

const names = ['parcels-agent-1', 'parcels-agent-2', 'parcels-agent-3'];

/** Makes worktrees for agents at one pinned commit. Returns how many are not on it, which is to be none. */
export function runFleet(repository, { base, folder }) {
  const belay = (...args) => runBelay(repository, folder, args);
  const { commit } = belay('pin', 'set', 'start', 'origin/main', '--fetch');
  for (const name of names) {
    belay(
      'worktree',
      'add',
      path.join(base, name),
      '--pin',
      'start',
      '--branch',
      name.replace('parcels-', ''),
    );
  }
  const away = names.filter((name) => git(path.join(base, name), 'rev-parse', 'HEAD') !== commit);
  console.log(
    `\n${names.length - away.length} of ${names.length} new worktrees for agents are on the commit that the pin names, ${commit.slice(0, 10)}.`,
  );
  return away.length;
}
