import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { readDecision } from '../../src/decisions/read';
import type { FanOutOutcome } from '../../src/fanout/fanOutOutcome';
import type { Pin } from '../../src/fanout/pin';
import { pinStates, type PinState } from '../../src/fanout/pinState';
import { claimLease } from '../../src/leases/claim';
import { answerDecision } from '../../src/sync/answer';
import { inRepo, TestRepo } from '../support/repo';
import { asking, Upstream } from '../sync/upstream';
import { bring, commit, git, linkBranch, pinTo, put } from './support';

/** A worktree called `w` of a repository whose upstream has gone on. */
interface Scene {
  readonly repo: TestRepo;
  readonly upstream: Upstream;
  readonly folder: string;
  /** Where the worktree was made, and its upstream's commit before the pin's. */
  readonly base: string;
  readonly pin: Pin;
}

interface Row {
  readonly name: string;
  /** What is done in the worktree before the fan-out. */
  readonly before?: (scene: Scene) => unknown;
  readonly onConflict?: 'ask' | 'reset';
  readonly expected: string;
  readonly reason?: string;
  /** How `pinStates` has it before: the position, then what else is said. */
  readonly seen: string;
  /** HEAD afterwards: the pin, as it was, or something else. */
  readonly head: 'pin' | 'same' | 'other';
  /** `git status` afterwards. */
  readonly status?: readonly string[];
  readonly check?: (scene: Scene, outcome: FanOutOutcome, before: string) => unknown;
}

const edited = ({ folder }: Scene): void => {
  put(folder, 'folder/b.txt', 'edited\n');
  put(folder, 'staged.txt', 'staged\n');
  git(folder, 'add', 'staged.txt');
  put(folder, 'untracked.txt', 'untracked\n');
};
const kept = ['A  staged.txt', ' M folder/b.txt', '?? untracked.txt'];

