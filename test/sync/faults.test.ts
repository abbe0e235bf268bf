import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { decisionHistory, readDecision } from '../../src/decisions/read';
import { answerDecision } from '../../src/sync/answer';
import { syncWorktree } from '../../src/sync/sync';
import { bundled } from '../support/bundle';
import { TestRepo } from '../support/repo';
import { size, sized } from '../support/size';
import { faultyGit, startWorker, type Fault, type Said } from './processes';
import { Commits, status, Watch } from './support';
import { asking, plainFetch, resetting } from './upstream';

interface Scene {
  readonly name: string;
  readonly what: 'sync' | 'answer';
  readonly how: 'ask' | 'reset' | 'reset_to_upstream';
  readonly ours: Readonly<Record<string, string>>;
  readonly theirs: Readonly<Record<string, string | undefined>>;
  /** What `git status` says once all is done. */
  readonly done: readonly string[];
  readonly moves: 'forward' | 'rebase' | 'nothing' | 'reset';
}

const conflict = { 'a.txt': 'theirs', 'n/new.txt': 'theirs', 'folder/b.txt': undefined };
const mine = ['AM staged.txt', '?? untracked.txt'];

const scenes: readonly Scene[] = [
  {
    name: 'a fast-forward',
    what: 'sync',
    how: 'ask',
    ours: {},
    theirs: conflict,
    done: mine,
    moves: 'forward',
  },
  {
    name: 'a rebase',
    what: 'sync',
    how: 'ask',
    ours: { 'ours.txt': 'ours' },
    theirs: conflict,
    done: mine,
    moves: 'rebase',
  },
  {
    name: 'a question',
    what: 'sync',
    how: 'ask',
    ours: { 'a.txt': 'ours' },
    theirs: conflict,
    done: mine,
    moves: 'nothing',
  },
  {
    name: 'a reset',
    what: 'sync',
    how: 'reset',
    ours: { 'a.txt': 'ours' },
    theirs: conflict,
    done: ['?? untracked.txt'],
    moves: 'reset',
  },
  {
    name: 'an answered reset',
    what: 'answer',
    how: 'reset_to_upstream',
    ours: { 'a.txt': 'ours' },
    theirs: conflict,
    done: ['?? untracked.txt'],
    moves: 'reset',
  },
];

interface Prepared {
  readonly template: TestRepo;
  readonly ours: string;
  readonly theirs: string;
}

async function prepare(scene: Scene): Promise<Prepared> {
  const template = TestRepo.create();
  const commits = new Commits(template);
  const base = template.git('rev-parse', 'HEAD');
  const ours = Object.keys(scene.ours).length === 0 ? base : commits.make([base], scene.ours);
  const theirs = commits.make([base], scene.theirs);
  commits.follow(ours, theirs);
  template.write('staged.txt', 'staged');
  template.git('add', 'staged.txt');
  template.write('staged.txt', 'staged and edited');
  template.write('untracked.txt', 'untracked');
  await template.checkpoint();
  if (scene.what === 'answer') {
    await syncWorktree(await template.worktree(), plainFetch, asking);
  }
  return { template, ours, theirs };
}

function copyOf({ template }: Prepared): TestRepo {
  const repo = TestRepo.create({ unborn: true });
  fs.rmSync(repo.folder, { recursive: true });
  fs.cpSync(template.folder, repo.folder, {
    recursive: true,
    preserveTimestamps: true,
    verbatimSymlinks: true,
  });
  repo.git('update-index', '-q', '--refresh');
  return repo;
}

/** What must be true at any moment: whatever was dropped has its pending question, and its backup. */
async function assertAccounted(
  repo: TestRepo,
  scene: Scene,
  { ours, theirs }: Prepared,
  when: 'at once' | 'once it is answered',
): Promise<void> {
  const head = repo.git('rev-parse', 'HEAD');
  const decision = await readDecision(await repo.worktree(), 'main');
  const backups = repo.git('for-each-ref', '--format=%(objectname)', 'refs/belay/backup');
  if (scene.moves === 'reset' && head !== ours) {
    assert.equal(head, theirs);
    assert.ok(decision !== undefined, 'a reset has a decision');
    assert.ok(
      when !== 'at once' || decision.status === 'pending' || decision.answer === 'reset_to_upstream',
      'a reset is pending, or was chosen',
    );
  }
  if (scene.moves !== 'forward' && head !== ours) {
    assert.ok(backups.includes(ours), 'a backup on what was dropped');
  }
  if (scene.moves === 'nothing' || scene.moves === 'forward') {
    assert.ok([ours, theirs].includes(head));
  }
  if (decision?.status === 'pending') {
    assert.ok(decision.backups.every((ref) => backups !== '' && repo.tryGit('rev-parse', ref).code === 0));
  }
}

/** Runs it again with a git that works, and answers what waits, until all is done. */
async function goOn(repo: TestRepo, scene: Scene): Promise<void> {
  const worktree = await repo.worktree();
  for (let round = 0; round < 4; round += 1) {
    const decision = await readDecision(worktree, 'main');
    if (decision?.status === 'pending') {
      if (scene.moves === 'nothing') {
        return;
      }
      const [option = 'abort'] = decision.options.filter((one) => one !== 'keep_my_commits');
      const answer = { option, seen: decision.version, by: 'A person' };
      // One that was interrupted changes under the answer.
      await answerDecision(worktree, answer, asking).catch((thrown: unknown) => {
        assert.ok(
          thrown instanceof Error && 'reason' in thrown && thrown.reason === 'answer_refused',
          String(thrown),
        );
      });
      continue;
    }
    const again = scene.moves === 'reset' ? resetting : asking;
    const outcome = await syncWorktree(worktree, plainFetch, again);
    if (outcome.decision === undefined || scene.moves === 'nothing') {
      return;
    }
  }
}

