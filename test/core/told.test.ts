import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { takeCheckpoint } from '../../src/checkpoint/take';
import { applyChanges } from '../../src/connect/apply';
import { planConnect } from '../../src/connect/plan';
import { BelayError } from '../../src/errors';
import { addWorktree } from '../../src/fanout/newWorktree';
import { removeWorktree } from '../../src/fanout/removeWorktree';
import { Git } from '../../src/git/git';
import { pathFromText, pathText } from '../../src/git/path';
import type { Worktree } from '../../src/git/worktree';
import { withLedger, type Ledger } from '../../src/ledger';
import { createBranch } from '../../src/restore/branch';
import { reasons } from '../../src/reasons';
import { restore, undoRestore } from '../../src/restore/restore';
import { syncWorktree } from '../../src/sync/sync';
import { told } from '../../src/told';
import { doneWords, untouchedWords } from '../../src/toldWords';
import { personOf, target } from '../connect/support';
import { who } from '../fanout/support';
import { claim, place, session } from '../support/leases';
import { inRepo, type TestRepo } from '../support/repo';
import { plainFetch, Upstream } from '../sync/upstream';

/** Everything that an operation may have changed, by name. */
interface Snapshot {
  readonly references: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, string>;
  readonly index: string;
}

function snapshot(repo: TestRepo): Snapshot {
  const index = path.join(repo.gitDir, 'index');
  return {
    references: new Map([...repo.refs(), ['HEAD', repo.git('rev-parse', 'HEAD')]]),
    files: repo.diskEntries(),
    index: fs.existsSync(index) ? fs.readFileSync(index).toString('base64') : '',
  };
}

function differing(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .toSorted();
}

