import { listDecisions } from '../decisions/read';
import { BelayError } from '../errors';
import type { Worktree } from '../git/worktree';
import type { Guard } from '../leases/guard';
import { createBranchAt } from '../refs/branch';
import { setAside } from '../refs/foreign';
import { listRefs, type ListedRef } from '../refs/listed';
import { backupPrefix, backupRef } from '../refs/names';
import { pulse } from '../refs/pulse';
import type { RefChange } from '../refs/change';
import { changeRefs } from '../refs/transaction';
import { commitsOf } from './commits';
import type { Backup, BackupContents, BackupKind } from './backup';
import { parseFall, writeFall } from './fallRecord';

/** How many commits of a backup are listed. */
const listedCommits = 1_000;

/** The name of a backup that is about to be made: its time in nanoseconds, so that two in one second are two. */
export function newBackupRef(kind: BackupKind, subject: string): string {
  return backupRef(kind, subject, BigInt(Date.now()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n));
}

/** The pins on commits that something was about to drop, newest first: one for each thing that a reference holds. */
export async function listBackups(worktree: Worktree): Promise<Backup[]> {
  const listed = await listRefs(worktree, [backupPrefix]);
  const named = await commitsAt(
    worktree,
    listed.flatMap((one) => parseName(one) ?? []),
  );
  const recorded = named.filter(({ kind }) => recordKinds.has(kind));
  const objects = recorded.length === 0 ? [] : await worktree.plumbing.objects(recorded.map(({ at }) => at));
  const records = new Map(recorded.map(({ at }, index) => [at, parseFall(objects[index])]));
  return named
    .sort((a, b) => b.time - a.time || (a.ref < b.ref ? 1 : -1))
    .flatMap(({ ref, at, kind, subject, time }): Backup[] => {
      const name = { ref, at, kind, subject, time };
      const record = records.get(name.at);
      return record === undefined
        ? [{ ...name, number: 1, tip: name.at, fell: undefined, record }]
        : record.things.map((fell, index) => ({ ...name, number: index + 1, tip: fell.tip, fell, record }));
    });
}

/** Those that name a commit, or one that is not there; whatever else stands among them is set aside. */
async function commitsAt(worktree: Worktree, named: readonly Named[]): Promise<Named[]> {
  const infos = named.length === 0 ? [] : await worktree.plumbing.infos(named.map(({ at }) => at));
  const commits: Named[] = [];
  for (const [index, name] of named.entries()) {
    const type = infos[index]?.type ?? 'commit';
    if ((type === 'commit' && name.target === '') || !(await setAside(worktree, name.ref))) {
      commits.push(name);
    }
  }
  return commits;
}

/** The kinds whose references are at a record of lost commits. Others are at the user's own commits, which carry no record. */
const recordKinds: ReadonlySet<string> = new Set<BackupKind>(['external', 'agent']);

type Named = Pick<Backup, 'ref' | 'at' | 'kind' | 'subject' | 'time'> & {
  /** The reference that it leads to; empty where it leads to none. */
  readonly target: string;
};

function parseName({ ref, oid: at, target }: ListedRef): Named | undefined {
  const match = /^([^/]+)\/([^/]+)\/(\d+)$/.exec(ref.slice(backupPrefix.length));
  return match === null
    ? undefined
    : {
        ref,
        at,
        target,
        kind: match[1] ?? '',
        subject: match[2] ?? '',
        time: Number(BigInt(match[3] ?? 0) / 1_000_000n),
      };
}

/**
 * The things that a name stands for: `REF` all that the reference holds, `REF:N` the one with that number.
 * @throws BelayError `unknown_backup`.
 */
export async function findBackups(worktree: Worktree, name: string): Promise<readonly [Backup, ...Backup[]]> {
  const [, ref = name, number] = /^(.*?)(?::(\d+))?$/.exec(name) ?? [];
  const [first, ...more] = (await listBackups(worktree)).filter(
    (backup) => backup.ref === ref && (number === undefined || backup.number === Number(number)),
  );
  if (first === undefined) {
    throw new BelayError('unknown_backup', `${JSON.stringify(name.slice(0, 200))} is not a backup.`);
  }
  return [first, ...more];
}

/**
 * The one thing that a name stands for: `REF:N`, or `REF` where the reference holds only one.
 * @throws BelayError `unknown_backup`.
 */
export async function readBackup(worktree: Worktree, name: string): Promise<Backup> {
  const [first, ...more] = await findBackups(worktree, name);
  if (more.length > 0) {
    throw new BelayError(
      'unknown_backup',
      `${name} holds ${more.length + 1} things: say which, from ${name}:1 to ${name}:${more.length + 1}.`,
    );
  }
  return first;
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
 * Removes one thing of a backup, and with the last one its reference, if it still is what the person was shown.
 * @throws BelayError `unknown_backup` when it has changed since, `decision_pending` while a decision about it waits: what
 * was reset could not be brought back then.
 */
export async function deleteBackup(worktree: Worktree, guard: Guard, backup: Backup): Promise<void> {
  await requireNoDecision(worktree, backup);
  const { ref, at, record } = backup;
  const things = record?.things.filter((_, index) => index + 1 !== backup.number) ?? [];
  const change: RefChange =
    record === undefined || things.length === 0
      ? { kind: 'delete', ref, from: at }
      : { kind: 'update', ref, from: at, to: await writeFall(worktree, { ...record, things }, backup.time) };
  await changeBackup(worktree, guard, change);
}

/** Removes a backup with everything in it. @throws as {@link deleteBackup}. */
export async function deleteWhole(worktree: Worktree, guard: Guard, backup: Backup): Promise<void> {
  await requireNoDecision(worktree, backup);
  await changeBackup(worktree, guard, { kind: 'delete', ref: backup.ref, from: backup.at });
}

/**
 * A person has dismissed the notice of what was lost: it is no notice any more, and stays a backup.
 * @throws BelayError `unknown_backup` when it has changed since.
 */
export async function dismissNotice(worktree: Worktree, guard: Guard, backup: Backup): Promise<void> {
  const { ref, at, record, time } = backup;
  if (record === undefined || record.dismissed) {
    return;
  }
  const to = await writeFall(worktree, { ...record, dismissed: true }, time);
  await changeBackup(worktree, guard, { kind: 'update', ref, from: at, to });
}

async function requireNoDecision(worktree: Worktree, { ref }: Backup): Promise<void> {
  const decisions = await listDecisions(worktree);
  const waiting = decisions.find(({ status, backups }) => status === 'pending' && backups.includes(ref));
  if (waiting !== undefined) {
    throw new BelayError(
      'decision_pending',
      `The decision ${waiting.id} about the worktree ${waiting.worktree} waits, and ${ref} belongs to it.`,
    );
  }
}

async function changeBackup(worktree: Worktree, guard: Guard, change: RefChange): Promise<void> {
  const outcome = await changeRefs(worktree, 'delete_backup', guard, [change]);
  if (!outcome.done) {
    await guard.check();
    throw new BelayError('unknown_backup', `${change.ref}: ${outcome.message.trim()}`);
  }
  await pulse(worktree.repository, change.ref);
}