const rows: readonly Row[] = [
  { name: 'clean and behind', seen: 'behind', expected: 'fast_forwarded', head: 'pin' },
  {
    name: 'on the pin already',
    before: ({ folder, pin }) => git(folder, 'reset', '--quiet', '--hard', pin.commit),
    seen: 'on',
    expected: 'on_pin',
    head: 'pin',
  },
  {
    name: 'dirty: staged, changed and untracked files are kept',
    before: edited,
    seen: 'behind dirty',
    expected: 'fast_forwarded',
    head: 'pin',
    status: kept,
  },
  {
    name: 'dirty in the way',
    before: ({ folder }) => {
      put(folder, 'a.txt', 'mine\n');
    },
    seen: 'behind dirty',
    expected: 'refused',
    reason: 'uncommitted_in_the_way',
    head: 'same',
    status: [' M a.txt'],
  },
  {
    name: 'ahead by commits of its own',
    before: ({ folder, pin }) => {
      git(folder, 'reset', '--quiet', '--hard', pin.commit);
      commit(folder, { 'own.txt': 'own' });
    },
    seen: 'ahead',
    expected: 'ahead',
    head: 'same',
  },
  {
    name: 'ahead by commits of the upstream, and dirty',
    before: (scene) => {
      const { repo, upstream, folder } = scene;
      upstream.push({ 'later.txt': 'later' });
      repo.git('fetch', '--quiet');
      git(folder, 'reset', '--quiet', '--hard', 'origin/main');
      edited(scene);
    },
    seen: 'ahead dirty',
    expected: 'moved_to_pin',
    head: 'pin',
    status: kept,
    check: ({ repo, folder }, { backup }, before) => {
      assert.equal(repo.git('rev-parse', backup ?? ''), before, 'what it left is under a backup');
      assert.ok(!fs.existsSync(path.join(folder, 'later.txt')));
    },
  },
  {
    name: 'on another line of the upstream, with nothing of its own',
    before: ({ folder, repo, base }) => {
      const other = commit(folder, { 'release.txt': 'release' });
      repo.git('update-ref', 'refs/remotes/origin/release', other);
      assert.notEqual(other, base);
    },
    seen: 'diverged',
    expected: 'moved_to_pin',
    head: 'pin',
    check: ({ repo }, { backup }, before) => {
      assert.equal(repo.git('rev-parse', backup ?? ''), before);
    },
  },
  {
    name: 'diverged without a conflict, and dirty',
    before: (scene) => {
      commit(scene.folder, { 'own.txt': 'own' }, 'My own');
      edited(scene);
    },
    seen: 'diverged dirty',
    expected: 'diverged_rebased',
    head: 'other',
    status: kept,
    check: ({ repo, folder, pin }, { backup, state }, before) => {
      assert.equal(git(folder, 'rev-parse', 'HEAD~1'), pin.commit, 'its commit stands on the pin');
      assert.equal(git(folder, 'log', '-1', '--format=%s'), 'My own');
      assert.equal(repo.git('rev-parse', backup ?? ''), before);
      assert.deepEqual([state?.position, state?.ahead, state?.dirty], ['ahead', 1, true]);
    },
  },
  {
    name: 'diverged from another line: only its own commits go along',
    before: ({ folder, repo }) => {
      const other = commit(folder, { 'release.txt': 'release' });
      repo.git('update-ref', 'refs/remotes/origin/release', other);
      commit(folder, { 'own.txt': 'own' }, 'My own');
    },
    seen: 'diverged',
    expected: 'diverged_rebased',
    head: 'other',
    check: ({ folder, pin }) => {
      assert.equal(git(folder, 'rev-parse', 'HEAD~1'), pin.commit);
      assert.ok(!fs.existsSync(path.join(folder, 'release.txt')));
    },
  },
  {
    name: 'diverged with a conflict, ask',
    before: ({ folder }) => commit(folder, { 'a.txt': 'ours\n' }),
    onConflict: 'ask',
    seen: 'diverged',
    expected: 'diverged_held',
    head: 'same',
    check: async ({ repo, pin, folder }, { backup, decision }, before) => {
      const worktree = await repo.open(undefined, folder);
      const asked = await readDecision(worktree, 'w');
      assert.deepEqual([asked?.id, asked?.to, asked?.from], [decision, pin.commit, before]);
      assert.equal(asked?.pin, pin.name, 'the person is told what it was to be brought to');
      assert.equal(repo.git('rev-parse', backup ?? ''), before);
      const answer = { option: 'reset_to_upstream', seen: asked.version, by: 'A person' } as const;
      await answerDecision(worktree, answer, asking);
      assert.equal(git(folder, 'rev-parse', 'HEAD'), pin.commit, 'the answer brings it to the pin');
      assert.equal(repo.git('rev-parse', backup ?? ''), before, 'and its commits are still held');
    },
  },
  {
    name: 'diverged with a conflict, reset',
    before: (scene) => {
      commit(scene.folder, { 'a.txt': 'ours\n' });
      edited(scene);
    },
    onConflict: 'reset',
    seen: 'diverged dirty',
    expected: 'diverged_recovered_by_reset',
    head: 'pin',
    status: ['?? untracked.txt'],
    check: async ({ repo }, { backup, checkpoint, decision }, before) => {
      assert.equal(repo.git('rev-parse', backup ?? ''), before);
      assert.equal(repo.git('show', `${checkpoint ?? ''}:folder/b.txt`), 'edited');
      assert.equal(repo.git('show', `${checkpoint ?? ''}:staged.txt`), 'staged');
      const asked = await readDecision(await repo.worktree(), 'w');
      assert.deepEqual([asked?.id, asked?.case], [decision, 'diverged_recovered_by_reset']);
    },
  },
  {
    name: 'held by a decision that waits',
    before: async (scene) => {
      commit(scene.folder, { 'a.txt': 'ours\n' });
      const [first] = await bring(await scene.repo.worktree(), scene.pin, ['w']);
      assert.equal(first?.outcome, 'diverged_held');
    },
    onConflict: 'reset',
    seen: 'diverged held',
    expected: 'held',
    reason: 'decision_pending',
    head: 'same',
    check: async ({ repo }, { decision }) => {
      assert.equal(decision, (await readDecision(await repo.worktree(), 'w'))?.id);
    },
  },
  ...(['merge', 'rebase', 'cherry-pick'] as const).map((operation): Row => ({
    name: `in the middle of a ${operation}`,
    before: ({ repo, folder, pin }) => {
      commit(folder, { 'a.txt': 'ours\n' });
      assert.throws(() => git(folder, operation, pin.commit));
      assert.ok(repo.git('rev-parse', 'HEAD') !== '');
    },
    seen: operation === 'rebase' ? 'on dirty rebase' : `diverged dirty ${operation}`,
    expected: 'in_progress',
    head: 'same',
    status: operation === 'rebase' ? ['UU a.txt'] : ['A  new.txt', 'UU a.txt'],
  })),
  {
    name: 'in the middle of a bisect',
    before: ({ folder }) => git(folder, 'bisect', 'start'),
    seen: 'behind bisect',
    expected: 'in_progress',
    head: 'same',
  },
  {
    name: 'locked: that keeps it from being removed, not from being moved',
    before: ({ repo, folder }) => repo.git('worktree', 'lock', '--reason=on a stick', folder),
    seen: 'behind locked',
    expected: 'fast_forwarded',
    head: 'pin',
    check: ({ repo }) => {
      assert.match(repo.git('worktree', 'list', '--porcelain'), /locked on a stick/);
    },
  },
  {
    name: 'its folder is gone',
    before: ({ folder }) => {
      fs.rmSync(folder, { recursive: true });
    },
    seen: 'behind missing',
    expected: 'missing',
    head: 'same',
  },
  {
    name: 'its branch is also checked out elsewhere',
    before: ({ repo }) =>
      repo.git('worktree', 'add', '--quiet', '--force', path.join(repo.base, 'linked', 'twin'), 'w'),
    seen: 'behind',
    expected: 'refused',
    reason: 'branch_elsewhere',
    head: 'same',
  },
  {
    name: 'detached, behind',
    before: ({ folder }) => git(folder, 'checkout', '--quiet', '--detach'),
    seen: 'behind detached',
    expected: 'fast_forwarded',
    head: 'pin',
    check: ({ repo, folder, base }) => {
      assert.equal(git(folder, 'rev-parse', '--abbrev-ref', 'HEAD'), 'HEAD');
      assert.equal(repo.git('rev-parse', 'refs/heads/w'), base, 'no branch was moved');
    },
  },
  {
    name: 'detached, with commits that only it has, and dirty',
    before: (scene) => {
      git(scene.folder, 'checkout', '--quiet', '--detach');
      commit(scene.folder, { 'own.txt': 'own' });
      edited(scene);
    },
    seen: 'diverged detached dirty',
    expected: 'moved_to_pin',
    head: 'pin',
    status: kept,
    check: ({ repo, folder, base }, { backup }, before) => {
      assert.equal(repo.git('rev-parse', backup ?? ''), before, 'its commits are held');
      assert.equal(git(folder, 'rev-parse', '--abbrev-ref', 'HEAD'), 'HEAD');
      assert.equal(repo.git('rev-parse', 'refs/heads/w'), base);
    },
  },
  {
    name: 'an unborn branch',
    before: ({ folder }) => git(folder, 'checkout', '--quiet', '--orphan', 'nothing-yet'),
    seen: 'unborn dirty',
    expected: 'refused',
    reason: 'unborn_branch',
    head: 'same',
    status: ['A  a.txt', 'A  folder/b.txt'],
  },
  {
    name: 'only a part is checked out',
    before: ({ folder }) => git(folder, 'sparse-checkout', 'set', 'folder'),
    seen: 'behind',
    expected: 'refused',
    reason: 'sparse_checkout',
    head: 'same',
  },
  {
    name: 'detached, and only a part is checked out',
    before: ({ folder }) => {
      git(folder, 'checkout', '--quiet', '--detach');
      git(folder, 'sparse-checkout', 'set', 'folder');
    },
    seen: 'behind detached',
    expected: 'refused',
    reason: 'sparse_checkout',
    head: 'same',
  },
  {
    name: 'somebody holds its lease',
    before: async ({ repo }) =>
      claimLease(await repo.worktree(), { kind: 'worktree', name: 'w' }, { owner: 'somebody' }),
    seen: 'behind',
    expected: 'refused',
    reason: 'lease_held',
    head: 'same',
  },
  {
    name: 'a branch without an upstream',
    before: ({ folder }) => git(folder, 'branch', '--quiet', '--unset-upstream'),
    seen: 'behind',
    expected: 'fast_forwarded',
    head: 'pin',
  },
  {
    name: 'its making was interrupted',
    before: ({ repo }) => {
      fs.writeFileSync(path.join(repo.commonDir, 'worktrees', 'w', 'locked'), 'initializing');
    },
    seen: 'behind locked half-filled',
    expected: 'half_filled',
    reason: 'half_filled',
    head: 'same',
  },
  {
    name: 'it has no index',
    before: ({ repo }) => {
      fs.rmSync(path.join(repo.commonDir, 'worktrees', 'w', 'index'));
    },
    seen: 'behind half-filled',
    expected: 'half_filled',
    reason: 'half_filled',
    head: 'same',
    status: ['D  a.txt', 'D  folder/b.txt', '?? a.txt', '?? folder/b.txt'],
  },
];

