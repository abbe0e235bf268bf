import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { takeCheckpoint } from '../../src/checkpoint/take';
import { applyChanges } from '../../src/connect/connectApply';
import { planConnect } from '../../src/connect/connectPlan';
import { BelayError } from '../../src/errors';
import { readBackup } from '../../src/backups/backups';
import { readCheckpoint } from '../../src/checkpoint/history';
import { readDecision } from '../../src/decisions/read';
import { includePaths } from '../../src/checkpoint/include';
import { readPin, removePin } from '../../src/fanout/pin';
import { resolveOnce } from '../../src/fanout/resolve';
import { claimLease } from '../../src/leases/claim';
import { openGuard } from '../../src/leases/guard';
import { endSession } from '../../src/sessions/lifecycle';
import { answerDecision } from '../../src/sync/answer';
import { pickCommits } from '../../src/sync/pick';
import { addWorktree } from '../../src/fanout/newWorktree';
import { removeWorktree } from '../../src/fanout/removeWorktree';
import { Git } from '../../src/git/git';
import { pathFromText, pathText } from '../../src/git/path';
import type { Worktree } from '../../src/git/worktree';
import type { Ledger } from '../../src/ledger';
import { withLedger } from '../../src/withLedger';
import { createBranch } from '../../src/restore/branch';
import { reasons } from '../../src/reasons';
import { restore, undoRestore } from '../../src/restore/restore';
import { restoreStaged } from '../../src/restore/staged/restoreStaged';
import { syncWorktree } from '../../src/sync/sync';
import { told } from '../../src/told';
import { doneWords, untouchedWords } from '../../src/toldWords';
import { personOf, target } from '../connect/support';
import { CountedNetwork, git, pinTo, who } from '../fanout/support';
import { claim, place, session } from '../support/leases';
import { sized } from '../support/size';
import { inRepo, referencesAsFiles, type TestRepo, type TestRepoOptions } from '../support/repo';
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
    references: new Map([
      ...repo.refs(),
      ['HEAD', repo.tryGit('rev-parse', '--verify', '--quiet', 'HEAD').output],
    ]),
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
  assert.deepEqual(
    doubtful.filter((one) => one !== 'remotes'),
    [],
    `${what}: nothing is in doubt`,
  );
  for (const [area, touched] of Object.entries(areas)) {
    assert.equal(
      untouched.some((one) => one === area),
      !touched,
      `${what}: ${area}`,
    );
  }
  const words = untouchedWords(ledger);
  const nothing = ledger.changes.length === 0 && ledger.doubtful.size === 0;
  assert.equal(words.startsWith('Nothing was changed'), nothing, `${what}: ${words}`);
  for (const ref of moved.filter((name) => name.startsWith('refs/heads/'))) {
    assert.ok(doneWords(ledger)?.includes(ref), `${what}: ${ref} is named`);
  }
}

/** Runs what is to fail, and compares what became different with what is said. */
async function failsAsSaid(
  repo: TestRepo,
  reason: string,
  what: string,
  act: () => Promise<unknown>,
): Promise<void> {
  const before = snapshot(repo);
  const thrown: unknown = await withLedger(act).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  assert.ok(thrown instanceof BelayError, `${what}: it fails: ${String(thrown)}`);
  assert.equal(thrown.reason, reason, thrown.message);
  assert.ok(thrown.ledger !== undefined);
  compare(repo, before, thrown.ledger, what);
}

