import { newBackupRef } from '../backups/backups';
import { commitsOf } from '../backups/commits';
import { latestCheckpoint } from '../checkpoint/history';
import { ask } from '../decisions/decide';
import type { Decision } from '../decisions/model';
import { BelayError } from '../errors';
import { readHead, type Worktree } from '../git/worktree';
import { openGuard } from '../leases/guard';
import { changeRefs, type RefChange } from '../refs/transaction';
import { listSessions } from '../sessions/sessions';
import { shortName } from './standing';

/** How many entries of HEAD's reflog are looked through. */
const lookBack = 200;
const namedCommits = 1_000;

/** Commits that fell off a branch without Belay's doing. */
export interface Fallen {
  /** Where the branch, or HEAD, was. */
  readonly from: string;
  /** How it came, as git's own log of HEAD has it. */
  readonly how: string;
}

/** What git's log calls a step that puts new commits in the place of old ones: those are not dropped. */
const replacing = /^(?:commit \(amend\)|rebase|pull --rebase|filter-branch|belay)/;

/**
 * Notices commits that somebody else's reset, forced move or deleted branch has left hanging: what HEAD was at, by its log or by
 * the last checkpoint, and no branch, tag, remote branch or backup holds any more. They are pinned, and put to the
 * person once. Commits that were replaced (amended, rebased) are not meant.
 * @returns the decision, when a new one was made.
 */
export async function noticeFallen(worktree: Worktree): Promise<Decision | undefined> {
  const fallen = await findFallen(worktree);
  let decision: Decision | undefined;
  for (const { from, how } of fallen) {
    const backup = newBackupRef('external', worktree.key);
    const create: RefChange = { kind: 'create', ref: backup, to: from };
    const guard = await openGuard(worktree, {});
    const [head, sessions, dropped] = await Promise.all([
      readHead(worktree),
      listSessions(worktree),
      commitsOf(worktree, [from, '--not', '--branches', '--tags', '--remotes'], namedCommits),
    ]);
    const question = {
      worktree: worktree.key,
      branch: head.branch,
      case: 'external_reset',
      from,
      to: head.oid,
      backups: [backup],
      dropped: dropped.map(({ oid }) => oid),
      checkpoint: (await latestCheckpoint(worktree, worktree.key))?.oid,
      sessions: sessions
        .filter((session) => session.live && session.worktree === worktree.key)
        .map(({ id }) => id),
      why: `${dropped.length} commits fell off ${head.branch === undefined ? 'HEAD' : shortName(head.branch)} (${how}).`,
    } as const;
    try {
      decision = await ask(worktree, guard, question, [create]);
    } catch (thrown) {
      if (!(thrown instanceof BelayError && thrown.reason === 'decision_pending')) {
        throw thrown;
      }
      // The person is asked about something else already; the commits are safe, and listed among the backups.
      await changeRefs(worktree, 'pin_backup', guard, [create]);
    }
  }
  return decision;
}

/** The places that nothing holds any more, newest first, each told once: one that lies below another is left out. */
async function findFallen(worktree: Worktree): Promise<Fallen[]> {
  const text = await worktree.git.text({
    args: ['reflog', 'show', '-z', '--format=%H%x09%gs', `--max-count=${lookBack}`, 'HEAD', '--'],
    cwd: worktree.root,
  });
  const entries = text
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => ({
      oid: entry.slice(0, entry.indexOf('\t')),
      how: entry.slice(entry.indexOf('\t') + 1),
    }));
  const candidates: Fallen[] = [];
  for (const [index, { oid }] of entries.entries()) {
    // The step that left a commit is the entry after it in time.
    const left = entries[index - 1];
    if (left !== undefined && !replacing.test(left.how)) {
      candidates.push({ from: oid, how: left.how });
    }
  }
  const base = (await latestCheckpoint(worktree, worktree.key))?.base;
  if (base !== undefined && !candidates.some(({ from }) => from === base)) {
    candidates.push({ from: base, how: 'a branch was moved or deleted' });
  }
  const fallen: Fallen[] = [];
  for (const candidate of candidates) {
    const holders = ['--not', '--branches', '--tags', '--remotes', '--glob=refs/belay/backup/*', 'HEAD'];
    const others = fallen.map(({ from }) => from);
    const output = await worktree.git.run({
      args: ['rev-list', '--max-count=1', candidate.from, ...holders, ...others, '--'],
      cwd: worktree.root,
      answers: [128],
    });
    if (output.exitCode === 0 && output.stdout.length > 0) {
      fallen.push(candidate);
    }
  }
  return fallen;
}
