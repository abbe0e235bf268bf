import { listBackups, newBackupRef } from '../backups/backups';
import type { Worktree } from '../git/worktree';
import { openGuard } from '../leases/guard';
import { pulse } from '../refs/pulse';
import { changeRefs } from '../refs/transaction';
import type { Danger } from './destructive';

/** So many branches of a remote are looked at, of those that one call names. */
const branchLimit = 50;

/**
 * Holds what a push may take from a remote under `refs/belay/backup/before-command/`: the commits that its branches are known to
 * have here. What they have had since the last fetch is not known, and not held.
 * @param leases the session's tokens.
 * @throws GitError, LeaseError.
 */
export async function backUpBeforePush(
  worktree: Worktree,
  dangers: readonly Danger[],
  leases: readonly string[],
): Promise<void> {
  const tips = new Set<string>();
  for (const { names, drops } of dangers) {
    if (drops.includes('remote')) {
      (await remoteTips(worktree, names)).forEach((tip) => tips.add(tip));
    }
  }
  if (tips.size === 0) {
    return;
  }
  const known = new Set((await listBackups(worktree)).map(({ tip }) => tip));
  const backups = [...tips]
    .filter((tip) => !known.has(tip))
    .map((to) => ({ kind: 'create', ref: newBackupRef('before-command', worktree.key), to }) as const);
  const [first] = backups;
  if (first === undefined) {
    return;
  }
  const guard = await openGuard(worktree, { leases });
  const outcome = await changeRefs(worktree, 'pin_backup', guard, backups);
  if (!outcome.done) {
    await guard.check();
    throw new Error(`The commits could not be backed up: ${outcome.words.trim()}`);
  }
  await pulse(worktree.repository, first.ref);
}

/** The commits that the remote's branches are known to have, of those that a push names; else of the branch's own. */
async function remoteTips(worktree: Worktree, names: readonly string[]): Promise<string[]> {
  const [remote = 'origin', ...refspecs] = names;
  const branches = refspecs.map((spec) => spec.replace(/^\+/, '').split(':').pop() ?? '');
  const tracked = branches
    .filter((name) => name !== '')
    .map((name) => `refs/remotes/${remote}/${name.replace(/^refs\/heads\//, '')}`);
  const usable = (tracked.length > 0 ? tracked : ['@{push}', '@{upstream}'])
    .filter((name) => /^[\w@][\w./@{}~^+#%=,-]{0,199}$/.test(name))
    .slice(0, branchLimit);
  const found = await worktree.plumbing.infos(usable.map((name) => `${name}^{commit}`));
  return found.flatMap((info) => (info?.type === 'commit' ? info.oid : []));
}
