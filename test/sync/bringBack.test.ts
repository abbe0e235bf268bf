import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { takeCheckpoint } from '../../src/checkpoint/take';
import type { Decision } from '../../src/decisions/decision';
import { readDecision } from '../../src/decisions/read';
import { BelayError } from '../../src/errors';
import type { Worktree } from '../../src/git/worktree';
import { claimLease, releaseLease } from '../../src/leases/claim';
import { identityOf } from '../../src/refs/identity';
import { leaseOfSession, startSession } from '../../src/sessions/lifecycle';
import { answerDecision } from '../../src/sync/answer';
import { noticeFallen } from '../../src/sync/external';
import { syncWorktree } from '../../src/sync/sync';
import { bundled } from '../support/bundle';
import { Gate } from '../support/gate';
import { inRepo, type TestRepo } from '../support/repo';
import { sized } from '../support/size';
import { faultyGit, startWorker } from './processes';
import { Commits, lines, status, Watch } from './support';
import { asking, plainFetch, resetting } from './upstream';

/** A worktree in which commits were dropped: which ones, and what they were dropped from. */
interface Dropped {
  /** What they were on: a branch, or HEAD. */
  readonly ref: string;
  /** Their newest. */
  readonly tip: string;
}

/** A way to drop two commits, `One` of a.txt and `Two` of new.txt. The worktree starts on `work`. */
type Shape = (repo: TestRepo, commits: Commits) => Dropped | Promise<Dropped>;

const ref = 'refs/heads/work';

function commitBoth(repo: TestRepo): string {
  repo.write('a.txt', 'one\n');
  repo.git('commit', '--quiet', '--all', '-m', 'One');
  repo.write('new.txt', 'two\n');
  repo.git('add', 'new.txt');
  repo.git('commit', '--quiet', '-m', 'Two');
  return repo.git('rev-parse', 'HEAD');
}

function resetTo(mode: string): Shape {
  return (repo) => {
    const tip = commitBoth(repo);
    repo.git('reset', '--quiet', mode, 'HEAD~2');
    return { ref, tip };
  };
}

const shapes = {
  'reset --hard to an ancestor': resetTo('--hard'),
  'reset --mixed': resetTo('--mixed'),
  'reset --soft': resetTo('--soft'),
  'reset --hard to elsewhere': (repo, commits) => {
    const tip = commitBoth(repo);
    repo.git(
      'reset',
      '--quiet',
      '--hard',
      commits.make([repo.git('rev-parse', 'HEAD~2')], { 'else.txt': 'elsewhere\n' }),
    );
    return { ref, tip };
  },
  'branch -f of a branch that is not checked out': (repo) => {
    repo.git('checkout', '--quiet', '-b', 'side');
    const tip = commitBoth(repo);
    repo.git('checkout', '--quiet', 'work');
    repo.git('branch', '--quiet', '--force', 'side', 'work');
    return { ref: 'refs/heads/side', tip };
  },
  'branch -D': (repo) => {
    repo.git('checkout', '--quiet', '-b', 'side');
    const tip = commitBoth(repo);
    repo.git('checkout', '--quiet', 'work');
    repo.git('branch', '--quiet', '-D', 'side');
    return { ref: 'refs/heads/side', tip };
  },
  'reset of a detached HEAD': (repo) => {
    repo.git('checkout', '--quiet', '--detach');
    const tip = commitBoth(repo);
    repo.git('reset', '--quiet', '--hard', 'HEAD~2');
    return { ref: 'HEAD', tip };
  },
  'a detached HEAD that was left': (repo) => {
    repo.git('checkout', '--quiet', '--detach');
    const tip = commitBoth(repo);
    repo.git('checkout', '--quiet', 'work');
    return { ref, tip };
  },
  "Belay's own reset": async (repo, commits) => {
    const base = repo.git('rev-parse', 'HEAD');
    const tip = commitBoth(repo);
    commits.follow(tip, commits.make([base], { 'a.txt': 'upstream\n' }));
    assert.equal(
      (await syncWorktree(await repo.worktree(), plainFetch, resetting)).case,
      'diverged_recovered_by_reset',
    );
    return { ref, tip };
  },
} satisfies Record<string, Shape>;

/** Does not touch the worktree unless it is on the reference. */
function commitOn(repo: TestRepo, commits: Commits, on: string, files: Record<string, string>): string {
  const there = repo.tryGit('rev-parse', '--verify', '--quiet', on).output.trim();
  const made = commits.make([there === '' ? 'work' : there], files, 'Since');
  if (on === 'HEAD' || repo.git('rev-parse', '--symbolic-full-name', 'HEAD') === on) {
    repo.git('reset', '--quiet', '--soft', made);
    repo.git('checkout', '--quiet', 'HEAD', '--', ...Object.keys(files));
  } else {
    repo.git('update-ref', on, made);
  }
  return made;
}

