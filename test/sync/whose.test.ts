import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { readDecision } from '../../src/decisions/read';
import type { SyncOutcome } from '../../src/sync/syncOutcome';
import { syncWorktree } from '../../src/sync/sync';
import { importCommit, type Files } from '../support/importing';
import { inRepo, referencesAsFiles, type TestRepo } from '../support/repo';
import { sized } from '../support/size';
import { lines, Watch } from './support';
import { asking, plainFetch } from './upstream';

/** Whose the commit is that the upstream may have and remove: it is on top of what both had from the beginning. */
const whose = ['theirs', 'in my name', 'committed', 'picked', 'rebased', 'applied', 'unpushed'] as const;
/** What tells of it: git's logs; Belay's record alone; this sync, which sees the upstream before it fetches; nothing. */
const told = ['logs', 'record', 'this sync', 'nothing'] as const;
/** What the upstream does: go on, go back, put another commit there, put the same change there as another commit, go. */
const rewrites = ['goes on', 'takes it back', 'replaces it', 'amends it', 'is deleted'] as const;

type Whose = (typeof whose)[number];
type Told = (typeof told)[number];
type Rewrite = (typeof rewrites)[number];

/**
 * `forward`, `ahead`: as ever. `left out`: not in the branch any more, named, and in the backup. `asked`: nothing is changed.
 * `on top`: put onto the upstream. `held there`: the upstream has the change, so the branch is where the upstream is.
 */
type Ending = 'forward' | 'ahead' | 'left out' | 'asked' | 'on top' | 'held there' | 'gone';

type Row = Readonly<Record<Told, Ending>>;

const always = (ending: Ending): Row => ({
  logs: ending,
  record: ending,
  'this sync': ending,
  nothing: ending,
});

/** What came from there: without logs, its committer's name is all that tells that it was not made here. */
const theirs: Readonly<Record<Rewrite, Row>> = {
  'goes on': always('forward'),
  'takes it back': { ...always('left out'), nothing: 'asked' },
  'replaces it': { ...always('left out'), nothing: 'asked' },
  'amends it': { ...always('left out'), nothing: 'held there' },
  'is deleted': always('gone'),
};

/** What was made here and pushed. Where nothing tells of a push, it looks like what was not pushed yet. */
const pushed: Readonly<Record<Rewrite, Row>> = {
  'goes on': always('forward'),
  'takes it back': { ...always('asked'), nothing: 'ahead' },
  'replaces it': always('asked'),
  'amends it': always('held there'),
  'is deleted': always('gone'),
};

const table: Readonly<Record<Whose, Readonly<Record<Rewrite, Row>>>> = {
  theirs,
  'in my name': {
    ...theirs,
    'takes it back': { ...theirs['takes it back'], record: 'asked', nothing: 'ahead' },
    'replaces it': { ...theirs['replaces it'], record: 'asked' },
    'amends it': { ...theirs['amends it'], record: 'held there' },
  },
  committed: pushed,
  picked: pushed,
  rebased: pushed,
  applied: pushed,
  unpushed: {
    'goes on': { ...always('on top'), nothing: 'asked' },
    'takes it back': always('ahead'),
    'replaces it': { ...always('on top'), nothing: 'asked' },
    'amends it': always('held there'),
    'is deleted': always('gone'),
  },
};

const change: Files = { 'key.pem': 'SECRET' };
const subject = 'Adds a key';

/** A clone of an upstream with the commit in it, and what the upstream had without it. */
class Situation {
  readonly bare: string;
  /** What both have from the beginning. */
  readonly base: string;
  /** The commit that this is about. */
  readonly commit: string;

  constructor(
    private readonly repo: TestRepo,
    private readonly of: Whose,
  ) {
    this.bare = path.join(repo.base, 'upstream.git');
    git(repo.base, 'clone', '--quiet', '--bare', repo.folder, this.bare);
    this.base = git(this.bare, 'rev-parse', 'main');
    if (of === 'theirs' || of === 'in my name') {
      this.put(this.imported(of === 'theirs' ? 'A Colleague <c@example.org>' : undefined));
    }
    fs.rmSync(repo.folder, { recursive: true });
    git(repo.base, 'clone', '--quiet', this.bare, repo.folder);
    this.make();
    this.commit = repo.git('rev-parse', 'HEAD');
    if (!['theirs', 'in my name', 'unpushed'].includes(of)) {
      repo.git('push', '--quiet', 'origin', 'main');
    }
  }

  private make(): void {
    const { repo } = this;
    switch (this.of) {
      case 'theirs':
      case 'in my name':
        return;
      case 'unpushed':
      case 'committed':
        repo.write('key.pem', 'SECRET');
        repo.git('add', '--all');
        repo.git('commit', '--quiet', '-m', subject);
        return;
      case 'picked':
        repo.git('cherry-pick', this.aside());
        return;
      case 'applied': {
        const mail = repo.gitBytes(['format-patch', '--stdout', '-1', this.aside()]);
        repo.gitBytes(['am', '--quiet'], mail);
        return;
      }
      case 'rebased': {
        const other = this.aside();
        repo.git('checkout', '--quiet', '-B', 'main', other);
        repo.git('rebase', '--quiet', '--force-rebase', this.base);
        repo.git('branch', '--quiet', '--set-upstream-to=origin/main');
        return;
      }
    }
  }

  /** A colleague's commit of the same change that is on no branch. */
  private aside(): string {
    return this.imported('A Colleague <c@example.org>', this.repo.folder);
  }

