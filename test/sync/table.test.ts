import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { readDecision } from '../../src/decisions/read';
import { answerDecision } from '../../src/sync/answer';
import { syncWorktree } from '../../src/sync/sync';
import { inRepo, type TestRepo, type TestRepoOptions } from '../support/repo';
import { size } from '../support/size';
import { Commits, gist, status, Watch } from './support';
import type { Files } from '../support/importing';
import { asking, plainFetch, resetting } from './upstream';

/** Both sides of a history, from a common commit with these files on. */
interface Row {
  readonly name: string;
  readonly base?: Files;
  readonly ours?: readonly Files[];
  readonly theirs?: readonly Files[];
  /** What is done in the worktree before the sync. */
  readonly before?: (repo: TestRepo) => void;
  /** How it ends with each setting: the case and what comes with it, or the reason of a refusal. */
  readonly ask: string;
  readonly reset: string;
  /** What `git status` says afterwards with `ask`, and with `reset` where that is different. */
  readonly status?: readonly string[];
  readonly statusAfterReset?: readonly string[];
  readonly check?: (repo: TestRepo, commits: { ours: string; theirs: string; base: string }) => void;
  readonly options?: TestRepoOptions;
  /** Makes the commits in another way. */
  readonly make?: (commits: Commits, base: string, repo: TestRepo) => { ours: string; theirs: string };
}

const held = 'diverged_held asks pinned';
const wasReset = 'diverged_recovered_by_reset reset asks pinned';
const rebased = 'diverged_rebased pinned';

const link = (content: string): { mode: string; content: string } => ({ mode: '120000', content });
const program = (content: string): { mode: string; content: string } => ({ mode: '100755', content });
const text = (count: number, ...changed: readonly [number, string][]): string =>
  Array.from({ length: count }, (_, at) => changed.find(([line]) => line === at)?.[1] ?? `line ${at}`).join(
    '\n',
  ) + '\n';

