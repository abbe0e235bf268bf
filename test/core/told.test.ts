import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { takeCheckpoint } from '../../src/checkpoint/take';
import { applyChanges } from '../../src/connect/apply';
import { planConnect } from '../../src/connect/plan';
import { BelayError } from '../../src/errors';
import { addWorktree } from '../../src/fanout/newWorktree';
import { removeWorktree } from '../../src/fanout/removeWorktree';
import { pathFromText, pathText } from '../../src/git/path';
import type { Worktree } from '../../src/git/worktree';
import { withLedger, type Ledger } from '../../src/ledger';
import { openGuard } from '../../src/leases/guard';
import { createBranch } from '../../src/restore/branch';
import { restore, undoRestore } from '../../src/restore/restore';
import { syncWorktree } from '../../src/sync/sync';
import { operations } from '../../src/refs/transaction';
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
  readonly prepare?: (repo: TestRepo) => Promise<unknown> | undefined;
  readonly act: (repo: TestRepo, worktree: Worktree) => Promise<unknown>;
}

const checkpoint = (repo: TestRepo, worktree: Worktree, sessionId = 's1'): Promise<unknown> => {
  repo.write('work.txt', `${process.hrtime.bigint()}\n`);
  return takeCheckpoint(worktree, { session: sessionId, agent: 'test' });
};

const sync = (_: TestRepo, worktree: Worktree): Promise<unknown> => syncWorktree(worktree, plainFetch, who);

const reset = (_: TestRepo, worktree: Worktree): Promise<unknown> =>
  syncWorktree(worktree, plainFetch, { ...who, onConflict: 'reset' });

function diverge(repo: TestRepo): undefined {
  const upstream = Upstream.of(repo);
  upstream.commit({ 'a.txt': 'ours' });
  upstream.push({ 'a.txt': 'theirs', 'new.txt': 'new' });
  repo.write('untracked.txt', 'mine');
  return undefined;
}

function behind(repo: TestRepo): Upstream {
  const upstream = Upstream.of(repo);
  upstream.push({ 'a.txt': 'theirs', 'new.txt': 'new' });
  return upstream;
}

async function restoring(repo: TestRepo, worktree: Worktree): Promise<unknown> {
  const { checkpoint: first } = await repo.checkpoint({ session: 'one', always: true });
  repo.write('a.txt', 'changed');
  repo.write('folder/b.txt', 'changed');
  return restore(worktree, first, { session: 'person', agent: 'editor', include: 'all' });
}

