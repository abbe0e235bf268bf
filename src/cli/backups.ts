import type { Command } from 'commander';
import { branchFromBackup, contentsOf, deleteBackup, listBackups, readBackup } from '../backups/backups';
import type { Backup, BackupContents } from '../backups/model';
import { commitsOf } from '../backups/commits';
import { BelayError } from '../errors';
import { openGuard } from '../leases/guard';
import { pickCommits } from '../sync/pick';
import { actor } from './actor';
import { answer, type Context } from './context';
import { writing, type Define } from './define';
import { inert, lines } from './text';

/** How many commits of a backup can be named. */
const heldCommits = 10_000;

/** `belay backups [list|show|branch|pick|delete]`. */
export function defineBackupCommands(belay: Command, define: Define): void {
  const backups = belay
    .command('backups')
    .description('pins on commits that something was about to drop')
    .exitOverride();
  define(
    backups.command('list', { isDefault: true }).description('list the backups, newest first'),
    (context) => backupsCommand(context),
  );
  define(backups.command('show <ref>').description('show what only this backup holds'), (context, { args }) =>
    backupCommand(context, args[0] ?? ''),
  );
  define(
    writing(backups.command('branch <ref> <name>')).description(
      'make a branch at the newest commit of a backup',
    ),
    (context, { args }) => backupBranchCommand(context, args[0] ?? '', args[1] ?? ''),
  );
  define(
    writing(backups.command('pick <ref> <commit...>')).description(
      'put commits of a backup onto the current branch; all of them or none',
    ),
    (context, { args }) => backupPickCommand(context, args[0] ?? '', args.slice(1)),
  );
  define(
    writing(backups.command('delete <ref>'))
      .description('remove a backup, with what only it holds')
      .option('--yes', 'really remove it'),
    (context, invoked) =>
      backupDeleteCommand(context, invoked.args[0] ?? '', invoked.opts<{ yes?: boolean }>().yes === true),
  );
}

async function backupsCommand(context: Context): Promise<void> {
  const backups = await listBackups(await context.worktree());
  answer(context, backups.map(backupShape), () =>
    backups.length === 0 ? 'No backups.\n' : lines(...backups.map(backupLine)),
  );
}

async function backupCommand(context: Context, ref: string): Promise<void> {
  const worktree = await context.worktree();
  const backup = await readBackup(worktree, ref);
  const contents = await contentsOf(worktree, backup);
  answer(context, { ...backupShape(backup), ...contentsShape(contents) }, () =>
    lines(
      backupLine(backup),
      contents.onlyHere.length === 0
        ? '  every commit of it is held by a branch or tag as well'
        : `  only here (${contents.size} bytes):`,
      ...contents.onlyHere.map((commit) =>
        inert(`  ${commit.oid.slice(0, 10)}  ${commit.author}  ${commit.subject}`),
      ),
    ),
  );
}

async function backupBranchCommand(context: Context, ref: string, name: string): Promise<void> {
  const worktree = await context.worktree();
  const backup = await readBackup(worktree, ref);
  const guard = await openGuard(worktree, { leases: context.leases });
  const branch = await branchFromBackup(worktree, guard, backup, name);
  answer(context, { branch, commit: backup.tip }, () => `Created ${branch} at ${backup.tip}\n`);
}

async function backupPickCommand(context: Context, ref: string, names: readonly string[]): Promise<void> {
  const worktree = await context.worktree();
  const backup = await readBackup(worktree, ref);
  const held = await commitsOf(worktree, [backup.tip], heldCommits);
  const commits = names.map((name) => {
    const found = held.find(({ oid }) => name.length >= 4 && oid.startsWith(name));
    if (found === undefined) {
      throw new BelayError('cannot_pick', `${ref} holds no commit ${JSON.stringify(name.slice(0, 80))}.`);
    }
    return found.oid;
  });
  const picked = await pickCommits(worktree, commits, { ...(await actor(context)), onConflict: 'ask' });
  answer(context, picked, () => `${picked.branch} is at ${picked.to} now\n`);
}

async function backupDeleteCommand(context: Context, ref: string, yes: boolean): Promise<void> {
  const worktree = await context.worktree();
  const backup = await readBackup(worktree, ref);
  const { onlyHere } = await contentsOf(worktree, backup);
  if (!yes) {
    throw new BelayError(
      'usage',
      `${ref} alone holds ${onlyHere.length} commits (${onlyHere
        .slice(0, 3)
        .map(({ subject }) => subject)
        .join('; ')}). Add --yes to remove it.`,
    );
  }
  await deleteBackup(worktree, await openGuard(worktree, { leases: context.leases }), backup);
  answer(context, { deleted: ref, tip: backup.tip }, () => `Removed ${ref}, which was at ${backup.tip}\n`);
}

function backupShape(backup: Backup): Record<string, unknown> {
  return {
    ref: backup.ref,
    kind: backup.kind,
    worktree: backup.subject,
    time: new Date(backup.time).toISOString(),
    tip: backup.tip,
  };
}

function contentsShape({ onlyHere, size }: BackupContents): Record<string, unknown> {
  return {
    onlyHere: onlyHere.map(({ oid, subject, author, time }) => ({
      oid,
      subject,
      author,
      time: new Date(time).toISOString(),
    })),
    size,
  };
}

function backupLine(backup: Backup): string {
  return inert(
    `${new Date(backup.time).toISOString().replace('T', ' ').slice(0, 19)}  ${backup.tip.slice(0, 10)}  ${backup.ref}`,
  );
}