const rows: readonly Row[] = [
  { name: 'the same commit', ask: 'up_to_date', reset: 'up_to_date' },
  { name: 'only ours', ours: [{ 'a.txt': 'ours' }], ask: 'local_ahead', reset: 'local_ahead' },
  {
    name: 'only theirs: modified, added, deleted, renamed, modes, links',
    base: { 'run.sh': 'x', 'old name.txt': 'kept', l: link('a.txt'), 'gone/deep/f': 'f' },
    theirs: [
      { 'a.txt': 'theirs', 'run.sh': program('x'), 'old name.txt': undefined, 'new name.txt': 'kept' },
      { l: link('folder/b.txt'), l2: link('nowhere'), 'gone/deep/f': undefined, 'bytes:\xff\xfe': 'raw' },
    ],
    before: (repo) => {
      repo.write('mine.txt', 'untracked');
      repo.write('folder/b.txt', 'edited');
      repo.write('s.txt', 'staged');
      repo.git('add', 's.txt');
    },
    ask: 'fast_forwarded',
    reset: 'fast_forwarded',
    status: [' M folder/b.txt', 'A  s.txt', '?? mine.txt'],
  },
  {
    name: 'only theirs: a file becomes a folder, a folder a file, a link a folder',
    base: { one: 'file', 'two/a': 'a', 'two/b/c': 'c', three: link('folder'), 'four/x': 'x' },
    theirs: [
      { one: undefined, 'one/inside': 'i', 'two/a': undefined, 'two/b/c': undefined, two: 'file' },
      { three: undefined, 'three/b.txt': 'own', 'four/x': undefined, four: link('folder') },
    ],
    ask: 'fast_forwarded',
    reset: 'fast_forwarded',
    status: [],
    check: (repo) => {
      assert.equal(repo.read('folder/b.txt').toString(), 'second\n', 'not written through the link');
    },
  },
  {
    name: 'only theirs, with an uncommitted edit in the way',
    theirs: [{ 'a.txt': 'theirs', 'other.txt': 'theirs' }],
    before: (repo) => {
      repo.write('a.txt', 'mine');
    },
    ask: 'uncommitted_in_the_way',
    reset: 'uncommitted_in_the_way',
    status: [' M a.txt'],
  },
  {
    name: 'only theirs, with an ignored file in the way',
    base: { '.gitignore': '*.log\nbuild\n' },
    theirs: [{ 'out.log': 'theirs' }, { 'build/x': 'theirs' }],
    before: (repo) => {
      repo.write('out.log', 'mine');
      repo.write('build', 'mine too');
    },
    ask: 'uncommitted_in_the_way',
    reset: 'uncommitted_in_the_way',
    status: [],
  },
  {
    name: 'only theirs, with a folder of untracked files, and an empty one, in the place of a file',
    theirs: [{ sub: 'theirs', empty: 'theirs' }],
    before: (repo) => {
      repo.write('sub/mine.txt', 'mine');
      fs.mkdirSync(repo.at('empty'));
    },
    ask: 'uncommitted_in_the_way',
    reset: 'uncommitted_in_the_way',
    status: ['?? sub/mine.txt'],
  },
  {
    name: 'only theirs: an empty folder is nothing',
    theirs: [{ empty: 'theirs' }],
    before: (repo) => {
      fs.mkdirSync(repo.at('empty'));
    },
    ask: 'fast_forwarded',
    reset: 'fast_forwarded',
    status: [],
  },
  {
    name: 'only theirs, and the very same changes made here already',
    base: { 'd.txt': 'd' },
    theirs: [{ 'a.txt': 'same', 'new.txt': 'same', 'd.txt': undefined, 'staged.txt': 'same' }],
    before: (repo) => {
      repo.write('a.txt', 'same');
      repo.write('new.txt', 'same');
      repo.remove('d.txt');
      repo.write('staged.txt', 'same');
      repo.git('add', 'staged.txt');
    },
    ask: 'fast_forwarded',
    reset: 'fast_forwarded',
    status: [],
  },
  {
    name: 'both, in different files: rebased, uncommitted work kept',
    base: { 'c.txt': 'c' },
    ours: [{ 'folder/b.txt': 'ours' }, { 'n.sh': program('n') }, { 'c.txt': undefined }],
    theirs: [{ 'a.txt': 'theirs' }],
    before: (repo) => {
      repo.write('n.sh', 'edited', 0o755);
      repo.write('st.txt', 'staged');
      repo.git('add', 'st.txt');
      repo.write('st.txt', 'staged and edited');
    },
    ask: rebased,
    reset: rebased,
    status: [' M n.sh', 'AM st.txt'],
    check: (repo, { theirs }) => {
      assert.equal(repo.git('rev-parse', 'HEAD~3'), theirs);
    },
  },
  {
    name: 'both, in different lines of one file',
    base: { f: text(20) },
    ours: [{ f: text(20, [2, 'ours']) }],
    theirs: [{ f: text(20, [17, 'theirs']) }],
    ask: rebased,
    reset: rebased,
    status: [],
    check: (repo) => {
      assert.equal(repo.read('f').toString(), text(20, [2, 'ours'], [17, 'theirs']));
    },
  },
  {
    name: 'both clean, with an uncommitted edit in the way: no commit is dropped for it',
    ours: [{ 'folder/b.txt': 'ours' }],
    theirs: [{ 'a.txt': 'theirs' }],
    before: (repo) => {
      repo.write('a.txt', 'mine');
      repo.git('add', 'a.txt');
      repo.write('a.txt', 'mine again');
    },
    ask: 'uncommitted_in_the_way',
    reset: 'uncommitted_in_the_way',
    status: ['MM a.txt'],
  },
  {
    name: 'ours is upstream already, in other commits',
    ours: [{ 'a.txt': 'same' }, { 'x.txt': 'x' }],
    theirs: [{ 'y.txt': 'y' }, { 'a.txt': 'same' }, { 'x.txt': 'x' }],
    ask: rebased,
    reset: rebased,
    status: [],
    check: (repo, { theirs }) => {
      assert.equal(repo.git('rev-parse', 'HEAD'), theirs);
    },
  },
  {
    name: 'an empty commit among ours',
    ours: [{}, { 'x.txt': 'x' }],
    theirs: [{ 'y.txt': 'y' }],
    ask: rebased,
    reset: rebased,
    status: [],
    check: (repo, { theirs }) => {
      assert.equal(repo.git('rev-list', '--count', `${theirs}..HEAD`), '2');
    },
  },
  {
    name: 'a conflict, a clean worktree',
    ours: [{ 'a.txt': 'ours' }],
    theirs: [{ 'a.txt': 'theirs' }],
    ask: held,
    reset: wasReset,
    status: [],
  },
  {
    name: 'a conflict, and every kind of uncommitted work',
    base: { '.gitignore': '*.log\n', 'c.txt': 'c', 'd.txt': 'd', 'e.txt': 'e', run: 'r', 't.txt': 't' },
    ours: [{ 'a.txt': 'ours', 'only ours.txt': 'ours', 'bytes:\xe9.txt': 'ours' }],
    theirs: [
      { 'a.txt': 'theirs', 'c.txt': 'theirs', 'u.txt': 'theirs', 't.txt': undefined, 'd.txt': 'theirs' },
    ],
    before: (repo) => {
      repo.write('a.txt', 'edited');
      repo.write('c.txt', 'staged');
      repo.git('add', 'c.txt');
      repo.write('c.txt', 'staged and edited');
      repo.write('u.txt', 'untracked where theirs is');
      repo.write('v.txt', 'untracked');
      repo.write('w.log', 'ignored');
      repo.remove('d.txt');
      repo.git('rm', '--quiet', '--cached', 'e.txt');
      repo.write('new.txt', 'staged as new');
      repo.git('add', 'new.txt');
      repo.write('run', 'r', 0o755);
      repo.write(Buffer.from('\xe9.txt', 'latin1'), 'edited');
      repo.write('only ours.txt', 'edited');
      repo.write('t.txt', 'edited');
    },
    ask: held,
    reset: wasReset,
    status: [
      ' M a.txt',
      'MM c.txt',
      ' D d.txt',
      'D  e.txt',
      'A  new.txt',
      ' M "only ours.txt"',
      ' M run',
      ' M t.txt',
      ' M "\\351.txt"',
      '?? e.txt',
      '?? u.txt',
      '?? v.txt',
    ],
    statusAfterReset: ['?? v.txt'],
  },
  {
    name: 'a conflict, with an ignored file where theirs has one: not even a reset takes it',
    base: { '.gitignore': '*.log\n' },
    ours: [{ 'a.txt': 'ours' }],
    theirs: [{ 'a.txt': 'theirs', 'out.log': 'theirs' }],
    before: (repo) => {
      repo.write('out.log', 'mine');
    },
    ask: held,
    reset: held,
    status: [],
  },
  {
    name: 'a conflict, with a folder of untracked files where theirs has a file',
    ours: [{ 'a.txt': 'ours' }],
    theirs: [{ 'a.txt': 'theirs', sub: 'theirs' }],
    before: (repo) => {
      repo.write('sub/mine.txt', 'mine');
    },
    ask: held,
    reset: held,
    status: ['?? sub/mine.txt'],
  },
  {
    name: 'a conflict between file and folder, link and file, mode and deletion',
    base: { p: 'p', q: 'q', r: 'r' },
    ours: [{ p: undefined, 'p/in': 'ours', q: link('a.txt'), r: program('r') }],
    theirs: [{ p: 'theirs', q: 'theirs', r: undefined }],
    ask: held,
    reset: wasReset,
    status: [],
  },
  {
    name: 'a merge among ours',
    make: (commits, base) => {
      const left = commits.make([base], { 'l.txt': 'l' });
      const right = commits.make([base], { 'r.txt': 'r' });
      return {
        ours: commits.make([left, right], { 'r.txt': 'r' }),
        theirs: commits.make([base], { 't.txt': 't' }),
      };
    },
    ask: held,
    reset: wasReset,
    status: [],
  },
  {
    name: 'no common history',
    make: (commits, base) => ({
      ours: commits.make([], { 'lonely.txt': 'l' }),
      theirs: commits.make([base], { 't.txt': 't' }),
    }),
    ask: held,
    reset: wasReset,
    status: [],
  },
  {
    name: 'upstream was rewritten: what nobody saw it have is ours',
    make: (commits, base) => {
      const old = commits.make([base], { 'a.txt': 'old' }, 'Old');
      return {
        ours: commits.make([old], { 'z.txt': 'z' }),
        theirs: commits.make([base], { 'a.txt': 'new' }, 'New'),
      };
    },
    ask: held,
    reset: wasReset,
    status: [],
  },
  {
    name: 'messages and names that are not UTF-8, an author of long ago, an encoding',
    make: (commits, base, repo) => {
      const plain = commits.make(
        [base],
        { 'bytes:na\xefve': 'x' },
        Buffer.from('na\xefve\n\nbody \xff\n', 'latin1'),
      );
      const raw = repo.gitBytes(['cat-file', 'commit', plain]).toString('latin1');
      const changed = raw
        .replace(/^author .*$/m, 'author J\xf6rg <j@x> 1000000000 -0330')
        .replace(/^(committer .*)$/m, '$1\nencoding ISO-8859-1');
      const ours = repo
        .gitBytes(['hash-object', '-t', 'commit', '-w', '--stdin'], Buffer.from(changed, 'latin1'))
        .toString()
        .trim();
      return { ours, theirs: commits.make([base], { 't.txt': 't' }) };
    },
    ask: rebased,
    reset: rebased,
    status: [],
    check: (repo, { ours }) => {
      const parts = (oid: string): string[] =>
        repo
          .gitBytes(['cat-file', 'commit', oid])
          .toString('latin1')
          .split('\n')
          .filter((line) => !/^(?:tree|parent|committer) /.test(line));
      assert.deepEqual(parts('HEAD'), parts(ours));
    },
  },
  {
    name: 'line ends that git changes on the way',
    base: { '.gitattributes': '*.txt text eol=crlf\n', 'w.txt': 'one\ntwo\n', 'k.dat': 'one\r\ntwo\r\n' },
    ours: [{ 'mine.txt': 'mine\n' }],
    theirs: [{ 'w.txt': 'one\ntwo\nthree\n', 'k.dat': 'one\r\nthree\r\n' }],
    before: (repo) => {
      repo.git('config', 'core.autocrlf', 'true');
    },
    ask: rebased,
    reset: rebased,
    status: [],
    check: (repo) => {
      assert.equal(repo.read('w.txt').toString(), 'one\r\ntwo\r\nthree\r\n');
    },
  },
  {
    name: 'a clean and a smudge filter',
    base: { '.gitattributes': '*.up filter=up\n', 'f.up': 'abc\n' },
    theirs: [{ 'f.up': 'abcd\n', 'g.up': 'g\n' }],
    before: (repo) => {
      repo.git('config', 'filter.up.clean', 'tr A-Z a-z');
      repo.git('config', 'filter.up.smudge', 'tr a-z A-Z');
      repo.remove('f.up');
      repo.git('checkout', '--', 'f.up');
    },
    ask: 'fast_forwarded',
    reset: 'fast_forwarded',
    status: [],
    check: (repo) => {
      assert.deepEqual([repo.read('f.up').toString(), repo.read('g.up').toString()], ['ABCD\n', 'G\n']);
    },
  },
  {
    name: 'execute bits where the file system has none',
    base: { 'x.sh': program('one') },
    theirs: [{ 'x.sh': program('two') }],
    before: (repo) => {
      repo.git('config', 'core.fileMode', 'false');
      fs.chmodSync(repo.at('x.sh'), 0o644);
    },
    ask: 'fast_forwarded',
    reset: 'fast_forwarded',
    status: [],
  },
  {
    name: 'submodules: moved, new, gone, and in the place of a file',
    base: {
      moved: { mode: '160000', content: '1'.repeat(40) },
      gone: { mode: '160000', content: '1'.repeat(40) },
      file: 'file',
    },
    theirs: [
      {
        moved: { mode: '160000', content: '2'.repeat(40) },
        gone: undefined,
        file: { mode: '160000', content: '3'.repeat(40) },
        'deep/new': { mode: '160000', content: '4'.repeat(40) },
      },
    ],
    ask: 'fast_forwarded',
    reset: 'fast_forwarded',
    status: [],
    check: (repo) => {
      assert.ok(fs.statSync(repo.at('deep/new')).isDirectory());
    },
  },
  {
    name: 'a submodule with something in it becomes a file',
    base: { sub: { mode: '160000', content: '1'.repeat(40) } },
    theirs: [{ sub: 'now a file' }],
    before: (repo) => {
      repo.write('sub/precious.txt', 'only here');
    },
    ask: 'uncommitted_in_the_way',
    reset: 'uncommitted_in_the_way',
    status: [],
  },
  {
    name: 'SHA-256',
    options: { objectFormat: 'sha256' },
    ours: [{ 'a.txt': 'ours' }],
    theirs: [{ 'a.txt': 'theirs' }],
    ask: held,
    reset: wasReset,
    status: [],
  },
  {
    name: 'SHA-256, clean',
    options: { objectFormat: 'sha256' },
    ours: [{ 'a.txt': 'ours' }],
    theirs: [{ 'b.txt': 'theirs' }],
    ask: rebased,
    reset: rebased,
    status: [],
  },
  {
    name: 'a linked worktree',
    options: { linked: 'other' },
    ours: [{ 'a.txt': 'ours' }],
    theirs: [{ 'a.txt': 'theirs', 'n.txt': 'n' }],
    before: (repo) => {
      repo.write('n.txt', 'mine');
    },
    ask: held,
    reset: wasReset,
    status: ['?? n.txt'],
    statusAfterReset: [],
  },
];