/** Fails unless the ledger, and the sentences made from it, say exactly what became different. */
function compare(repo: TestRepo, before: Snapshot, ledger: Ledger, what: string): void {
  const after = snapshot(repo);
  const noted = (kind: string): string[] =>
    ledger.changes.flatMap((one) => (one.kind === kind ? [one.name] : [])).toSorted();
  const onBranch = repo.tryGit('symbolic-ref', '-q', 'HEAD').code === 0;
  const moved = differing(before.references, after.references)
    // What a fetch moves is said of the remote; HEAD follows its branch.
    .filter((ref) => !ref.startsWith('refs/remotes/') && !(ref === 'HEAD' && onBranch));
  assert.deepEqual(noted('reference'), moved, `${what}: references`);
  const files = differing(before.files, after.files).map((name) =>
    pathText(pathFromText(path.join(repo.folder, name))),
  );
  assert.deepEqual(noted('file'), files, `${what}: files`);
  assert.equal(noted('index').length > 0, before.index !== after.index, `${what}: index`);
  const areas = {
    files: files.length > 0 || noted('worktree').length > 0,
    index: before.index !== after.index,
    branches: moved.some((ref) => ref === 'HEAD' || ref.startsWith('refs/heads/')),
    checkpoints: moved.some((ref) => /^refs\/belay\/(?:shadow|session|overflow)\//.test(ref)),
  };
  const { untouched, doubtful } = told(ledger);
  assert.deepEqual(doubtful, [], `${what}: nothing is in doubt`);
  for (const [area, touched] of Object.entries(areas)) {
    assert.equal(
      untouched.some((one) => one === area),
      !touched,
      `${what}: ${area}`,
    );
  }
  const words = untouchedWords(ledger);
  assert.equal(words.startsWith('Nothing was changed'), ledger.changes.length === 0, `${what}: ${words}`);
  for (const ref of moved.filter((name) => name.startsWith('refs/heads/'))) {
    assert.ok(doneWords(ledger)?.includes(ref), `${what}: ${ref} is named`);
  }
}

/** An operation that fails, or is refused, after it has changed something or before. */
interface Failing {
  readonly reason: string;
  /** Brings it about. @returns the operation. */
  readonly set: (repo: TestRepo, worktree: Worktree) => Promise<() => Promise<unknown>>;
}

const person = { session: 'person', agent: 'editor' } as const;

function checkpointing(worktree: Worktree): () => Promise<unknown> {
  return () => takeCheckpoint(worktree, { session: 's1', agent: 'test' });
}

function syncing(worktree: Worktree, onConflict: 'ask' | 'reset' = 'ask'): () => Promise<unknown> {
  return () => syncWorktree(worktree, plainFetch, { ...who, onConflict });
}

function diverge(repo: TestRepo): void {
  const upstream = Upstream.of(repo);
  upstream.commit({ 'a.txt': 'ours' });
  upstream.push({ 'a.txt': 'theirs', 'new.txt': 'new' });
  repo.write('untracked.txt', 'mine');
}

function behind(repo: TestRepo): void {
  Upstream.of(repo).push({ 'a.txt': 'theirs', 'new.txt': 'new' });
}

/** Two files differ from a checkpoint that is to be restored. */
async function restoring(repo: TestRepo, worktree: Worktree): Promise<() => Promise<unknown>> {
  const { checkpoint } = await repo.checkpoint({ session: 'one', always: true });
  repo.write('a.txt', 'changed');
  repo.write('folder/b.txt', 'changed');
  return () => restore(worktree, checkpoint, { ...person, include: 'all' });
}

const rows: Readonly<Record<string, Failing>> = {
  'a checkpoint of a session that is leased': {
    reason: 'lease_required',
    set: async (repo, worktree) => {
      await claim(repo, session('s1'), 'other');
      return checkpointing(worktree);
    },
  },
  'a checkpoint with a lease that cannot be read': {
    reason: 'lease_unreadable',
    set: async (repo, worktree) => {
      place(repo, 'refs/belay/lease/session/s1', 'garbage\n');
      return Promise.resolve(checkpointing(worktree));
    },
  },
  'a checkpoint that has no room among the references': {
    reason: 'git_failed',
    set: async (repo, worktree) => {
      place(repo, 'refs/belay/shadow', `${repo.git('rev-parse', 'HEAD')}\n`);
      return Promise.resolve(checkpointing(worktree));
    },
  },
  'a restore of what is there already': {
    reason: 'nothing_to_restore',
    set: async (repo, worktree) => {
      const { checkpoint } = await repo.checkpoint({ always: true });
      return () => restore(worktree, checkpoint, person);
    },
  },
  'an undo without a restore': {
    reason: 'nothing_to_undo',
    set: (_, worktree) => Promise.resolve(() => undoRestore(worktree, person)),
  },
  'a restore in a worktree that somebody holds': {
    reason: 'lease_held',
    set: async (repo, worktree) => {
      await claim(repo, { kind: 'worktree', name: 'main' }, 'other');
      return restoring(repo, worktree);
    },
  },
  'a restore after whose files no checkpoint can be taken': {
    reason: 'git_failed',
    set: async (repo) => {
      // A git that ends in failure once the files are there.
      const binary = repo.script(
        'git',
        `#!/bin/sh\ncase " $* " in *" status "*) grep -q first ${repo.folder}/a.txt && { echo "fatal: no more" >&2; exit 128; };; esac\nexec git "$@"\n`,
      );
      return restoring(repo, await repo.open(new Git({ binary })));
    },
  },
  'a branch that exists': {
    reason: 'branch_exists',
    set: async (repo, worktree) => {
      const { checkpoint } = await repo.checkpoint({ always: true });
      return () => createBranch(worktree, checkpoint, 'main');
    },
  },
  'a sync with a locked index': {
    reason: 'publish_failed',
    set: (repo, worktree) => {
      behind(repo);
      place(repo, 'index.lock', '');
      return Promise.resolve(syncing(worktree));
    },
  },
  'a sync with a locked branch, whose files and index are put back': {
    reason: 'publish_failed',
    set: (repo, worktree) => {
      behind(repo);
      place(repo, 'refs/heads/main.lock', '');
      return Promise.resolve(syncing(worktree));
    },
  },
  'a reset with a locked branch': {
    reason: 'backup_failed',
    set: (repo, worktree) => {
      diverge(repo);
      place(repo, 'refs/heads/main.lock', '');
      return Promise.resolve(syncing(worktree, 'reset'));
    },
  },
  'a sync while a question waits': {
    reason: 'decision_pending',
    set: (repo, worktree) => {
      diverge(repo);
      return Promise.resolve(async () => {
        await syncing(worktree)();
        await syncing(worktree)();
      });
    },
  },
  'a sync with something in the way': {
    reason: 'uncommitted_in_the_way',
    set: (repo, worktree) => {
      behind(repo);
      repo.write('a.txt', 'not committed');
      return Promise.resolve(syncing(worktree));
    },
  },
  'a new worktree where something is': {
    reason: 'path_taken',
    set: (repo, worktree) => {
      const pin = { commit: repo.git('rev-parse', 'HEAD'), ref: undefined };
      const wanted = { root: path.join(repo.folder, 'folder'), branch: 'new' };
      return Promise.resolve(() => addWorktree(worktree, pin, wanted, who));
    },
  },
  'a worktree with what no checkpoint can hold': {
    reason: 'not_covered',
    set: (repo, worktree) => {
      const root = path.join(repo.base, 'linked', 'left');
      repo.git('worktree', 'add', '--quiet', '-b', 'left', root);
      fs.writeFileSync(path.join(root, '.gitignore'), 'secret\n');
      fs.writeFileSync(path.join(root, 'secret'), 'x');
      return Promise.resolve(() => removeWorktree(worktree, 'left', who));
    },
  },
  'connecting, with the second file refused': {
    reason: 'config_not_written',
    set: async (repo, worktree) => {
      const personal = personOf(repo);
      const agents = ['claude-code', 'codex'];
      const plan = await planConnect(worktree, { agents, level: 'project', personal, target });
      const [first, second] = plan.changes;
      assert.ok(first && second);
      const elsewhere = { ...second, file: path.join(repo.folder, 'a.txt', 'hooks.json') };
      const changes = [first, elsewhere];
      return () => applyChanges(worktree, { changes, program: undefined }, personal);
    },
  },
};

/** Reasons whose failures are not tried here: what they say comes from the same ledger. A new reason has a row, or is named. */
const untried: readonly string[] = [
  ...['usage', 'invalid_session', 'invalid_path', 'invalid_lease', 'invalid_pin', 'invalid_branch'],
  ...['not_a_repository', 'bare_repository', 'unsafe_repository', 'refused_location'],
  ...['unknown_checkpoint', 'unknown_worktree', 'unknown_lease', 'unknown_session', 'unknown_decision'],
  ...['unknown_backup', 'unknown_pin', 'unknown_agent', 'no_agents', 'lease_lost', 'answer_refused'],
  ...['reset_failed', 'move_incomplete', 'cannot_pick', 'branch_moved', 'unborn_branch', 'branch_elsewhere'],
  ...['sparse_checkout', 'pin_moved', 'unresolved_commit', 'not_fetched', 'pin_unavailable'],
  ...['fan_out_running', 'half_filled', 'worktree_incomplete', 'worktree_locked', 'worktree_in_use'],
  ...['operation_under_way', 'config_unreadable', 'config_unexpected', 'config_not_ours', 'config_link'],
  ...['config_read_only', 'config_changed', 'git_missing', 'git_too_old', 'git_timeout', 'scan_too_long'],
  ...['cancelled', 'ref_unreadable', 'session_collision', 'restore_incomplete'],
];

describe('what was left untouched is told from what happened', function () {
  this.timeout(120_000);

  it('every reason has a row, or is named as one that is not tried', () => {
    const tried = new Set(Object.values(rows).map(({ reason }) => reason));
    assert.deepEqual([...new Set([...tried, ...untried])].toSorted(), Object.keys(reasons).toSorted());
    assert.deepEqual(
      untried.filter((reason) => tried.has(reason)),
      [],
    );
  });

  for (const [what, { reason, set }] of Object.entries(rows)) {
    it(
      `${reason}: ${what}`,
      inRepo(async (repo) => {
        repo.write('work.txt', 'new');
        const act = await set(repo, await repo.worktree());
        const before = snapshot(repo);
        const thrown: unknown = await withLedger(act).then(
          () => undefined,
          (failure: unknown) => failure,
        );
        assert.ok(thrown instanceof BelayError, `it fails: ${String(thrown)}`);
        assert.equal(thrown.reason, reason, thrown.message);
        assert.ok(thrown.ledger !== undefined);
        compare(repo, before, thrown.ledger, what);
      }),
    );
  }

  it(
    'and so is what was done where nothing fails',
    inRepo(async (repo) => {
      behind(repo);
      const worktree = await repo.worktree();
      const before = snapshot(repo);
      const ledger = await withLedger(async (own) => {
        await syncing(worktree)();
        return own;
      });
      compare(repo, before, ledger, 'a sync');
      assert.ok(told(ledger).done.some(({ deed }) => deed === 'index'));
    }),
  );
});
