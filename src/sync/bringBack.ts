import { listBackups } from '../backups/backups';
import type { Backup } from '../backups/backup';
import type { Bringing, Decision } from '../decisions/decision';
import { BelayError } from '../errors';
import type { Worktree } from '../git/worktree';
import { isAncestor } from './ancestry';
import { notHeld } from './fallen';
import { oldestFirst, replayInObjects } from './rebase';
import { shortName } from './worktreeState';

/** One thing that a reset or a deletion has taken, and the reference that it was on. */
interface Taken {
  readonly ref: string;
  readonly tip: string;
  /** Where it was left then; undefined where that is not known. */
  readonly left: string | undefined;
}

/** What brings commits back. */
export interface BringBack {
  readonly moves: readonly Bringing[];
  /** Entries of the stash that go back on its list. */
  readonly stash: readonly Backup[];
}

/**
 * Says where the references go so that what a decision is about is there again: to the old commit where nothing was committed
 * since, else to the dropped commits on top of what was. Only objects are written.
 * @param head What the decision's worktree is on: a branch, `HEAD`, or undefined where its folder is gone.
 * @throws BelayError `cannot_pick` where the commits do not fit on top, `unknown_backup` where they are not there any more,
 * `answer_refused` where there is nothing to bring them back to.
 */
export async function planBringBack(
  worktree: Worktree,
  decision: Decision,
  head: string | undefined,
): Promise<BringBack> {
  const backups = await backupsOf(worktree, decision);
  const stash = backups.filter(({ fell }) => fell?.what === 'stash');
  const taken =
    decision.case === 'external_reset'
      ? backups.filter((one) => !stash.includes(one)).map((one) => takenOf(decision, one, head))
      : [{ ref: decision.branch ?? requireHead(head), tip: decision.from, left: decision.to }];
  await requireHere(
    worktree,
    [...taken, ...stash].map(({ tip }) => tip),
  );
  const now = new Map<string, string | undefined>();
  for (const ref of new Set(taken.map((one) => one.ref))) {
    now.set(ref, (await worktree.plumbing.infos([ref]))[0]?.oid);
  }
  const goal = new Map(now);
  // What was lost first is the lowest.
  for (const one of [...taken].reverse()) {
    goal.set(one.ref, await goalOf(worktree, decision, one, goal.get(one.ref)));
  }
  const moves = [...goal].flatMap(([ref, to]): Bringing[] => {
    const from = now.get(ref);
    return to === undefined || to === from ? [] : [{ ref, from, to }];
  });
  return { moves, stash };
}

/** The things that a decision's backups hold, newest first. @throws BelayError `unknown_backup`. */
async function backupsOf(worktree: Worktree, decision: Decision): Promise<readonly Backup[]> {
  if (decision.case !== 'external_reset') {
    return [];
  }
  const all = await listBackups(worktree);
  // Of those that an answer itself has made, none is about lost commits.
  const own = decision.backups.filter((ref) => ref.startsWith('refs/belay/backup/external/'));
  const gone = own.find((ref) => !all.some((backup) => backup.ref === ref));
  if (gone !== undefined) {
    throw new BelayError('unknown_backup', `The backup ${gone} is not there any more.`);
  }
  return all.filter(({ ref }) => own.includes(ref));
}

/** @throws BelayError `answer_refused` for what cannot go back to where it was. */
function takenOf(decision: Decision, { fell, tip }: Backup, head: string | undefined): Taken {
  switch (fell?.what) {
    case 'branch':
    case 'tag': {
      const ref = `refs/${fell.what === 'branch' ? 'heads' : 'tags'}/${fell.name ?? ''}`;
      return { ref, tip, left: ref === decision.branch ? decision.to : undefined };
    }
    case 'worktree':
      throw new BelayError(
        'answer_refused',
        `The worktree ${fell.name ?? '?'} is gone: make a branch of its backup instead.`,
      );
    case 'head':
    case 'stash':
    case undefined: {
      const ref = requireHead(head);
      // Of a branch that HEAD is on by now, nobody has taken them.
      return { ref, tip, left: ref === 'HEAD' && decision.branch === undefined ? decision.to : undefined };
    }
  }
}

/** @throws BelayError `answer_refused`. */
function requireHead(head: string | undefined): string {
  if (head === undefined) {
    throw new BelayError(
      'answer_refused',
      'The commits were on no branch, and the folder of their worktree is gone: make a branch of the backup instead.',
    );
  }
  return head;
}

/** @throws BelayError `unknown_backup`. */
async function requireHere(worktree: Worktree, tips: readonly string[]): Promise<void> {
  const found = await worktree.plumbing.infos(tips.map((tip) => `${tip}^{tree}`));
  const gone = tips.find((_, index) => found[index] === undefined);
  if (gone !== undefined) {
    throw new BelayError('unknown_backup', `The commit ${gone.slice(0, 10)} is not there any more.`);
  }
}

/** @throws BelayError `cannot_pick`. */
async function goalOf(
  worktree: Worktree,
  decision: Decision,
  { ref, tip, left }: Taken,
  at: string | undefined,
): Promise<string> {
  if (at === undefined) {
    return tip;
  }
  const before = decision.bringing.find((one) => one.ref === ref);
  if (
    (await isAncestor(worktree, tip, at)) ||
    // Brought back already, by an answer that was not written down any more.
    (before !== undefined && (await holds(worktree, at, before.to)))
  ) {
    return at;
  }
  if (at === left || (await isAncestor(worktree, at, tip))) {
    return tip;
  }
  if (ref.startsWith('refs/tags/')) {
    throw new BelayError(
      'cannot_pick',
      `The tag ${ref.slice('refs/tags/'.length)} is somewhere else by now.`,
    );
  }
  const [loose, above] = await Promise.all([
    notHeld(worktree, [tip]),
    oldestFirst(worktree, [tip, `^${at}`]),
  ]);
  const dropped = new Set([...decision.dropped, ...loose.keys()]);
  const replayed = await replayInObjects(
    worktree,
    above.filter(({ oid }) => dropped.has(oid)),
    at,
  );
  if (!replayed.clean) {
    const on = ref === 'HEAD' ? 'HEAD' : shortName(ref);
    throw new BelayError(
      'cannot_pick',
      `The commits do not fit on top of what ${on} has by now: ${replayed.why}`,
    );
  }
  return replayed.tip;
}

async function holds(worktree: Worktree, at: string, wanted: string): Promise<boolean> {
  const [object] = await worktree.plumbing.infos([wanted]);
  return object !== undefined && isAncestor(worktree, wanted, at);
}
