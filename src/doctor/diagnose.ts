import fs from 'node:fs/promises';
import path from 'node:path';
import { listOverflow, overflowOf } from '../checkpoint/chain';
import { latestCheckpoint } from '../checkpoint/history';
import { takeOnTheWay } from '../checkpoint/take';
import { BelayError, messageOf } from '../errors';
import { pathText } from '../git/path';
import { isAtLeast, readGitVersion } from '../git/version';
import { whenRefused } from '../git/diskErrors';
import type { Worktree } from '../git/worktree';
import { quoted } from '../git/quoted';
import { formatResource } from '../leases/resource';
import { retireLeases } from '../leases/retire';
import { lockHolder, removeDeadLock } from '../refs/lock';
import { worktreeOfRef } from '../refs/names';
import { filesAside, repairAsides } from './asides';
import { diskUse } from './diskUse';
import { foreignReferences, setForeignAside } from './foreignReferences';
import { halfFilledWorktrees, removeHalfFilled } from './halfFilled';
import { closeHookGaps, hookGaps } from './hookGaps';
import { clearLeavings, unfinishedLock } from './leavings';
import { bringLostBack, lostCheckpoints } from './lostCheckpoints';
import { fixCommand, type Finding } from './finding';
import { ownFolder } from './ownFolder';
import { objects, store } from './store';
import { strangers } from './strangers';
import { working } from './working';
import { references } from './references';
import { mirrorRemotes, refsOnOffer } from './remotes';
import { putQuestionsAgain, vanishedQuestions } from './questions';
import { findRefLocks, lockOfAll, removeLeftBehind } from './refLocks';

/** The oldest git that has what Belay needs: `merge-tree --write-tree` came last. */
export const minimumGit = [2, 38] as const;

/**
 * Looks at everything that can be wrong, and says of each thing its state and what fixes it. Changes nothing. What cannot be
 * looked at is a finding as well.
 */
export async function diagnose(worktree: Worktree): Promise<Finding[]> {
  // What lies beside a link or a pipe is not read: the own folder's finding names it.
  const isOurs = (await strangers(worktree.repository)).length === 0;
  const looks: readonly (readonly [string, (worktree: Worktree) => Promise<Finding[]>])[] = [
    ['git', gitVersion],
    ['Belay’s own folder', ownFolder],
    ['objects and references', store],
    ['the objects', objects],
    ['the files', working],
    ['the locks of references', refLocks],
    ['what waits beside the shadow branches', overflow],
    ['the references', references],
    ['the remotes', mirrorRemotes],
    ['what others are offered', refsOnOffer],
    ['what stands among the references', foreignReferences],
    ['the acknowledged checkpoints', lostCheckpoints],
    ['the questions that wait', vanishedQuestions],
    ['the worktrees', halfFilledWorktrees],
    ['files that were moved aside', filesAside],
    ['what is not covered', uncovered],
    ...(isOurs ? ownLooks : []),
  ];
  const looked = await Promise.all(looks.map(([what, look]) => look(worktree).catch(notLookedAt(what))));
  return looked.flat();
}

/** Looks that read what lies below Belay's own folder. */
const ownLooks: readonly (readonly [string, (worktree: Worktree) => Promise<Finding[]>])[] = [
  ['the queues', writerLocks],
  ['how much disk is used', diskUse],
  ['what hooks have left open', hookGaps],
];

function notLookedAt(what: string): (thrown: unknown) => Finding[] {
  return (thrown) => [
    {
      kind: 'not_looked_at',
      level: 'problem',
      message: `This could not be looked at: ${what} (${messageOf(thrown)}).`,
      fix: undefined,
    },
  ];
}

/**
 * Fixes what can be fixed without a person's decision; what cannot be fixed holds up nothing else.
 * @returns a sentence for each thing that was done, or could not be.
 */
export async function repair(worktree: Worktree, leases: readonly string[] = []): Promise<string[]> {
  const [strange] = await strangers(worktree.repository);
  if (strange !== undefined) {
    // Whatever is fixed writes below Belay's own folder, and would follow the link.
    const what = strange.what === 'link' ? 'is a link' : 'is neither a file nor a folder';
    return [
      `Nothing was fixed: ${strange.file} ${what}. Remove it first, which touches nothing behind it: rm ${quoted(strange.file)}`,
    ];
  }
  const freeReferences = (): Promise<string[]> => removeRefLocks(worktree);
  const steps: readonly (readonly [string, () => Promise<string[]>])[] = [
    ['locks', () => removeDeadLocks(worktree)],
    ['locks of references', freeReferences],
    ['what stands among the references', () => setForeignAside(worktree)],
    ['acknowledged checkpoints', () => bringLostBack(worktree)],
    ['questions that vanished', () => putQuestionsAgain(worktree)],
    ['waiting checkpoints', () => foldIn(worktree, leases)],
    ['files that were moved aside', () => repairAsides(worktree, leases)],
    ['gaps that hooks have left', () => closeHookGaps(worktree, leases)],
    ['incomplete worktrees', () => removeHalfFilled(worktree)],
    ['old records', () => retire(worktree)],
    ['leavings', () => clearLeavings(worktree)],
  ];
  const done: string[] = [];
  for (const [what, step] of steps) {
    done.push(...(await step().catch(notRepaired(what))));
    const lock = step === freeReferences ? await lockOfAll(worktree.repository) : undefined;
    if (lock !== undefined) {
      // Each of the others would wait for it, and fail.
      return [...done, `Nothing else was fixed: every reference is locked, by ${lock}.`];
    }
  }
  return done;
}