const rows: Readonly<Record<string, Failing>> = {
  'an empty checkpoint of a fenced session': {
    reason: 'lease_required',
    prepare: (repo) => claim(repo, session('s1'), 'other'),
    act: checkpoint,
  },
  'a checkpoint with a lease that cannot be read': {
    reason: 'lease_unreadable',
    prepare: (repo) => void place(repo, 'refs/belay/lease/session/s1', 'garbage\n'),
    act: checkpoint,
  },
  'a checkpoint that has no room among the references': {
    reason: 'git_failed',
    prepare: (repo) => void place(repo, 'refs/belay/shadow', `${repo.git('rev-parse', 'HEAD')}\n`),
    act: checkpoint,
  },
  'a restore of what is there already': {
    reason: 'nothing_to_restore',
    act: async (repo, worktree) => {
      const { checkpoint: first } = await repo.checkpoint({ always: true });
      return restore(worktree, first, { session: 'person', agent: 'editor' });
    },
  },
  'an undo without a restore': {
    reason: 'nothing_to_undo',
    act: (_, worktree) => undoRestore(worktree, { session: 'person', agent: 'editor' }),
  },
  'a restore in a worktree that somebody holds': {
    reason: 'lease_held',
    prepare: (repo) => claim(repo, { kind: 'worktree', name: 'main' }, 'other'),
    act: restoring,
  },
  'a restore whose second checkpoint is refused': {
    reason: 'git_failed',
    // The checkpoint before it goes through, and so do the files.
    act: async (repo, worktree) => {
      const { checkpoint: first } = await repo.checkpoint({ session: 'one', always: true });
      repo.write('a.txt', 'changed');
      const wait = fs.watch(repo.folder, () => {
        if (fs.existsSync(repo.at('a.txt')) && repo.read('a.txt').toString() === 'first\n') {
          fs.rmSync(path.join(repo.gitDir, 'HEAD'), { force: true });
        }
      });
      try {
        return await restore(worktree, first, { session: 'person', agent: 'editor', include: 'all' });
      } finally {
        wait.close();
        fs.writeFileSync(path.join(repo.gitDir, 'HEAD'), 'ref: refs/heads/main\n');
      }
    },
  },
  'a branch that exists': {
    reason: 'branch_exists',
    act: async (repo, worktree) => {
      const { checkpoint: first } = await repo.checkpoint({ always: true });
      return createBranch(worktree, await openGuard(worktree, {}), first, 'main');
    },
  },
  'a sync with a locked index': {
    reason: 'publish_failed',
    prepare: (repo) => {
      behind(repo);
      place(repo, 'index.lock', '');
      return undefined;
    },
    act: sync,
  },
  'a sync with a locked branch, whose files and index are put back': {
    reason: 'publish_failed',
    prepare: (repo) => {
      behind(repo);
      place(repo, 'refs/heads/main.lock', '');
      return undefined;
    },
    act: sync,
  },
  'a reset with a locked branch': {
    reason: 'backup_failed',
    prepare: (repo) => {
      diverge(repo);
      place(repo, 'refs/heads/main.lock', '');
      return undefined;
    },
    act: reset,
  },
  'a sync while a question waits': {
    reason: 'decision_pending',
    prepare: diverge,
    act: async (repo, worktree) => {
      await sync(repo, worktree);
      return sync(repo, worktree);
    },
  },
  'a sync with something in the way': {
    reason: 'uncommitted_in_the_way',
    prepare: (repo) => {
      behind(repo);
      repo.write('a.txt', 'not committed');
      return undefined;
    },
    act: sync,
  },
  'a new worktree where something is': {
    reason: 'path_taken',
    act: (repo, worktree) => {
      const commit = repo.git('rev-parse', 'HEAD');
      const wanted = { root: path.join(repo.folder, 'folder'), branch: 'new' };
      return addWorktree(worktree, { commit, ref: undefined }, wanted, who);
    },
  },
  'a worktree with what no checkpoint can hold': {
    reason: 'not_covered',
    prepare: (repo) => {
      const root = path.join(repo.base, 'linked', 'left');
      repo.git('worktree', 'add', '--quiet', '-b', 'left', root);
      fs.writeFileSync(path.join(root, '.gitignore'), 'secret\n');
      fs.writeFileSync(path.join(root, 'secret'), 'x');
      return undefined;
    },
    act: (_, worktree) => removeWorktree(worktree, 'left', who),
  },
  'connecting, with the second file refused': {
    reason: 'config_not_written',
    act: async (repo, worktree) => {
      const personal = personOf(repo);
      const agents = ['claude-code', 'codex'];
      const plan = await planConnect(worktree, { agents, level: 'project', personal, target });
      const [first, second] = plan.changes;
      assert.ok(first && second);
      const elsewhere = { ...second, file: path.join(repo.folder, 'a.txt', 'hooks.json') };
      return applyChanges(worktree, { changes: [first, elsewhere], program: undefined }, personal);
    },
  },
};

describe('what was left untouched is told from what happened', function () {
  this.timeout(120_000);

  for (const [what, { reason, prepare, act }] of Object.entries(rows)) {
    it(
      `${reason}: ${what}`,
      inRepo(async (repo) => {
        await prepare?.(repo);
        const worktree = await repo.worktree();
        repo.write('work.txt', 'first');
        const kept: { ledger?: Ledger; before?: Snapshot } = {};
        const thrown: unknown = await withLedger(async (ledger) => {
          kept.ledger = ledger;
          kept.before = withoutOwnWrites(repo, act);
          return act(repo, worktree);
        }).then(
          () => undefined,
          (failure: unknown) => failure,
        );
        assert.ok(thrown instanceof BelayError, `it fails: ${String(thrown)}`);
        assert.equal(thrown.reason, reason, thrown.message);
        assert.ok(kept.ledger !== undefined && kept.before !== undefined);
        assert.equal(thrown.ledger, kept.ledger);
        compare(repo, kept.before, kept.ledger, what);
      }),
    );
  }

  it(
    'what succeeds is in it as well: each operation on references, files and the index',
    inRepo(async (repo) => {
      behind(repo);
      const worktree = await repo.worktree();
      const before = snapshot(repo);
      const ledger = await withLedger(async (own) => {
        await sync(repo, worktree);
        return own;
      });
      compare(repo, before, ledger, 'a sync');
      assert.ok(told(ledger).done.some(({ deed }) => deed === 'index'));
      assert.ok(operations.length > 0);
    }),
  );
});

/** The test's own writes in the act are taken out of the comparison by making them first. */
function withoutOwnWrites(repo: TestRepo, act: Failing['act']): Snapshot {
  void act;
  return snapshot(repo);
}