async function runRow(repo: TestRepo, row: Row, setting: 'ask' | 'reset'): Promise<void> {
  const commits = new Commits(repo);
  const start = repo.git('rev-parse', 'HEAD');
  const base = row.base === undefined ? start : commits.make([start], row.base, 'Base');
  const line = (files: readonly Files[] = []): string =>
    files.reduce((parent, changed, at) => commits.make([parent], changed, `Commit ${at}`), base);
  const sides = row.make?.(commits, base, repo) ?? { ours: line(row.ours), theirs: line(row.theirs) };
  commits.follow(sides.ours, sides.theirs);
  // An earlier checkpoint, which must not be taken for the one of what is done next.
  await repo.checkpoint();
  row.before?.(repo);
  const worktree = await repo.open();
  repo.tryGit('update-index', '-q', '--refresh');
  const watch = new Watch(repo);
  const expected = row[setting];
  const request = setting === 'ask' ? asking : resetting;
  if (/^[a-z_]+$/.test(expected) && !['up_to_date', 'local_ahead', 'fast_forwarded'].includes(expected)) {
    await assert.rejects(syncWorktree(worktree, plainFetch, request), { reason: expected });
    watch.untouched();
    assert.deepEqual(status(repo), row.status);
    assert.equal(await readDecision(worktree, worktree.key), undefined);
    return;
  }
  const outcome = await syncWorktree(worktree, plainFetch, request);
  assert.equal(gist(outcome), expected, outcome.message);
  watch.nothingLost(outcome.checkpoint);
  const decision = await readDecision(worktree, worktree.key);
  assert.equal(decision?.id, outcome.decision);
  if (expected === held) {
    watch.untouched();
  }
  if (expected === wasReset || expected === 'fast_forwarded') {
    assert.equal(repo.git('rev-parse', 'HEAD'), sides.theirs);
  }
  if (outcome.backup !== undefined) {
    assert.equal(repo.git('rev-parse', outcome.backup), sides.ours);
  }
  const after =
    setting === 'reset' && expected === wasReset ? (row.statusAfterReset ?? row.status) : row.status;
  assert.deepEqual(status(repo), after ?? []);
  row.check?.(repo, { ...sides, base });
  if (decision !== undefined) {
    // Whatever was asked can be answered with a reset or a go-on, and still nothing is lost.
    const option = decision.options.includes('continue') ? 'continue' : 'reset_to_upstream';
    const answer = { option, seen: decision.version, by: 'A person' } as const;
    if (option === 'reset_to_upstream' && row.reset === held) {
      await assert.rejects(answerDecision(worktree, answer, asking), { reason: 'uncommitted_in_the_way' });
      watch.untouched();
    } else {
      await answerDecision(worktree, answer, asking);
      assert.equal(repo.git('rev-parse', 'HEAD'), sides.theirs);
      assert.deepEqual(status(repo), row.statusAfterReset ?? row.status ?? []);
      watch.nothingLost((await readDecision(worktree, worktree.key))?.checkpoint);
    }
  }
}

