import { listDecisions } from '../decisions/read';
import { BelayError } from '../errors';
import type { Worktree } from '../git/worktree';
import type { Guard } from '../leases/guard';
import { createBranchAt } from '../refs/branch';
import { backupPrefix, backupRef } from '../refs/names';
import { pulse } from '../refs/pulse';
import { changeRefs } from '../refs/transaction';
import { commitsOf } from './commits';
import type { Backup, BackupContents, BackupKind } from './model';

/** How many commits of a backup are listed. */
const listedCommits = 1_000;

/** The name of a backup that is about to be made: its time in nanoseconds, so that two in one second are two. */
export function newBackupRef(kind: BackupKind, subject: string): string {
  return backupRef(kind, subject, BigInt(Date.now()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n));
}

/** The pins on commits that something was about to drop, newest first. */
export async function listBackups(worktree: Worktree): Promise<Backup[]> {
  const text = await worktree.git.text({
    args: ['for-each-ref', '--format=%(objectname) %(refname)', backupPrefix],
    cwd: worktree.root,
  });
  return text
    .split('\n')
    .flatMap((line) => parseBackup(line) ?? [])
    .sort((a, b) => b.time - a.time || (a.ref < b.ref ? 1 : -1));
}

function parseBackup(line: string): Backup | undefined {
  const [tip = '', ref = ''] = line.split(' ');
  const match = /^([^/]+)\/([^/]+)\/(\d+)$/.exec(ref.slice(backupPrefix.length));
  return match === null
    ? undefined
    : {
        ref,
        tip,
        kind: match[1] ?? '',
        subject: match[2] ?? '',
        time: Number(BigInt(match[3] ?? 0) / 1_000_000n),
      };
}

/** @throws BelayError `unknown_backup`. */
export async function readBackup(worktree: Worktree, ref: string): Promise<Backup> {
  const found = (await listBackups(worktree)).find((backup) => backup.ref === ref);
  if (found === undefined) {
    throw new BelayError('unknown_backup', `${JSON.stringify(ref.slice(0, 200))} is not a backup.`);
  }
  return found;
}

/**
 * What would go with this backup: the commits that no branch, tag or remote branch holds (a checkpoint that does is dropped
 * in its time), and the size of what no other reference at all holds.
 */
export async function contentsOf(worktree: Worktree, backup: Backup): Promise<BackupContents> {
  const elsewhere = ['--not', '--branches', '--tags', '--remotes'];
  const [onlyHere, size] = await Promise.all([
    commitsOf(worktree, [backup.tip, ...elsewhere], listedCommits),
    worktree.git.text({
      args: [
        'rev-list',
        '--disk-usage',
        '--objects',
        backup.tip,
        '--not',
        `--exclude=${backup.ref}`,
        '--all',
      ],
      cwd: worktree.root,
    }),
  ]);
  return { onlyHere, size: Number(size) };
}

/**
 * Makes a branch at a backup's newest commit, without switching to it.
 * @throws BelayError `invalid_branch`, `branch_exists`.
 */
export async function branchFromBackup(
  worktree: Worktree,
  guard: Guard,
  backup: Backup,
  name: string,
): Promise<string> {
  return createBranchAt(worktree, guard, name, backup.tip);
}

/**
 * Removes a backup, if it still is what the person was shown.
 * @throws BelayError `unknown_backup` when it has changed since, `decision_pending` while a decision about it waits: what
 * was reset could not be brought back then.
 */
export async function deleteBackup(worktree: Worktree, guard: Guard, backup: Backup): Promise<void> {
  const decisions = await listDecisions(worktree);
  const waiting = decisions.find(
    ({ status, backups }) => status === 'pending' && backups.includes(backup.ref),
  );
  if (waiting !== undefined) {
    throw new BelayError(
      'decision_pending',
      `The decision ${waiting.id} about the worktree ${waiting.worktree} waits, and ${backup.ref} belongs to it.`,
    );
  }
  const removal = { kind: 'delete', ref: backup.ref, from: backup.tip } as const;
  const outcome = await changeRefs(worktree, 'delete_backup', guard, [removal]);
  if (!outcome.done) {
    await guard.check();
    throw new BelayError('unknown_backup', `${backup.ref}: ${outcome.words.trim()}`);
  }
  await pulse(worktree.repository, backup.ref);
}