interface Tally {
  tried: number;
  untouched: number;
  done: number;
  asked: number;
  readonly reasons: Map<string, number>;
}

async function tryOnce(
  program: string,
  prepared: Prepared,
  scene: Scene,
  fault: Fault,
  tally: Tally,
): Promise<boolean> {
  const repo = copyOf(prepared);
  try {
    const watch = new Watch(repo);
    const before = await readDecision(await repo.worktree(), 'main');
    const real = path.join(repo.git('--exec-path'), 'git');
    const faulty = faultyGit(repo.base, real, fault);
    const { what, how } = scene;
    const worker = startWorker(program, { folder: repo.folder, git: faulty.binary, what, how });
    worker.go();
    let said: Said | undefined;
    try {
      said = await worker.said;
      if (!faulty.reached()) {
        return false;
      }
      tally.tried += 1;
      await assertAccounted(repo, scene, prepared, 'at once');
      const after = await readDecision(await repo.worktree(), 'main');
      const moved = repo.git('rev-parse', 'HEAD') !== prepared.ours;
      const asksAnew = after?.status === 'pending' && after.version !== before?.version;
      const clean = repo.gitBytes(['ls-files', '-s']).equals(prepared.template.gitBytes(['ls-files', '-s']));
      if (said?.reason !== undefined) {
        tally.reasons.set(said.reason, (tally.reasons.get(said.reason) ?? 0) + 1);
      }
      if (moved) {
        tally.done += 1;
      } else if (asksAnew) {
        tally.asked += 1;
      } else if (fault.kind !== 'parent' && said?.reason !== 'move_incomplete') {
        // It was told, and nothing is changed.
        assert.ok(said?.reason !== undefined || scene.moves === 'nothing', JSON.stringify(said));
        assert.ok(clean, 'the index');
        assert.deepEqual(repo.diskEntries(), prepared.template.diskEntries(), 'the files');
        tally.untouched += 1;
      } else if (clean) {
        tally.untouched += 1;
      }
      // A killed process may leave scratch files, and a lock that it held for a moment; nothing else may get lost.
      fs.rmSync(path.join(repo.commonDir, 'belay', 'tmp'), { recursive: true, force: true });
      fs.rmSync(path.join(repo.gitDir, 'index.lock'), { force: true });
      const shadow = 'refs/belay/shadow/main/current';
      watch.nothingLost(after?.checkpoint ?? shadow);
      await goOn(repo, scene);
      await assertAccounted(repo, scene, prepared, 'once it is answered');
      assert.deepEqual(status(repo), scene.done, 'once it went on');
      // One that was interrupted and then made again has two decisions, each with the checkpoint of its own moment.
      const told = await decisionHistory(await repo.worktree(), 'main');
      watch.nothingLost(shadow, ...told.map(({ checkpoint }) => checkpoint));
      return true;
    } catch (thrown) {
      throw new Error(`${scene.name}, ${fault.kind} ${fault.at}: ${String(thrown)} ${JSON.stringify(said)}`, {
        cause: thrown,
      });
    }
  } finally {
    repo.dispose();
  }
}

describe('sync: whatever fails, it is untouched or asked about, and can go on', function () {
  this.timeout(sized({ short: 300_000, long: 0 }));
  let program = '';

  before(() => {
    program = bundled('test/sync/worker.ts');
  });

  const kinds = ['before', 'after', 'parent', 'full', 'lost', 'refused'] as const;
  for (const [place, scene] of scenes.entries()) {
    it(`${scene.name} (${kinds.length} kinds of faults)`, async () => {
      const prepared = await prepare(scene);
      const tally: Tally = { tried: 0, untouched: 0, done: 0, asked: 0, reasons: new Map() };
      try {
        for (const [number, kind] of kinds.entries()) {
          await sweep(kind, place * kinds.length + number, (fault) =>
            tryOnce(program, prepared, scene, fault, tally),
          );
        }
        const reasons = [...tally.reasons].map(([reason, count]) => `${reason} ${count}`).join(', ');
        console.log(
          `        ${tally.tried} faults: ${tally.untouched} untouched, ${tally.asked} asked about, ${tally.done} done all the same (${reasons})`,
        );
      } finally {
        prepared.template.dispose();
      }
    });
  }
});

/** Tries a kind of fault at every step until there is no such step, or in a short run half of the kinds at one in the middle. */
async function sweep(
  kind: Fault['kind'],
  number: number,
  attempt: (fault: Fault) => Promise<boolean>,
): Promise<void> {
  const inTransactions = kind === 'lost' || kind === 'refused';
  if (size === 'short') {
    if (number % 2 === 0) {
      await attempt({ kind, at: inTransactions ? 2 + (number % 3) : 18 + ((number * 7) % 24) });
    }
    return;
  }
  for (let at = 1; await attempt({ kind, at }); at += 1) {
    // Until the work has no such step any more.
  }
}