interface Since {
  /** What happened between the drop and the answer. */
  readonly happens: (repo: TestRepo, commits: Commits, dropped: Dropped) => void;
  /** What comes of the answer: the old commit again, both picked on top, or a reason for which nothing is done. */
  readonly then: (shape: string) => 'again' | 'on top' | RegExp;
}

const movesFiles = (shape: string): boolean => !shape.startsWith('branch');

const happenings = {
  nothing: { happens: () => undefined, then: () => 'again' },
  'own commits': {
    happens: (repo, commits, dropped) => {
      commitOn(repo, commits, dropped.ref, { 'since.txt': 'since\n' });
    },
    // Belay has reset it because they did not fit on top.
    then: (shape) => (shape === "Belay's own reset" ? /^cannot_pick / : 'on top'),
  },
  'edited, staged and untracked files': {
    happens: (repo) => {
      repo.write('folder/b.txt', 'edited\n');
      repo.write('staged.txt', 'staged\n');
      repo.git('add', 'staged.txt');
      repo.write('untracked.txt', 'untracked\n');
    },
    then: () => 'again',
  },
  'an edit in the way': {
    happens: (repo) => {
      repo.write('a.txt', 'edited\n');
    },
    then: (shape) =>
      movesFiles(shape) ? /^uncommitted_in_the_way .*a\.txt.* The decision still waits\.$/ : 'again',
  },
  'commits that conflict': {
    happens: (repo, commits, dropped) => {
      commitOn(repo, commits, dropped.ref, { 'a.txt': 'since\n' });
    },
    then: () => /^cannot_pick The commits do not fit on top of what .* has by now: .* a\.txt/,
  },
  'the branch was deleted': {
    happens: (repo, _, dropped) => {
      repo.git('checkout', '--quiet', '--force', '--detach');
      repo.tryGit('branch', '-D', dropped.ref.replace('refs/heads/', ''));
    },
    // HEAD is where it was left.
    then: () => 'again',
  },
  'the worktree went': {
    happens: (repo) => {
      fs.rmSync(repo.folder, { recursive: true });
    },
    then: (shape) =>
      shape.includes('HEAD') ? /^answer_refused .*the folder of their worktree is gone/ : 'again',
  },
} satisfies Record<string, Since>;

/** All of it takes a while; each shape, and each of what happens since, is in a short run. */
function isChosen(shape: number, since: number): boolean {
  return sized({ short: shape === 0 ? since % 2 === 0 : since === (shape * 3 + 1) % 7, long: true });
}

async function bringBack(worktree: Worktree, decision: Decision): Promise<Decision> {
  const answer = { option: 'bring_my_commits_back', seen: decision.version, by: 'A person' } as const;
  return answerDecision(worktree, answer, asking, decision.worktree);
}

async function waiting(worktree: Worktree, key = worktree.key): Promise<Decision> {
  const decision = await readDecision(worktree, key);
  assert.ok(decision?.status === 'pending', 'the question waits');
  assert.ok(decision.options.includes('bring_my_commits_back'));
  return decision;
}

const authored = '--format=%an %ae %ad %s%n%b';

/** The refusal that comes of a piece of work, as reason and message. */
async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (thrown) {
    assert.ok(thrown instanceof BelayError, String(thrown));
    return `${thrown.reason} ${thrown.message}`;
  }
  return 'nothing was refused';
}

/** The paths that the dropped commits change: a reset may have left them in the files or the index. */
const theirs = ['a.txt', 'new.txt'];

/** Fails unless the worktree has what the move changes, and everything else as it was before. */
function onlyTheirs(
  repo: TestRepo,
  before: { readonly disk: ReadonlyMap<string, string>; readonly status: readonly string[] },
  from: string,
  to: string,
): void {
  const expected = new Map(before.disk);
  const wanted = repo.treeEntries(to);
  for (const name of lines(repo.git('diff', '--name-only', from, to))) {
    const entry = wanted.get(name);
    if (entry === undefined) {
      expected.delete(name);
    } else {
      expected.set(name, entry);
    }
  }
  assert.deepEqual([...repo.diskEntries()].sort(), [...expected].sort());
  assert.deepEqual(
    status(repo),
    before.status.filter((line) => !theirs.includes(line.slice(3))),
  );
}

interface Case extends Since {
  readonly shape: string;
  readonly since: string;
  readonly drop: Shape;
}