/** An operation that fails, or is refused, after it has changed something or before. */
interface Failing {
  readonly reason: string;
  readonly options?: TestRepoOptions;
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

/** A linked worktree on a branch of its own. @returns its folder. */
function linked(repo: TestRepo, name: string): string {
  const folder = path.join(repo.base, 'linked', name);
  repo.git('worktree', 'add', '--quiet', '-b', name, folder);
  return folder;
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

/** Something was staged at a checkpoint, and is not any more. */
async function unstaging(repo: TestRepo, worktree: Worktree): Promise<() => Promise<unknown>> {
  repo.write('a.txt', 'staged');
  repo.git('add', 'a.txt');
  const { checkpoint } = await repo.checkpoint({ session: 'one', always: true });
  repo.git('reset', '--quiet');
  return () => restoreStaged(worktree, checkpoint, person);
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
    options: referencesAsFiles,
    set: async (repo, worktree) => {
      place(repo, 'refs/belay/lease/session/s1', 'garbage\n');
      return Promise.resolve(checkpointing(worktree));
    },
  },
  'a checkpoint that has no room among the references': {
    reason: 'git_failed',
    set: async (repo, worktree) => {
      repo.git('update-ref', 'refs/belay/shadow', 'HEAD');
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
    options: referencesAsFiles,
    set: (repo, worktree) => {
      behind(repo);
      place(repo, 'refs/heads/main.lock', '');
      return Promise.resolve(syncing(worktree));
    },
  },
  'a reset with a locked branch': {
    reason: 'backup_failed',
    options: referencesAsFiles,
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
  'a reset whose index cannot be written': {
    reason: 'reset_failed',
    set: async (repo) => {
      diverge(repo);
      const binary = repo.script(
        'git',
        '#!/bin/sh\ncase " $* " in *" read-tree --reset "*) echo "fatal: no space" >&2; exit 128;; esac\nexec git "$@"\n',
      );
      return syncing(await repo.open(new Git({ binary })), 'reset');
    },
  },
  'an answer that a question does not have': {
    reason: 'answer_refused',
    set: async (repo, worktree) => {
      diverge(repo);
      await syncing(worktree)();
      const decision = await readDecision(worktree, 'main');
      assert.ok(decision);
      const answer = { option: 'continue', seen: decision.version, by: 'A person' } as const;
      return () => answerDecision(worktree, answer, who);
    },
  },
  'a restore of what was staged, with a locked index': {
    reason: 'index_locked',
    set: async (repo, worktree) => {
      const act = await unstaging(repo, worktree);
      place(repo, 'index.lock', '');
      return act;
    },
  },
  'a restore of what was staged, with a conflict in the index': {
    reason: 'index_in_conflict',
    set: async (repo, worktree) => {
      const act = await unstaging(repo, worktree);
      const blob = repo.git('rev-parse', 'HEAD:a.txt');
      const stages = [1, 2].map((stage) => `100644 ${blob} ${stage}\ta.txt\n`).join('');
      repo.gitBytes(['update-index', '--index-info'], stages);
      return act;
    },
  },
  'a new worktree into which a filter writes a file of its own': {
    reason: 'worktree_incomplete',
    set: (repo, worktree) => {
      repo.write('.gitattributes', '*.txt filter=stray\n');
      repo.git('add', '.gitattributes');
      repo.git('commit', '--quiet', '--message=Attributes');
      repo.git('config', 'filter.stray.smudge', 'touch extra; cat');
      const pin = { commit: repo.git('rev-parse', 'HEAD'), ref: undefined };
      const wanted = { root: path.join(repo.base, 'linked', 'stray'), branch: 'stray' };
      return Promise.resolve(() => addWorktree(worktree, pin, wanted, who));
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
  'a restore while a question names a commit that is none': {
    reason: 'ref_unreadable',
    set: async (repo, worktree) => {
      const act = await restoring(repo, worktree);
      repo.git('update-ref', 'refs/belay/decision/main', 'HEAD');
      return act;
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

/**
 * Refusals that are brought about one after the other in one repository, to save time: each is compared with what it said. What a
 * row needs it sets up before it gives its operation.
 */
const together: readonly (readonly [
  reason: string,
  set: (repo: TestRepo, worktree: Worktree) => (() => Promise<unknown>) | Promise<() => Promise<unknown>>,
])[] = [
  ['invalid_session', (_, worktree) => () => takeCheckpoint(worktree, { session: '', agent: 'test' })],
  ['invalid_path', (_, worktree) => () => includePaths(worktree, [pathFromText('../outside')], person)],
  ['invalid_lease', (_, worktree) => () => openGuard(worktree, { leases: ['no token'] })],
  ['invalid_pin', (_, worktree) => () => pinTo(worktree, 'HEAD', { name: '' })],
  [
    'invalid_branch',
    async (repo, worktree) => {
      const { checkpoint } = await repo.checkpoint({ always: true });
      return () => createBranch(worktree, checkpoint, '..');
    },
  ],
  ['usage', (_, worktree) => () => claimLease(worktree, session('s2'), { owner: '' })],
  ['not_a_repository', (repo) => () => repo.open(new Git(), repo.base)],
  [
    'bare_repository',
    (repo) => {
      const bare = path.join(repo.base, 'bare.git');
      repo.git('init', '--quiet', '--bare', bare);
      return () => repo.open(new Git(), bare);
    },
  ],
  ['unknown_checkpoint', (_, worktree) => () => readCheckpoint(worktree, 'f'.repeat(40))],
  ['unknown_worktree', (_, worktree) => () => removeWorktree(worktree, 'nowhere', who)],
  ['unknown_session', (_, worktree) => () => endSession(worktree, 'nobody', { seen: undefined, by: 'me' })],
  [
    'unknown_decision',
    (_, worktree) => () =>
      answerDecision(worktree, { option: 'abort', seen: 'f'.repeat(40), by: 'A person' }, who),
  ],
  ['unknown_backup', (_, worktree) => () => readBackup(worktree, 'refs/belay/backup/none')],
  ['unknown_pin', (_, worktree) => () => readPin(worktree, 'none')],
  [
    'unknown_agent',
    (repo, worktree) => () =>
      planConnect(worktree, { agents: ['nobody'], level: 'project', personal: personOf(repo), target }),
  ],
  [
    'no_agents',
    (repo, worktree) => () =>
      planConnect(worktree, { agents: [], level: 'project', personal: personOf(repo), target }),
  ],
  [
    'lease_lost',
    async (repo, worktree) => {
      const { token } = await claim(repo, session('s3'), 'first');
      await claim(repo, session('s3'), 'second', { takeOver: true });
      return () => takeCheckpoint(worktree, { session: 's3', agent: 'test', leases: [token] });
    },
  ],
  ['cannot_pick', (repo, worktree) => () => pickCommits(worktree, [repo.git('rev-parse', 'HEAD')], who)],
  ['unresolved_commit', (_, worktree) => () => pinTo(worktree, 'nothing')],
  ['not_fetched', (_, worktree) => () => pinTo(worktree, 'HEAD', { fetch: true })],
  [
    'cancelled',
    (_, worktree) => () =>
      resolveOnce(worktree, new CountedNetwork(), {
        source: 'HEAD',
        fetch: true,
        signal: AbortSignal.abort(),
      }),
  ],
  [
    'pin_moved',
    async (_, worktree) => {
      const seen = await pinTo(worktree, 'HEAD');
      await pinTo(worktree, 'HEAD');
      return async () => removePin(worktree, await openGuard(worktree, {}), seen);
    },
  ],
  ['git_missing', (repo) => () => repo.open(new Git({ binary: path.join(repo.base, 'no-git') }))],
  [
    'git_too_old',
    (repo) => {
      const binary = repo.script('git-old', '#!/bin/sh\necho "error: unknown option" >&2; exit 129\n');
      return () => repo.open(new Git({ binary }));
    },
  ],
  [
    'unsafe_repository',
    (repo) => {
      const words = `fatal: detected dubious ownership in repository at '${repo.folder}'`;
      const binary = repo.script('git-foreign', `#!/bin/sh\necho "${words}" >&2; exit 128\n`);
      return () => repo.open(new Git({ binary }));
    },
  ],
  [
    'git_timeout',
    async (repo) => {
      const text = '#!/bin/sh\ncase " $* " in *" status "*) sleep 30;; esac\nexec git "$@"\n';
      const binary = repo.script('git-slow', text);
      return checkpointing(await repo.open(new Git({ binary, timeLimit: 1_500 })));
    },
  ],
  [
    'session_collision',
    async (repo, worktree) => {
      await repo.checkpoint({ session: 'Case', always: true });
      const [ref] = [...repo.refs('belay').keys()].filter((name) => /session\/Case$/i.test(name));
      assert.ok(ref);
      repo.git('update-ref', 'refs/belay/session/case', ref);
      return () => takeCheckpoint(worktree, { session: 'case', agent: 'test', always: true });
    },
  ],
  [
    'worktree_locked',
    (repo, worktree) => {
      repo.git('worktree', 'lock', linked(repo, 'locked'));
      return () => removeWorktree(worktree, 'locked', who);
    },
  ],
  [
    'worktree_in_use',
    async (repo) => {
      const folder = linked(repo, 'used');
      const inside = await repo.open(new Git(), folder);
      return () => removeWorktree(inside, 'used', who);
    },
  ],
  [
    'operation_under_way',
    (repo, worktree) => {
      const folder = linked(repo, 'busy');
      git(folder, 'bisect', 'start');
      return () => removeWorktree(worktree, 'busy', who);
    },
  ],
  [
    'half_filled',
    (repo, worktree) => {
      const root = linked(repo, 'half');
      fs.rmSync(path.join(root, '.git'));
      const pin = { commit: repo.git('rev-parse', 'HEAD'), ref: undefined };
      return () => addWorktree(worktree, pin, { root, branch: 'half' }, who);
    },
  ],
  [
    'config_changed',
    async (repo, worktree) => {
      const personal = personOf(repo);
      repo.write('.gemini/settings.json', '{}\n');
      const plan = await planConnect(worktree, { agents: ['gemini'], level: 'project', personal, target });
      repo.write('.gemini/settings.json', '{"mine": 1}\n');
      return () => applyChanges(worktree, plan, personal);
    },
  ],
  // From here on the branch itself is in the way.
  [
    'branch_elsewhere',
    (repo, worktree) => {
      behind(repo);
      repo.git('worktree', 'add', '--quiet', '--force', path.join(repo.base, 'linked', 'second'), 'main');
      return syncing(worktree);
    },
  ],
  [
    'sparse_checkout',
    (repo, worktree) => {
      repo.git('worktree', 'remove', '--force', path.join(repo.base, 'linked', 'second'));
      repo.git('config', 'core.sparseCheckout', 'true');
      return syncing(worktree);
    },
  ],
  [
    'question_unreadable',
    async (repo, worktree) => {
      repo.git('config', '--unset', 'core.sparseCheckout');
      const act = await restoring(repo, worktree);
      place(repo, 'belay/questions/main/0123abcd-4567.json', 'no question\n');
      return act;
    },
  ],
  [
    'unborn_branch',
    (repo, worktree) => {
      fs.rmSync(path.join(repo.commonDir, 'belay', 'questions'), { recursive: true });
      repo.git('symbolic-ref', 'HEAD', 'refs/heads/unborn');
      return syncing(worktree);
    },
  ],
];

/** So many of them are tried unless there is time: those that need no more than the repository. */
const shortly = 26;

/** Reasons that are not brought about here, and why; a new reason has a row, or is named. */
const untried: Readonly<Record<string, string>> = {
  refused_location: 'refused where a repository is opened, before any operation; test/core/bounds.test.ts',
  unknown_lease: 'said by the command line alone, which reads no more than a list',
  pin_unavailable: 'the outcome of one worktree in a fan-out, which is never thrown',
  scan_too_long: 'depends on the clock',
  fan_out_running: 'takes the ten seconds that the second one waits; test/fanout/together.test.ts',
  references_locked: 'needs a git with reftable; test/git/newest.test.ts',
  move_incomplete: 'needs a fault at each system call; test/sync/faults.test.ts',
  branch_moved: 'what somebody else did meanwhile would be in the comparison; test/sync/together.test.ts',
  restore_incomplete: 'needs a lease that cannot be read for a moment',
  index_changed: 'the same; test/restore/staged/race.test.ts',
  index_not_written: 'needs a disk that takes no more',
  config_unreadable:
    'an obstacle of one file of a plan, which is never thrown; test/connect/obstacles.test.ts',
  config_unexpected: 'the same',
  config_not_ours: 'the same',
  config_link: 'the same',
  config_read_only: 'the same',
};

describe('what was left untouched is told from what happened', function () {
  this.timeout(120_000);

  it('every reason has a row, or is named as one that is not tried', () => {
    const tried = new Set([
      ...Object.values(rows).map(({ reason }) => reason),
      ...together.map(([reason]) => reason),
    ]);
    const named = Object.keys(untried);
    assert.deepEqual([...new Set([...tried, ...named])].toSorted(), Object.keys(reasons).toSorted());
    assert.deepEqual(
      named.filter((reason) => tried.has(reason)),
      [],
    );
  });

  for (const [what, { reason, set, options }] of Object.entries(rows)) {
    it(
      `${reason}: ${what}`,
      inRepo(async (repo) => {
        repo.write('work.txt', 'new');
        const act = await set(repo, await repo.worktree());
        await failsAsSaid(repo, reason, what, act);
      }, options),
    );
  }

  it(
    'refusals, one after the other',
    inRepo(async (repo) => {
      repo.write('work.txt', 'new');
      const worktree = await repo.worktree();
      for (const [reason, set] of together.slice(0, sized({ short: shortly, long: together.length }))) {
        await failsAsSaid(repo, reason, reason, await set(repo, worktree));
      }
    }),
  );

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