describe('sync: a table of repositories', () => {
  for (const row of rows) {
    // Where the setting makes no difference, a short run has one of them only.
    const settings: readonly ('ask' | 'reset')[] =
      row.ask === row.reset && size === 'short' ? ['reset'] : ['ask', 'reset'];
    for (const setting of settings) {
      it(
        `${row.name} (${row.ask === row.reset ? 'either' : setting})`,
        inRepo((repo) => runRow(repo, row, setting), row.options),
      );
    }
  }
});

describe('sync: what it refuses, it leaves untouched', () => {
  const inProgress: readonly [string, (repo: TestRepo, commits: Commits, base: string) => void][] = [
    [
      'merge',
      (repo) => {
        repo.tryGit('merge', 'work-upstream');
      },
    ],
    [
      'rebase',
      (repo) => {
        repo.tryGit('rebase', 'work-upstream');
      },
    ],
    [
      'cherry-pick',
      (repo) => {
        repo.tryGit('cherry-pick', 'work-upstream');
      },
    ],
    [
      'revert',
      (repo) => {
        repo.write('a.txt', 'later');
        repo.git('commit', '--quiet', '-am', 'Later');
        repo.tryGit('revert', '--no-edit', 'HEAD~1');
      },
    ],
    [
      'bisect',
      (repo) => {
        repo.git('bisect', 'start');
      },
    ],
    [
      'cherry-pick or revert',
      (repo, commits, base) => {
        const clean = commits.make([base], { 'clean.txt': 'c' });
        const tip = commits.make([clean], { 'a.txt': 'conflict' });
        const last = commits.make([tip], { 'z.txt': 'z' });
        repo.tryGit('cherry-pick', `${base}..${last}`);
        repo.write('a.txt', 'resolved');
        repo.git('commit', '--quiet', '-am', 'Resolved');
      },
    ],
  ];

  it(
    'while a merge, rebase, cherry-pick, revert or bisect is under way',
    inRepo(async (repo) => {
      const commits = new Commits(repo);
      const worktree = await repo.worktree();
      const base = repo.git('rev-parse', 'HEAD');
      for (const [operation, begin] of inProgress) {
        const [ours, theirs] = [
          commits.make([base], { 'a.txt': 'ours' }),
          commits.make([base], { 'a.txt': 'theirs' }),
        ];
        commits.follow(ours, theirs);
        begin(repo, commits, base);
        for (const request of [asking, resetting]) {
          const print = repo.fingerprint();
          const outcome = await syncWorktree(worktree, plainFetch, request);
          assert.deepEqual([outcome.case, outcome.message], ['in_progress', `A ${operation} is under way.`]);
          assert.equal(repo.fingerprint(), print, operation);
        }
        for (const name of fs.readdirSync(repo.gitDir)) {
          if (/^(?:rebase-merge|sequencer|[A-Z]+_HEAD|BISECT.*|MERGE.*|AUTO_MERGE)$/.test(name)) {
            fs.rmSync(path.join(repo.gitDir, name), { recursive: true });
          }
        }
      }
    }),
  );

  it(
    'detached, no upstream, upstream gone, unborn, checked out or rebased elsewhere, sparse',
    inRepo(async (repo) => {
      const commits = new Commits(repo);
      const worktree = await repo.worktree();
      const base = repo.git('rev-parse', 'HEAD');
      const [ours, theirs] = [
        commits.make([base], { 'a.txt': 'ours' }),
        commits.make([base], { 'b.txt': 'theirs' }),
      ];
      const outcomeIs = async (expected: string): Promise<void> => {
        for (const request of [asking, resetting]) {
          const print = repo.fingerprint();
          assert.equal(gist(await syncWorktree(worktree, plainFetch, request)), expected);
          assert.equal(repo.fingerprint(), print, expected);
        }
      };
      const refused = async (reason: string): Promise<void> => {
        for (const request of [asking, resetting]) {
          const print = repo.fingerprint();
          await assert.rejects(syncWorktree(worktree, plainFetch, request), { reason });
          assert.equal(repo.fingerprint(), print, reason);
        }
      };
      await outcomeIs('no_upstream');
      commits.follow(ours, theirs);
      repo.git('update-ref', '-d', 'refs/heads/work-upstream');
      await outcomeIs('upstream_gone');
      commits.follow(ours, theirs);
      repo.git('checkout', '--quiet', '--detach');
      await outcomeIs('detached');
      repo.git('checkout', '--quiet', 'work');
      const other = path.join(repo.base, 'second');
      repo.git('worktree', 'add', '--quiet', '--force', other, 'work');
      await refused('branch_elsewhere');
      const gitDir = path.join(repo.commonDir, 'worktrees', 'second');
      repo.git('-C', other, 'checkout', '--quiet', '--detach', ours);
      fs.mkdirSync(path.join(gitDir, 'rebase-merge'));
      fs.writeFileSync(path.join(gitDir, 'rebase-merge', 'head-name'), 'refs/heads/work\n');
      await refused('branch_elsewhere');
      repo.git('worktree', 'remove', '--force', other);
      repo.git('config', 'core.sparseCheckout', 'true');
      await refused('sparse_checkout');
      repo.git('config', '--unset', 'core.sparseCheckout');
      repo.git('checkout', '--quiet', '--orphan', 'unborn');
      await refused('unborn_branch');
    }),
  );
});
