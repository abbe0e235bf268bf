import type { BackedUpCommit } from '../../../../backups/backup';
import { commitsOf } from '../../../../backups/commits';
import { listBackups } from '../../../../backups/backups';
import { changesBetween, changesOfCommit } from '../../../../checkpoint/changes';
import type { FileChange } from '../../../../checkpoint/checkpoint';
import type { Decision } from '../../../../decisions/decision';
import { messageOf } from '../../../../errors';
import type { Session } from '../../../../sessions/session';
import type { RepositoryModel } from '../../../state/repositoryModel';

/** How many commits are shown with their files; the rest is in the Backups view. */
const shownCommits = 50;

export interface DroppedCommit extends BackedUpCommit {
  /** Undefined when they could not be read. */
  readonly files: readonly FileChange[] | undefined;
}

/** A part of the page that may be unreadable by itself. */
export type Read<T> = { readonly value: T } | { readonly failed: string };

/** What the review page tells of a decision. */
export interface ReviewFacts {
  readonly model: RepositoryModel;
  readonly decision: Decision;
  /** The commits that the branch goes, or went, from and to. */
  readonly ends: ReadonlyMap<string, BackedUpCommit>;
  readonly dropped: Read<readonly DroppedCommit[]>;
  /** What was not committed: the checkpoint against the commit that the branch was at. */
  readonly uncommitted: Read<readonly FileChange[]>;
  /** From each backup of the decision to whether it is still there. */
  readonly backups: ReadonlyMap<string, boolean>;
  readonly held: readonly { readonly id: string; readonly session: Session | undefined }[];
}

/** Reads what the page shows. A part that cannot be read says so, and hides nothing else. */
export async function readFacts(model: RepositoryModel, decision: Decision): Promise<ReviewFacts> {
  const { worktree } = model;
  const { checkpoint, from, to } = decision;
  const [ends, dropped, uncommitted, backups] = await Promise.all([
    reading(() => named(model, to === undefined ? [from] : [from, to])),
    reading(() => readDropped(model, decision.dropped.slice(0, shownCommits))),
    reading(() =>
      checkpoint === undefined ? Promise.resolve([]) : changesBetween(worktree, from, checkpoint),
    ),
    reading(() => listBackups(worktree)),
  ]);
  const there = new Set('value' in backups ? backups.value.map(({ ref }) => ref) : decision.backups);
  return {
    model,
    decision,
    ends: new Map('value' in ends ? ends.value.map((commit) => [commit.oid, commit]) : []),
    dropped,
    uncommitted,
    backups: new Map(decision.backups.map((ref) => [ref, there.has(ref)])),
    held: decision.sessions.map((id) => ({
      id,
      session: model.known?.find((session) => session.id === id),
    })),
  };
}

async function readDropped(model: RepositoryModel, oids: readonly string[]): Promise<DroppedCommit[]> {
  const commits = await named(model, oids);
  return Promise.all(
    commits.map(async (commit) => {
      const files = await reading(() => changesOfCommit(model.worktree, commit.oid));
      return { ...commit, files: 'value' in files ? files.value : undefined };
    }),
  );
}

/** These commits and no others, in the order given. */
function named({ worktree }: RepositoryModel, oids: readonly string[]): Promise<BackedUpCommit[]> {
  return oids.length === 0
    ? Promise.resolve([])
    : commitsOf(worktree, ['--no-walk=unsorted', ...oids], oids.length);
}

async function reading<T>(read: () => Promise<T>): Promise<Read<T>> {
  try {
    return { value: await read() };
  } catch (thrown) {
    return { failed: messageOf(thrown) };
  }
}