function inWords(state: PinState): string {
  const words: readonly (readonly [boolean, string])[] = [
    [state.missing, 'missing'],
    [state.locked, 'locked'],
    [state.halfFilled !== undefined, 'half-filled'],
    [state.branch === undefined && state.operation === undefined, 'detached'],
    [state.dirty, 'dirty'],
    [state.held !== undefined, 'held'],
    [state.operation !== undefined, state.operation ?? ''],
  ];
  return [state.position, ...words.flatMap(([is, word]) => (is ? [word] : []))].join(' ');
}

async function runRow(row: Row): Promise<void> {
  const repo = TestRepo.create();
  try {
    const upstream = Upstream.of(repo);
    const base = repo.git('rev-parse', 'HEAD');
    const folder = linkBranch(repo, 'w');
    const bystander = linkBranch(repo, 'bystander');
    upstream.push({ 'a.txt': 'theirs\n', 'new.txt': 'new\n' });
    const worktree = await repo.worktree();
    const pin = await pinTo(worktree, 'origin/main', { fetch: true });
    const scene = { repo, upstream, folder, base, pin };
    await repo.checkpoint({}, await repo.open(undefined, folder));
    await row.before?.(scene);
    const there = fs.existsSync(folder);
    const headOf = (): string => (there ? tryHead(folder) : git(repo.folder, 'rev-parse', 'refs/heads/w'));
    const before = headOf();
    const state = (await pinStates(worktree, pin.commit)).find((one) => one.worktree === 'w');
    assert.ok(state !== undefined);
    assert.equal(inWords(state), row.seen);

    const [outcome, other] = await bring(worktree, pin, ['w', 'bystander'], {
      onConflict: row.onConflict ?? 'ask',
    });

    assert.ok(outcome !== undefined);
    assert.deepEqual([outcome.outcome, outcome.reason], [row.expected, row.reason], outcome.message);
    const after = headOf();
    const is = after === pin.commit ? 'pin' : after === before ? 'same' : 'other';
    assert.equal(row.head === 'same' ? after === before : is === row.head, true, `HEAD is ${is}`);
    assert.equal(outcome.head ?? '', after, 'what is said of HEAD is so');
    if (there) {
      const status = git(folder, 'status', '--porcelain', '--untracked-files=all').split('\n');
      assert.deepEqual(status.filter((line) => line !== '').sort(), [...(row.status ?? [])].sort());
    }
    assert.equal(other?.outcome, 'fast_forwarded', 'what becomes of one does not stop the others');
    assert.equal(git(bystander, 'rev-parse', 'HEAD'), pin.commit);
    await row.check?.(scene, outcome, before);
  } finally {
    repo.dispose();
  }
}

function tryHead(folder: string): string {
  try {
    return git(folder, 'rev-parse', '--verify', '--quiet', 'HEAD');
  } catch {
    return '';
  }
}

describe('fan-out: every state of a worktree has its outcome', () => {
  for (const row of rows) {
    it(`${row.name}: ${row.expected}${row.reason === undefined ? '' : ` (${row.reason})`}`, () =>
      runRow(row));
  }

  it(
    'every state is seen without changing anything',
    inRepo(async (repo) => {
      const upstream = Upstream.of(repo);
      upstream.push({ 'a.txt': 'theirs\n' });
      const worktree = await repo.worktree();
      const pin = await pinTo(worktree, 'origin/main', { fetch: true });
      repo.write('a.txt', 'edited');
      const print = repo.fingerprint();
      await pinStates(worktree, pin.commit);
      assert.equal(repo.fingerprint(), print);
    }),
  );
});