  private imported(who?: string, folder = this.bare): string {
    const made = importCommit(folder, { parents: [this.base], files: change, message: `${subject}\n` });
    if (who === undefined) {
      return made;
    }
    const text = git(folder, 'cat-file', 'commit', made).replace(/^(author|committer) .*>/gm, `$1 ${who}`);
    return execFileSync('git', ['hash-object', '-t', 'commit', '-w', '--stdin'], {
      cwd: folder,
      input: `${text}\n`,
      encoding: 'utf8',
    }).trim();
  }

  put(to: string): void {
    git(this.bare, 'update-ref', 'refs/heads/main', to);
  }

  /** @returns what the upstream is at. */
  rewrite(how: Rewrite): string | undefined {
    const parents = how === 'goes on' ? [git(this.bare, 'rev-parse', 'main')] : [this.base];
    switch (how) {
      case 'goes on':
      case 'replaces it':
        this.put(importCommit(this.bare, { parents, files: { 'new.txt': 'new' }, message: 'New' }));
        break;
      case 'amends it':
        this.put(importCommit(this.bare, { parents, files: change, message: 'Adds a key, in better words' }));
        break;
      case 'takes it back':
        this.put(this.base);
        break;
      case 'is deleted':
        git(this.bare, 'update-ref', '-d', 'refs/heads/main');
        return undefined;
    }
    return git(this.bare, 'rev-parse', 'main');
  }
}

function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

function forgetLogs(repo: TestRepo): void {
  repo.git('config', 'core.logAllRefUpdates', 'false');
  fs.rmSync(path.join(repo.gitDir, 'logs'), { recursive: true });
}

async function run(repo: TestRepo, of: Whose, by: Told, how: Rewrite): Promise<void> {
  const situation = new Situation(repo, of);
  const worktree = await repo.worktree();
  if (by === 'record' || by === 'nothing') {
    forgetLogs(repo);
  }
  if (by === 'record') {
    await syncWorktree(worktree, plainFetch, asking);
  }
  const upstream = situation.rewrite(how);
  if (by !== 'this sync') {
    repo.tryGit('fetch', '--quiet');
  }
  const watch = new Watch(repo, by !== 'nothing' && by !== 'record');
  const outcome = await syncWorktree(worktree, plainFetch, asking);
  assert.equal(endingOf(outcome, situation, upstream), table[of][how][by], JSON.stringify(outcome));
  const has = lines(repo.git('rev-list', 'HEAD')).includes(situation.commit);
  switch (table[of][how][by]) {
    case 'left out':
      assert.deepEqual(
        outcome.leftOut,
        [{ commit: situation.commit, subject, backup: outcome.backup }],
        'named, and where it is',
      );
      assert.equal(repo.git('rev-parse', outcome.backup ?? ''), situation.commit);
      assert.equal(repo.git('rev-parse', 'HEAD'), upstream);
      assert.equal(fs.existsSync(repo.at('key.pem')), how === 'amends it');
      break;
    case 'asked': {
      assert.ok(has);
      const decision = await readDecision(worktree, worktree.key);
      assert.match(
        decision?.why ?? '',
        new RegExp(`1 commit \\(${situation.commit.slice(0, 10)} ${subject}\\)`),
      );
      break;
    }
    case 'forward':
    case 'ahead':
    case 'gone':
      assert.ok(has);
      break;
    case 'on top':
      assert.equal(repo.git('rev-parse', 'HEAD~1'), upstream);
      break;
    case 'held there':
      assert.equal(repo.git('rev-parse', 'HEAD'), upstream);
      assert.deepEqual(outcome.leftOut, []);
      break;
  }
  assert.equal(repo.git('status', '--porcelain'), '');
  watch.tidy();
}

function endingOf({ case: what, leftOut, to }: SyncOutcome, situation: Situation, upstream?: string): Ending {
  switch (what) {
    case 'fast_forwarded':
      return 'forward';
    case 'local_ahead':
      return 'ahead';
    case 'diverged_held':
      return 'asked';
    case 'upstream_gone':
      return 'gone';
    case 'diverged_rebased':
      return leftOut.length > 0 ? 'left out' : to === upstream ? 'held there' : 'on top';
    case 'up_to_date':
    case 'diverged_recovered_by_reset':
    case 'not_fetched':
    case 'no_upstream':
    case 'in_progress':
    case 'detached':
      return assert.fail(`${what} of ${situation.commit}`);
  }
}

const all = whose.flatMap((of) => told.flatMap((by) => rewrites.map((how) => `${of}/${by}/${how}`)));
/** A short run has one of each ending that is not as ever. */
const some: ReadonlySet<string> = new Set(
  sized({
    long: all,
    short: [
      'theirs/logs/replaces it',
      'in my name/this sync/takes it back',
      'theirs/nothing/replaces it',
      'committed/record/replaces it',
    ],
  }),
);

describe('sync: whose the commits were that the upstream has no more', () => {
  it('has a row for each commit, each way to know of it, and each rewrite', () => {
    const rows = Object.entries(table).flatMap(([of, ways]) =>
      Object.entries(ways).flatMap(([how, row]) => Object.keys(row).map((by) => `${of}/${by}/${how}`)),
    );
    assert.deepEqual(rows.sort(), [...all].sort());
  });

  for (const of of whose) {
    for (const by of told) {
      for (const how of rewrites.filter((one) => some.has(`${of}/${by}/${one}`))) {
        it(
          `${of}, told by ${by}: the upstream ${how}: ${table[of][how][by]}`,
          // Only as files can logs be taken away with every git.
          inRepo(
            (repo) => run(repo, of, by, how),
            by === 'logs' || by === 'this sync' ? {} : referencesAsFiles,
          ),
        );
      }
    }
  }
});
