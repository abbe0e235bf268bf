import type { Command } from 'commander';
import {
  branchFromBackup,
  contentsOf,
  deleteBackup,
  deleteWhole,
  findBackups,
  listBackups,
  readBackup,
} from '../backups/backups';
import type { Backup, BackupContents } from '../backups/backup';
import { putBackOnStash } from '../backups/stash';
import { commitsOf } from '../backups/commits';
import { BelayError } from '../errors';
import { openGuard } from '../leases/guard';
import { pickCommits } from '../sync/pick';
import { inert } from '../inert';
import { actor } from './actor';
import { answer, answerList, type Context } from './context';
import { writing, type Define } from './define';
import { lines, timeText, isoTime } from './text';
import type { Shape } from './shapes';

/** How many commits of a backup can be named. */
const heldCommits = 10_000;

/** `belay backups [list|show|branch|pick|stash|delete]`. */
export function defineBackupCommands(belay: Command, define: Define): void {
  const backups = belay
    .command('backups')
    .description('pins on commits that something was about to drop')
    .exitOverride();
  define(
    backups.command('list', { isDefault: true }).description('list the backups, newest first'),
    (context) => backupsCommand(context),
  );
  define(
    backups
      .command('show <ref>')
      .description('show what only this backup holds; REF:N for one of its things'),
    (context, { args }) => backupCommand(context, args[0] ?? ''),
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
    writing(backups.command('stash <ref>')).description('put an entry of the stash back on its list'),
    (context, { args }) => backupStashCommand(context, args[0] ?? ''),
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
  const backups = await listBackups((await context.anyWorktree()).worktree);
  answerList(context, backups, { none: 'No backups.', shape: backupShape, line: backupLine });
}

async function backupCommand(context: Context, name: string): Promise<void> {
  const { worktree } = await context.anyWorktree();
  const backups = await findBackups(worktree, name);
  const shown = await Promise.all(
    backups.map(async (backup) => ({ backup, contents: await contentsOf(worktree, backup) })),
  );
  const shapes = shown.map(({ backup, contents }) => ({
    ...backupShape(backup),
    ...contentsShape(contents),
  }));
  // Where one thing is meant, it is the answer itself.
  answer(context, shapes.length === 1 ? shapes[0] : shapes, () =>
    lines(
      ...shown.flatMap(({ backup, contents }) => [
        backupLine(backup),
        contents.onlyHere.length === 0
          ? '  every commit of it is held by a branch or tag as well'
          : `  only here (${contents.size} bytes):`,
        ...contents.onlyHere.map((commit) =>
          inert(`  ${commit.oid.slice(0, 10)}  ${commit.author}  ${commit.subject}`),
        ),
      ]),
    ),
  );
}

async function backupBranchCommand(context: Context, ref: string, name: string): Promise<void> {
  const { worktree } = await context.anyWorktree();
  const backup = await readBackup(worktree, ref);
  const guard = await openGuard(worktree, { leases: context.leases });
  const branch = await branchFromBackup(worktree, guard, backup, name);
  answer(context, { branch, commit: backup.tip }, () => `Created ${branch} at ${backup.tip}\n`);
}

async function backupPickCommand(context: Context, ref: string, names: readonly string[]): Promise<void> {
  const worktree = await context.worktree();
  const tips = (await findBackups(worktree, ref)).map(({ tip }) => tip);
  const held = await commitsOf(worktree, tips, heldCommits);
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

async function backupStashCommand(context: Context, ref: string): Promise<void> {
  const { worktree } = await context.anyWorktree();
  const backup = await readBackup(worktree, ref);
  const guard = await openGuard(worktree, { leases: context.leases });
  const { already } = await putBackOnStash(worktree, guard, backup);
  answer(context, { stash: 'stash@{0}', commit: backup.tip, already }, () =>
    already ? 'It is on the stash already\n' : `Put ${backup.tip} back on the stash, as stash@{0}\n`,
  );
}

async function backupDeleteCommand(context: Context, name: string, yes: boolean): Promise<void> {
  const { worktree } = await context.anyWorktree();
  const backups = await findBackups(worktree, name);
  const [backup] = backups;
  if (!yes) {
    const contents = await Promise.all(backups.map((one) => contentsOf(worktree, one)));
    const onlyHere = new Map(
      contents.flatMap((one) => one.onlyHere.map(({ oid, subject }) => [oid, subject] as const)),
    );
    const subjects = [...onlyHere.values()].slice(0, 3).join('; ');
    throw new BelayError(
      'usage',
      `${name} alone holds ${onlyHere.size} commits (${subjects}). Add --yes to remove it.`,
    );
  }
  const guard = await openGuard(worktree, { leases: context.leases });
  await (name === backup.ref ? deleteWhole : deleteBackup)(worktree, guard, backup);
  answer(context, { deleted: name, tip: backup.tip }, () => `Removed ${name}, which was at ${backup.tip}\n`);
}

function backupShape(backup: Backup): Shape {
  const { fell, record } = backup;
  return {
    ref: backup.ref,
    number: backup.number,
    kind: backup.kind,
    worktree: backup.subject,
    time: isoTime(backup.time),
    tip: backup.tip,
    what: fell?.what,
    branch: fell?.what === 'branch' || fell?.what === 'tag' ? fell.name : undefined,
    subjects: fell?.subjects,
    command: record?.command,
    session: record?.session,
    agent: record?.agent,
    lost: fell?.lost,
  };
}

function contentsShape({ onlyHere, size }: BackupContents): Shape {
  return {
    onlyHere: onlyHere.map(({ oid, subject, author, time }) => ({
      oid,
      subject,
      author,
      time: isoTime(time),
    })),
    size,
  };
}

/** When, which commit, where it is held; of lost commits also what named them, their newest subject, and what and who dropped them. */
function backupLine({ ref, number, time, tip, fell, record }: Backup): string {
  const when = timeText(time);
  const several = (record?.things.length ?? 1) > 1;
  const parts = [when, tip.slice(0, 10), several ? `${ref}:${number}` : ref];
  if (fell !== undefined) {
    const [subject] = fell.subjects;
    parts.push(fell.name === undefined ? fell.what : `${fell.what} ${fell.name}`);
    parts.push(...(subject === undefined ? [] : [JSON.stringify(subject.slice(0, 72))]));
    parts.push(...[record?.command, record?.session, record?.note].filter((part) => part !== undefined));
  }
  return inert(parts.join('  '));
}