async function check(repo: TestRepo, { shape, since, drop, happens, then }: Case): Promise<void> {
  const main = repo.other(path.join(repo.base, 'repo'));
  const commits = new Commits(repo);
  repo.git('checkout', '--quiet', '-b', 'work');
  repo.write('folder/b.txt', 'b\n');
  repo.git('add', 'folder');
  repo.git('commit', '--quiet', '--allow-empty', '-m', 'Folder');
  let worktree = await repo.worktree();
  const { key } = worktree;
  await repo.checkpoint();
  const dropped = await drop(repo, commits);
  await noticeFallen(worktree);
  const asked = await waiting(worktree);
  happens(repo, commits, dropped);
  const went = since === 'the worktree went';
  const deletedBelow = since === 'the branch was deleted' && shape === 'a detached HEAD that was left';
  const where = deletedBelow ? 'HEAD' : dropped.ref;
  if (went) {
    worktree = await main.worktree();
  }
  const inPlace =
    !went && (where === 'HEAD' || repo.git('rev-parse', '--symbolic-full-name', 'HEAD') === where);
  const watch = went ? undefined : new Watch(repo);
  const before = went
    ? undefined
    : { disk: repo.diskEntries(), status: status(repo), print: repo.fingerprint() };
  const place = went ? main : repo;
  const start = place.tryGit('rev-parse', '--verify', '--quiet', where).output.trim();
  const expected = then(shape);
  if (expected instanceof RegExp) {
    const refs = main.refs('others');
    assert.match(await refusal(bringBack(worktree, asked)), expected);
    assert.deepEqual(main.refs('others'), refs);
    assert.equal(went ? undefined : repo.fingerprint(), before?.print, 'nothing was done');
    assert.equal((await waiting(worktree, key)).version, asked.version, 'the same question');
    return;
  }
  const answered = await bringBack(worktree, asked);
  assert.deepEqual(
    [answered.status, answered.answer, answered.id],
    ['answered', 'bring_my_commits_back', asked.id],
  );
  const now = place.git('rev-parse', where);
  assert.deepEqual(answered.bringing, [{ ref: where, from: start === '' ? undefined : start, to: now }]);
  if (expected === 'again') {
    assert.equal(now, dropped.tip);
  } else {
    assert.equal(place.git('rev-parse', `${now}~2`), start);
    const log = (tip: string): string => place.git('log', '-2', authored, tip);
    assert.equal(log(now), log(dropped.tip));
  }
  if (before !== undefined && inPlace) {
    onlyTheirs(repo, before, start, now);
  } else if (before !== undefined) {
    const others = (print: string): string[] => lines(print).filter((line) => !line.includes(`${where} `));
    assert.deepEqual(others(repo.fingerprint()), others(before.print), 'nothing but the branch');
  }
  const taken = inPlace
    ? lines(repo.git('log', '--format=%H', '--grep=^Before bringing', `refs/belay/shadow/${key}/current`))
    : [];
  watch?.nothingLost(asked.checkpoint, ...taken);
  assert.equal((await bringBack(worktree, asked)).version, answered.version, 'the same answer once more');
  assert.equal(went ? undefined : await noticeFallen(worktree), undefined, 'nothing fell off');
}

