import path from 'node:path';
import { listBackups, newBackupRef } from '../backups/backups';
import { listWorktrees, type Worktree } from '../git/worktree';
import { openGuard } from '../leases/guard';
import { pulse } from '../refs/pulse';
import { changeRefs, type RefChange } from '../refs/transaction';
import type { Danger, Drops } from './destructive';

/** At most so many commits are backed up before one command. */
const backupLimit = 50;
/** So many commits are looked through that only git's logs hold. */
const logLimit = 5_000;

/** Commits that a command may drop, and whether a remote branch or a tag that has them makes a backup needless. */
interface Source {
  readonly tips: readonly string[];
  readonly heldElsewhere: boolean;
}

/**
 * Holds what these commands may drop under `refs/belay/backup/before-command/`: the commits and the stash, not what a remote
 * branch or a tag holds anyway, nor what is another backup's newest commit already.
 * @returns the new backups.
 * @throws GitError, LeaseError.
 */
export async function backUpBefore(
  worktree: Worktree,
  cwd: string,
  dangers: readonly Danger[],
  leases: readonly string[],
): Promise<string[]> {
  const wanted = new Set<string>();
  for (const danger of dangers) {
    for (const drops of danger.drops) {
      const { tips, heldElsewhere } = await sourceOf(worktree, cwd, danger, drops);
      for (const tip of heldElsewhere ? await onlyHere(worktree, tips) : tips) {
        wanted.add(tip);
      }
    }
  }
  if (wanted.size === 0) {
    return [];
  }
  const known = new Set((await listBackups(worktree)).map(({ tip }) => tip));
  const backups = [...wanted]
    .filter((tip) => !known.has(tip))
    .slice(0, backupLimit)
    .map((to) => ({ kind: 'create', ref: newBackupRef('before-command', worktree.key), to }) as const);
  if (backups.length === 0) {
    return [];
  }
  await create(worktree, leases, backups);
  await pulse(worktree.repository, backups[0]?.ref ?? '');
  return backups.map(({ ref }) => ref);
}

async function create(
  worktree: Worktree,
  leases: readonly string[],
  backups: readonly RefChange[],
): Promise<void> {
  const guard = await openGuard(worktree, { leases });
  const outcome = await changeRefs(worktree, 'pin_backup', guard, backups);
  if (!outcome.done) {
    await guard.check();
    throw new Error(`The commits could not be backed up: ${outcome.words.trim()}`);
  }
}

async function sourceOf(worktree: Worktree, cwd: string, danger: Danger, drops: Drops): Promise<Source> {
  switch (drops) {
    case 'head':
      return { tips: await commits(worktree, ['HEAD']), heldElsewhere: true };
    case 'named':
      return { tips: await commits(worktree, danger.names), heldElsewhere: danger.verb !== 'tag' };
    case 'branches':
      return {
        tips: await lines(worktree, ['for-each-ref', '--format=%(objectname)', 'refs/heads/']),
        heldElsewhere: true,
      };
    case 'worktrees':
      return { tips: await headsOfWorktrees(worktree, cwd, danger.names), heldElsewhere: true };
    case 'remote':
      return { tips: await remoteTips(worktree, danger.names), heldElsewhere: false };
    case 'stash':
      return { tips: await stashes(worktree), heldElsewhere: false };
    case 'logs':
      return { tips: await onlyInLogs(worktree), heldElsewhere: false };
  }
}

/** The commits that these names stand for; a name that stands for none is no concern. */
async function commits(worktree: Worktree, names: readonly string[]): Promise<string[]> {
  const usable = names.filter((name) => /^[\w@][\w./@{}~^+#%=,-]{0,199}$/.test(name)).slice(0, backupLimit);
  const found = await worktree.plumbing.infos(usable.map((name) => `${name}^{commit}`));
  return found.flatMap((info) => (info?.type === 'commit' ? info.oid : []));
}

/** The commits that the remote's branches are known to have, of those that a push names; else of the branch's own. */
async function remoteTips(worktree: Worktree, names: readonly string[]): Promise<string[]> {
  const [remote = 'origin', ...refspecs] = names;
  const branches = refspecs.map((spec) => spec.replace(/^\+/, '').split(':').pop() ?? '');
  const tracked = branches
    .filter((name) => name !== '')
    .map((name) => `refs/remotes/${remote}/${name.replace(/^refs\/heads\//, '')}`);
  return commits(worktree, tracked.length > 0 ? tracked : ['@{push}', '@{upstream}']);
}

/** What the worktrees have checked out that lie in these folders. */
async function headsOfWorktrees(
  worktree: Worktree,
  cwd: string,
  names: readonly string[],
): Promise<string[]> {
  const folders = new Set(names.map((name) => path.resolve(cwd, name)));
  const listed = await listWorktrees(worktree);
  return listed.flatMap(({ root, head }) =>
    head !== undefined && (folders.has(root) || names.includes(path.basename(root))) ? head : [],
  );
}

/** Every entry of the stash, which all worktrees share. */
function stashes(worktree: Worktree): Promise<string[]> {
  return lines(worktree, ['rev-list', '--walk-reflogs', `--max-count=${backupLimit}`, 'refs/stash', '--']);
}

/** The newest of each line of commits that nothing but git's logs holds. */
async function onlyInLogs(worktree: Worktree): Promise<string[]> {
  const args = [
    'rev-list',
    '--topo-order',
    '--parents',
    `--max-count=${logLimit}`,
    '--reflog',
    '--not',
    '--all',
  ];
  const rows = (await lines(worktree, args)).map((line) => line.split(' '));
  const below = new Set(rows.flatMap(([, ...parents]) => parents));
  return rows.flatMap(([oid = '']) => (below.has(oid) ? [] : oid));
}

/** Those that no remote branch and no tag holds. */
async function onlyHere(worktree: Worktree, tips: readonly string[]): Promise<string[]> {
  return tips.length === 0
    ? []
    : lines(worktree, ['rev-list', '--no-walk', ...tips, '--not', '--remotes', '--tags']);
}

/** What a read prints; nothing where git finds none of what was named. */
async function lines(worktree: Worktree, args: readonly string[]): Promise<string[]> {
  const { stdout } = await worktree.git.run({ args, cwd: worktree.root, answers: [128] });
  return stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
}
