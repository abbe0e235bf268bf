import { listBackups, newBackupRef } from '../backups/backups';
import type { Pushed } from '../backups/calls';
import type { Worktree } from '../git/worktree';
import { openGuard } from '../leases/guard';
import { listRefs } from '../refs/listed';
import { pulse } from '../refs/pulse';
import { changeRefs } from '../refs/transaction';
import type { Danger } from './destructive';
import { pushTargets, type PushTarget } from './pushTargets';
import { askTips, tipLimit } from './remoteTips';

/** At most so many commits are looked at that no branch holds. */
const commitLimit = 20_000;

/** What was done before a push, for the hook that looks when it is over. */
export interface HeldForPush {
  readonly pushed: readonly Pushed[];
  /** What could not be held, in one line. */
  readonly note: string | undefined;
}

/**
 * Holds what a push may take from a remote under `refs/belay/backup/before-command/`: what its branches are at now, asked and
 * fetched in the time that there is; where that cannot be known, what they were known to be at.
 * @param leases the session's tokens.
 * @param signal ends the asking; what was known is held all the same.
 * @returns undefined where the call pushes over nothing.
 * @throws GitError, LeaseError.
 */
export async function holdBeforePush(
  worktree: Worktree,
  dangers: readonly Danger[],
  leases: readonly string[],
  signal: AbortSignal,
): Promise<HeldForPush | undefined> {
  const targets = await pushTargets(worktree, dangers);
  if (targets.length === 0) {
    return undefined;
  }
  const [pushed, notes]: [Pushed[], string[]] = [[], []];
  for (const target of targets) {
    const found = await atStake(worktree, target, signal);
    pushed.push(...found.pushed.slice(0, tipLimit));
    notes.push(...found.notes);
    const more = found.more + Math.max(0, found.pushed.length - tipLimit);
    if (more > 0) {
      notes.push(`${calledIn(target)} has ${more} more branches and tags: what they had is not held`);
    }
  }
  await hold(worktree, await notOnBranches(worktree, pushed), leases);
  return { pushed, note: notes.length === 0 ? undefined : [...new Set(notes)].join('; ') };
}

async function atStake(
  worktree: Worktree,
  target: PushTarget,
  signal: AbortSignal,
): Promise<{ readonly pushed: readonly Pushed[]; readonly notes: readonly string[]; readonly more: number }> {
  const known = await knownTips(worktree, target);
  const asked = await askTips(worktree, target, signal);
  if ('whyNot' in asked) {
    const note = `${calledIn(target)} ${asked.whyNot}: what it had that was not known here is not held`;
    return {
      pushed: Array.from(known, ([ref, tip]): Pushed => ({ ref, tip, was: tip, sure: false })),
      notes: [note],
      more: 0,
    };
  }
  const pushed: Pushed[] = [];
  for (const [branch, tip] of asked.tips) {
    const ref = trackedAs(target, branch);
    const was = known.get(ref);
    pushed.push({ ref, tip, was, sure: true });
    if (was !== undefined && !(await isWithin(worktree, was, tip))) {
      // The remote has dropped it already; here its name still holds it, until the push moves that.
      pushed.push({ ref, tip: was, was, sure: true });
    }
  }
  return { pushed, notes: [], more: asked.more };
}

async function isWithin({ git, root: cwd }: Worktree, commit: string, tip: string): Promise<boolean> {
  const args = ['merge-base', '--is-ancestor', commit, tip];
  return commit === tip || (await git.run({ args, cwd, answers: [1] })).exitCode === 0;
}

/** What the branches of a remote are known to be at here, by the names that they have here. */
async function knownTips(worktree: Worktree, target: PushTarget): Promise<ReadonlyMap<string, string>> {
  const patterns = (target.references ?? ['refs/heads/']).map((name) => trackedAs(target, name));
  const listed = await listRefs(worktree, patterns);
  return new Map(listed.flatMap(({ ref, oid, target: to }) => (to === '' ? [[ref, oid] as const] : [])));
}

/**
 * The name that git gives to a remote's branch here. A tag has none, nor has anything of a remote that is not configured: what
 * this makes of those is nobody's name, and holds nothing of what the call named, which may be a secret.
 */
function trackedAs({ remote, configured }: PushTarget, reference: string): string {
  return `refs/remotes/${configured ? remote : '.'}/${reference.replace(/^refs\/heads\//, '')}`;
}

/** What a note calls the remote: an address is a part of the command, of which nothing is stored. */
function calledIn({ remote, configured }: PushTarget): string {
  return configured ? `the remote ${remote}` : 'the remote, which is not configured here,';
}

/** Of what may be taken, what no branch or tag of this repository holds: the push leaves those alone. */
async function notOnBranches(worktree: Worktree, pushed: readonly Pushed[]): Promise<ReadonlySet<string>> {
  const tips = new Set(pushed.map(({ tip }) => tip));
  if (tips.size === 0) {
    return tips;
  }
  const text = await worktree.git.text({
    args: ['rev-list', `--max-count=${commitLimit}`, ...tips, '--not', '--branches', '--tags'],
    cwd: worktree.root,
  });
  const found = text.split('\n').filter((oid) => oid !== '');
  // Where there are more, nothing is known of those that were not looked at.
  return found.length === commitLimit ? tips : new Set(found.filter((oid) => tips.has(oid)));
}

async function hold(worktree: Worktree, tips: ReadonlySet<string>, leases: readonly string[]): Promise<void> {
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
    throw new Error(`The commits could not be backed up: ${outcome.message.trim()}`);
  }
  await pulse(worktree.repository, first.ref);
}
