import assert from 'node:assert/strict';
import { deleteBackup, readBackup } from '../../../src/backups/backups';
import { putBackOnStash } from '../../../src/backups/stash';
import { readPin, removePin, setPin, type Pin } from '../../../src/fanout/pin';
import type { Worktree } from '../../../src/git/worktree';
import type { LeaseReason } from '../../../src/leases/error';
import { openGuard } from '../../../src/leases/guard';
import { sessionRef, shadowRef } from '../../../src/refs/names';
import type { Operation } from '../../../src/refs/transaction';
import { createBranch } from '../../../src/restore/branch';
import { askOrPin, pin } from '../../../src/sync/ask';
import { withMove } from '../../../src/sync/move';
import { place } from '../../support/leases';
import { referencesAsFiles, type TestRepo, type TestRepoOptions } from '../../support/repo';
import { checkpoint, ofOther, prepared } from './writer';

/** An operation whose transaction verifies the lease of whoever writes. */
export interface Fenced {
  /** Brings the repository to where the writer's next write contains the operation. */
  readonly provoke: (repo: TestRepo) => Promise<unknown>;
  readonly write: (repo: TestRepo, worktree: Worktree, leases: readonly string[]) => Promise<unknown>;
  /** What only this operation's transaction has in its lines. */
  readonly pattern: string;
  /** The references that it changes. */
  readonly changes: RegExp;
  /** Without a token: refused because the session is leased, or nobody's session is written for. */
  readonly missing: LeaseReason | 'allowed';
  /** Its repository. */
  readonly options?: TestRepoOptions;
  /** What was allowed has been done by then, and this follows: it is left to the next writer, with a warning. */
  readonly follows?: boolean;
}

const lockOnShadow = `${shadowRef('main')}.lock`;

export const fenced = {
  publish_checkpoint: {
    provoke: (repo) => ofOther(repo),
    write: checkpoint,
    pattern: `${shadowRef('main')} `,
    changes: /shadow|belay.session.s1$/,
    missing: 'lease_required',
  },
  land_in_overflow: {
    options: referencesAsFiles,
    provoke: async (repo) => {
      await ofOther(repo);
      place(repo, lockOnShadow, '');
    },
    write: checkpoint,
    pattern: 'create refs/belay/overflow/',
    changes: /overflow.main.\d|belay.session.s1$/,
    missing: 'lease_required',
  },
  mend_tip: {
    provoke: async (repo) => {
      const first = await ofOther(repo);
      await ofOther(repo);
      // As a crash leaves it between git's two renames.
      repo.git('update-ref', sessionRef('other'), first.checkpoint.oid);
    },
    write: checkpoint,
    pattern: `update ${sessionRef('other')} `,
    changes: /belay.session.other$/,
    missing: 'lease_required',
  },
  remove_folded: {
    options: referencesAsFiles,
    provoke: async (repo) => {
      await ofOther(repo);
      const unlock = place(repo, lockOnShadow, '');
      await ofOther(repo);
      unlock();
    },
    write: checkpoint,
    pattern: 'delete refs/belay/overflow/',
    changes: /overflow.main.\d/,
    missing: 'lease_required',
    follows: true,
  },
  create_branch: {
    provoke: ofOther,
    write: async (repo, worktree, leases) =>
      createBranch(worktree, (await repo.checkpoint({ session: 'other' })).checkpoint, 'new', leases),
    pattern: 'create refs/heads/new ',
    changes: /heads.new$/,
    missing: 'allowed',
  },
  pin_backup: {
    provoke: ofOther,
    write: async (repo, worktree, leases) =>
      pin(worktree, await openGuard(worktree, { leases }), await prepared(repo)),
    pattern: 'create refs/belay/backup/',
    changes: /belay.backup/,
    missing: 'allowed',
  },
  delete_backup: {
    provoke: (repo) =>
      Promise.resolve(repo.git('update-ref', 'refs/belay/backup/sync-recovery/main/1', 'HEAD')),
    write: async (_, worktree, leases) =>
      deleteBackup(
        worktree,
        await openGuard(worktree, { leases }),
        await readBackup(worktree, 'refs/belay/backup/sync-recovery/main/1'),
      ),
    pattern: 'delete refs/belay/backup/',
    changes: /belay.backup/,
    missing: 'allowed',
  },
  put_back_stash: {
    provoke: (repo) => {
      repo.write('a.txt', 'put away\n');
      repo.git('stash', '--quiet');
      const entry = repo.git('rev-parse', 'refs/stash');
      repo.git('update-ref', 'refs/belay/backup/before-command/main/1', entry);
      return Promise.resolve(repo.git('stash', 'drop', '--quiet'));
    },
    write: async (_, worktree, leases) =>
      putBackOnStash(
        worktree,
        await openGuard(worktree, { leases }),
        await readBackup(worktree, 'refs/belay/backup/before-command/main/1'),
      ),
    pattern: 'create refs/stash ',
    changes: /refs.stash$/,
    missing: 'allowed',
  },
  ask: {
    provoke: ofOther,
    write: async (repo, worktree, leases) =>
      askOrPin(
        worktree,
        await openGuard(worktree, { leases }),
        await prepared(repo),
        'diverged_held',
        'Test.',
      ),
    pattern: 'create refs/belay/decision/',
    changes: /belay.(?:backup|decision)/,
    missing: 'allowed',
  },
  move_branch: {
    provoke: async (repo) => {
      await ofOther(repo);
      repo.git('commit', '--quiet', '--allow-empty', '--message=Target');
      repo.git('tag', 'target');
      repo.git('reset', '--quiet', '--soft', 'HEAD~1');
      await repo.checkpoint({ session: 'other' });
    },
    write: async (repo, worktree, leases) => {
      const { checkpoint } = await prepared(repo);
      const [from, to] = [repo.git('rev-parse', 'HEAD'), repo.git('rev-parse', 'target')];
      const guard = await openGuard(worktree, { leases });
      const move = { branch: 'refs/heads/main', from, to, mode: 'keep', checkpoint } as const;
      return withMove(worktree, move, async (ready) => {
        assert.ok('carryOut' in ready);
        const moved = await ready.carryOut(guard, () => Promise.resolve());
        if (!moved.moved) {
          throw moved.failure;
        }
      });
    },
    pattern: 'update refs/heads/main ',
    changes: /heads.main$/,
    missing: 'allowed',
  },
  set_pin: {
    provoke: ofOther,
    write: setsPin,
    pattern: 'create refs/belay/pin/',
    changes: /belay.pin/,
    missing: 'allowed',
  },
  remove_pin: {
    provoke: async (repo) => setsPin(repo, await repo.worktree(), []),
    write: async (_, worktree, leases) =>
      removePin(worktree, await openGuard(worktree, { leases }), await readPin(worktree, 'p')),
    pattern: 'delete refs/belay/pin/',
    changes: /belay.pin/,
    missing: 'allowed',
  },
} satisfies Partial<Record<Operation, Fenced>>;

async function setsPin(repo: TestRepo, worktree: Worktree, leases: readonly string[]): Promise<Pin> {
  return setPin(worktree, await openGuard(worktree, { leases }), {
    name: 'p',
    commit: repo.git('rev-parse', 'HEAD'),
    source: 'HEAD',
    ref: undefined,
    remote: undefined,
    session: 'other',
    agent: 'test',
  });
}