describe('Bring my commits back', () => {
  for (const [row, [shape, drop]] of Object.entries(shapes).entries()) {
    for (const [column, [since, { happens, then }]] of Object.entries(happenings).entries()) {
      if (isChosen(row, column)) {
        it(
          `${shape}; since then: ${since}`,
          inRepo((repo) => check(repo, { shape, since, drop, happens, then }), { linked: 'there' }),
        );
      }
    }
  }

  /** Two commits that a hard reset has dropped, and the question about it. */
  async function reset(repo: TestRepo): Promise<{ worktree: Worktree; decision: Decision; tip: string }> {
    repo.git('checkout', '--quiet', '-b', 'work');
    const worktree = await repo.worktree();
    await repo.checkpoint();
    const tip = commitBoth(repo);
    repo.git('reset', '--quiet', '--hard', 'HEAD~2');
    await noticeFallen(worktree);
    return { worktree, decision: await waiting(worktree), tip };
  }

  it(
    'is refused, and nothing is done, while something else is at it; afterwards it goes through',
    inRepo(async (repo) => {
      const { worktree, decision, tip } = await reset(repo);
      const refuses = async (expected: RegExp): Promise<void> => {
        const before = repo.fingerprint();
        assert.match(await refusal(bringBack(worktree, decision)), expected);
        assert.equal(repo.fingerprint(), before);
        assert.equal((await waiting(worktree)).version, decision.version);
      };
      const head = repo.git('rev-parse', 'HEAD');
      repo.write('.git/MERGE_HEAD', `${head}\n`);
      await refuses(
        /^answer_refused A merge is under way in main: end it first\. The decision still waits\.$/,
      );
      repo.remove('.git/MERGE_HEAD');
      repo.write('.git/index.lock', '');
      await refuses(/^publish_failed .*index.*lock/);
      repo.remove('.git/index.lock');
      const lease = { kind: 'worktree', name: 'main' } as const;
      const holder = identityOf(process.pid);
      const held = await claimLease(worktree, lease, { owner: 'an agent', agent: 'codex', holder });
      await refuses(/^lease_held .*an agent/);
      await releaseLease(worktree, lease, held.token, { status: 'released' });
      repo.git('checkout', '--quiet', '--detach');
      const elsewhere = path.join(repo.base, 'elsewhere');
      repo.git('worktree', 'add', '--quiet', elsewhere, 'work');
      await refuses(
        /^branch_elsewhere The branch work is also checked out, or being rebased, in .*elsewhere/,
      );
      repo.git('worktree', 'remove', elsewhere);
      repo.git('checkout', '--quiet', 'work');
      assert.equal((await bringBack(worktree, decision)).status, 'answered');
      assert.equal(repo.git('rev-parse', 'work'), tip);
    }),
  );

  it(
    'what fell off before and after each other comes back together, the stash as well; sessions may go on',
    inRepo(async (repo) => {
      repo.git('checkout', '--quiet', '-b', 'work');
      const worktree = await repo.worktree();
      const lease = await startSession(worktree, 'agent-1', { owner: 'one', agent: 'claude-code' });
      await takeCheckpoint(worktree, { session: 'agent-1', agent: 'claude-code', leases: [lease.token] });
      repo.write('a.txt', 'stashed\n');
      repo.git('stash', '--quiet');
      const entry = repo.git('rev-parse', 'refs/stash');
      await noticeFallen(worktree);
      for (const name of ['first', 'second']) {
        repo.write(name, name);
        repo.git('add', name);
        repo.git('commit', '--quiet', '-m', name);
        repo.git('reset', '--quiet', '--hard', 'HEAD~1');
      }
      repo.git('stash', 'drop', '--quiet');
      await noticeFallen(worktree, { afterCheckpoint: true });
      const decision = await waiting(worktree);
      assert.equal(decision.backups.length, 3);
      await bringBack(worktree, decision);
      assert.deepEqual(lines(repo.git('log', '--format=%s', '-2')).sort(), ['first', 'second']);
      assert.deepEqual([repo.git('rev-parse', 'refs/stash'), status(repo)], [entry, []]);
      assert.equal((await leaseOfSession(worktree, 'agent-1'))?.status, 'released');
      assert.equal(await noticeFallen(worktree, { afterCheckpoint: true }), undefined);
    }),
  );

  it(
    'what Belay has reset is not reset again by the next sync, until there is something new upstream',
    inRepo(async (repo) => {
      const commits = new Commits(repo);
      const base = repo.git('rev-parse', 'HEAD');
      const tip = commitBoth(repo);
      const upstream = commits.make([base], { 'a.txt': 'upstream\n' });
      commits.follow(tip, upstream);
      const worktree = await repo.worktree();
      await syncWorktree(worktree, plainFetch, resetting);
      await bringBack(worktree, await waiting(worktree));
      assert.equal(repo.git('rev-parse', 'HEAD'), tip);
      const { case: what, decision } = await syncWorktree(worktree, plainFetch, resetting);
      assert.deepEqual([what, decision], ['diverged_held', undefined]);
      assert.equal(repo.git('rev-parse', 'HEAD'), tip);
      repo.git('update-ref', 'refs/heads/work-upstream', commits.make([upstream], { 'b.txt': 'newer' }));
      assert.notEqual((await syncWorktree(worktree, plainFetch, asking)).decision, undefined);
    }),
  );

  it(
    'another answer that is given meanwhile is refused, and so is a move of the branch',
    inRepo(async (repo) => {
      const { worktree, decision } = await reset(repo);
      const gate = new Gate(repo);
      const slow = await repo.open(gate.git());
      const start = repo.git('rev-parse', 'work');
      await gate.between(
        'update refs/heads/work ',
        () => assert.rejects(bringBack(slow, decision), { reason: 'branch_moved' }),
        async () => {
          const begun = await waiting(worktree);
          assert.equal(begun.bringing.length, 1);
          const other = { option: 'continue', seen: begun.version, by: 'x' } as const;
          assert.match(
            await refusal(answerDecision(worktree, other, asking)),
            /^answer_refused The commits are still being brought back, by person/,
          );
          repo.git(
            'update-ref',
            'refs/heads/work',
            new Commits(repo).make([start], { 'since.txt': 'since' }),
          );
        },
      );
      assert.equal(repo.git('show', '-s', '--format=%s', 'work'), 'A commit');
      assert.equal(repo.tryGit('ls-files', '--error-unmatch', 'new.txt').code, 1, 'the index was put back');
      repo.git('reset', '--quiet', '--hard');
      const answered = await bringBack(worktree, await waiting(worktree));
      assert.equal(answered.answer, 'bring_my_commits_back');
      assert.equal(repo.git('log', '--format=%s', '-3'), 'Two\nOne\nA commit');
    }),
  );

  it(
    'moves no branch once the question is another one',
    inRepo(async (repo) => {
      const { worktree, decision } = await reset(repo);
      const gate = new Gate(repo);
      const slow = await repo.open(gate.git());
      const start = repo.git('rev-parse', 'work');
      const refused = await gate.between(
        'update refs/heads/work ',
        () => refusal(bringBack(slow, decision)),
        () => Promise.resolve(repo.git('update-ref', 'refs/belay/decision/main', decision.version)),
      );
      assert.doesNotMatch(refused, /^nothing was refused/);
      assert.deepEqual([repo.git('rev-parse', 'work'), status(repo)], [start, []]);
      assert.equal((await bringBack(worktree, await waiting(worktree))).status, 'answered');
    }),
  );

  it(
    'what was brought back before a crash is not brought back again, whatever was committed on top since',
    inRepo(async (repo) => {
      const { worktree, decision } = await reset(repo);
      const commits = new Commits(repo);
      commitOn(repo, commits, ref, { 'since.txt': 'since\n' });
      const gate = new Gate(repo);
      const slow = await repo.open(gate.git());
      let begun = decision;
      await gate.between(
        'update refs/heads/work ',
        () => bringBack(slow, decision),
        async () => {
          begun = await waiting(worktree);
        },
      );
      // As a crash leaves it once the branch has moved: the answer is not written down.
      repo.git('update-ref', 'refs/belay/decision/main', begun.version);
      const top = commitOn(repo, commits, ref, { 'a.txt': 'on top\n' });
      assert.equal((await bringBack(worktree, await waiting(worktree))).status, 'answered');
      assert.deepEqual([repo.git('rev-parse', 'work'), status(repo)], [top, []]);
    }),
  );

  for (const own of [false, true]) {
    it(
      `killed at any of its steps, the same answer takes it up again (${own ? 'picked on top' : 'the old commit'})`,
      inRepo(async (repo) => {
        const { worktree, decision, tip } = await reset(repo);
        const top = repo.git('rev-parse', 'HEAD');
        const since = new Commits(repo).make([top], { 'since.txt': 'since\n' });
        const from = own ? since : top;
        repo.git('reset', '--quiet', '--hard', from);
        repo.write('folder.txt', 'not committed\n');
        const version = decision.version;
        let killed = 0;
        for (let at = sized({ short: own ? 8 : 14, long: 1 }); ; at += sized({ short: 13, long: 1 })) {
          const kind = at % 2 === 0 && sized({ short: false, long: true }) ? 'refused' : 'parent';
          const faulty = faultyGit(repo.base, path.join(repo.git('--exec-path'), 'git'), { kind, at });
          const worker = startWorker(bundled('test/sync/worker.ts'), {
            folder: repo.folder,
            git: faulty.binary,
            what: 'answer',
            how: 'bring_my_commits_back',
          });
          worker.go();
          await worker.said;
          if (!faulty.reached()) {
            break;
          }
          killed += 1;
          const now = await readDecision(worktree, 'main');
          assert.ok(now !== undefined && now.id === decision.id);
          if (now.status === 'pending') {
            const again = await bringBack(worktree, now);
            assert.equal(again.answer, 'bring_my_commits_back');
          }
          if (own) {
            assert.equal(
              repo.git('log', '--format=%s', '-4'),
              `Two\nOne\nA commit\n${repo.git('show', '-s', '--format=%s', top)}`,
            );
          } else {
            assert.equal(repo.git('rev-parse', 'HEAD'), tip);
          }
          assert.deepEqual(status(repo), ['?? folder.txt']);
          // The same question once more.
          repo.git('reset', '--quiet', '--hard', from);
          repo.git('update-ref', 'refs/belay/decision/main', version);
        }
        assert.ok(killed >= 1, String(killed));
      }),
    );
  }
});