function notRepaired(what: string): (thrown: unknown) => string[] {
  return (thrown) => {
    // What a person is told by its reason (a fence, a decision) ends the command by it.
    if (thrown instanceof BelayError || !(thrown instanceof Error)) {
      throw thrown;
    }
    return [`This could not be fixed: ${what} (${thrown.message}).`];
  };
}

async function removeDeadLocks(worktree: Worktree): Promise<string[]> {
  const done: string[] = [];
  for (const lock of await lockNames(worktree)) {
    if (await removeDeadLock(path.join(locksFolder(worktree), lock))) {
      done.push(`Removed the lock ${lock}, whose holder is gone.`);
    }
  }
  return done;
}

async function removeRefLocks(worktree: Worktree): Promise<string[]> {
  const freed = await removeLeftBehind(worktree.repository);
  return freed.map((ref) => `Removed the lock file that was left on ${ref}.`);
}

async function foldIn(worktree: Worktree, leases: readonly string[]): Promise<string[]> {
  const waiting = async (): Promise<number> =>
    (await listOverflow(worktree)).filter(({ ref }) => worktreeOfRef(ref) === worktree.key).length;
  if ((await waiting()) === 0) {
    return [];
  }
  const { checkpoint } = await takeOnTheWay(worktree, {
    session: 'command-line',
    agent: 'editor',
    message: 'Fold in what was waiting',
    leases,
  });
  const left = await waiting();
  return [
    left === 0
      ? `Folded the waiting checkpoints in with ${checkpoint.oid.slice(0, 10)}.`
      : `${left} checkpoints still wait; the shadow branch cannot be moved yet.`,
  ];
}

async function retire(worktree: Worktree): Promise<string[]> {
  const retired = await retireLeases(worktree);
  return retired.map(
    ({ resource }) => `Removed the record of ${formatResource(resource)}, which nobody holds any more.`,
  );
}

async function gitVersion(worktree: Worktree): Promise<Finding[]> {
  const version = await readGitVersion(worktree.git, worktree.root);
  return [
    isAtLeast(version, minimumGit)
      ? {
          kind: 'git_version',
          level: 'ok',
          message: `git ${version.text} is new enough.`,
          fix: undefined,
        }
      : {
          kind: 'git_version',
          level: 'problem',
          message: `git ${version.text || '(unknown)'} is older than ${minimumGit.join('.')}.`,
          fix: `Install git ${minimumGit.join('.')} or newer.`,
        },
  ];
}

async function writerLocks(worktree: Worktree): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of await lockNames(worktree)) {
    const holder = await lockHolder(path.join(locksFolder(worktree), name));
    if (holder === undefined) {
      continue;
    }
    const who = `process ${holder.pid} on ${holder.host.split('.')[1] ?? holder.host}, since ${new Date(holder.since).toISOString()}`;
    findings.push(
      holder.dead
        ? {
            kind: 'lock_left_behind',
            level: 'problem',
            message: `The queue ${name} is held by ${who}, which is gone.`,
            fix: fixCommand,
          }
        : {
            kind: 'lock_left_behind',
            level: 'note',
            message: `The queue ${name} is held by ${who}.`,
            fix: undefined,
          },
    );
  }
  return findings.length > 0
    ? findings
    : [{ kind: 'lock_left_behind', level: 'ok', message: 'No lock was left behind.', fix: undefined }];
}

async function refLocks(worktree: Worktree): Promise<Finding[]> {
  const locks = await findRefLocks(worktree.repository, worktree.gitDir);
  if (locks.length === 0) {
    return [{ kind: 'dead_ref_lock', level: 'ok', message: 'No reference is locked.', fix: undefined }];
  }
  return locks.map(({ ref, file, what, age, leftBehind, removable }) => ({
    kind: 'dead_ref_lock',
    level: leftBehind ? 'problem' : 'note',
    message: `${what} has been locked for ${Math.round(age / 1000)} seconds; ${leftBehind ? 'a git that was killed left' : 'unless a git is at work, one that was killed left'} ${file} behind.`,
    fix:
      removable || ref.startsWith('refs/belay/')
        ? fixCommand
        : `Make sure that no git is running, then: rm ${quoted(file)}`,
  }));
}

async function overflow(worktree: Worktree): Promise<Finding[]> {
  const waiting = await listOverflow(worktree);
  if (waiting.length === 0) {
    return [
      {
        kind: 'overflow_waiting',
        level: 'ok',
        message: 'No checkpoint waits beside its shadow branch.',
        fix: undefined,
      },
    ];
  }
  const here = overflowOf(worktree, { waiting }).length;
  const elsewhere = [...new Set(waiting.map(({ ref }) => worktreeOfRef(ref) ?? '?'))].join(', ');
  return [
    {
      kind: 'overflow_waiting',
      level: 'problem',
      message: `${waiting.length} checkpoints are safe but wait beside their shadow branch (worktrees: ${elsewhere}).`,
      fix: here > 0 ? fixCommand : `${fixCommand} --cwd WORKTREE`,
    },
  ];
}

async function uncovered(worktree: Worktree): Promise<Finding[]> {
  const latest = await latestCheckpoint(worktree, worktree.key);
  const gaps = latest?.uncovered ?? [];
  return gaps.slice(0, 20).map(({ path: name, reason }) => ({
    kind: 'uncovered',
    level: 'note',
    message: `Not covered by the last checkpoint (${reason.replaceAll('_', ' ')}): ${pathText(name)}`,
    fix: undefined,
  }));
}

function locksFolder(worktree: Worktree): string {
  return path.join(worktree.repository.belayDir, 'locks');
}

async function lockNames(worktree: Worktree): Promise<string[]> {
  const names = await fs.readdir(locksFolder(worktree)).catch(whenRefused([]));
  return names.filter((name) => !unfinishedLock.test(name));
}
