import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Worktree } from '../../src/git/worktree';
import { BelayError } from '../../src/errors';
import { Git } from '../../src/git/git';
import { addWorktree } from '../../src/fanout/newWorktree';
import { claim, session } from '../support/leases';
import { diagnose, repair } from '../../src/doctor/diagnose';
import { askAbout } from '../support/question';
import { inRepo, type TestRepo } from '../support/repo';
import { fixCommand, type Finding } from '../../src/doctor/finding';
import { plainFetch, Upstream } from '../sync/upstream';
import { readPin } from '../../src/fanout/pin';
import { isReason, nextInEditor, reasons } from '../../src/reasons';
import { restore } from '../../src/restore/restore';
import { sized } from '../support/size';
import { spawnSync } from 'node:child_process';
import { syncWorktree } from '../../src/sync/sync';
import { takeCheckpoint } from '../../src/checkpoint/take';
import { who } from '../fanout/support';

/** One way in which an operation really fails for a reason that sends a person to the doctor. */
interface DeadEnd {
  readonly what: string;
  /** Brings it about. */
  readonly harm: (repo: TestRepo) => Promise<void> | void;
  /** The git to work with, where it is not the person's own. */
  readonly git?: (repo: TestRepo) => Git;
  /** Fails for the reason after the harm, and goes through once it is mended. */
  readonly act: (repo: TestRepo, worktree: Worktree) => Promise<unknown>;
  /** What the doctor's finding says. */
  readonly finding: RegExp;
  /** Where no command that a test can run mends it. */
  readonly byHand?: true;
}

const checkpoint = (repo: TestRepo, worktree: Worktree): Promise<unknown> => {
  repo.write('work.txt', `${process.hrtime.bigint()}\n`);
  return takeCheckpoint(worktree, { session: 's1', agent: 'test' });
};

const sync = (_: TestRepo, worktree: Worktree): Promise<unknown> => syncWorktree(worktree, plainFetch, who);

/** Something in the place of a file of git's. */
function put(repo: TestRepo, name: string, content: string, seconds = 0): void {
  const file = path.join(repo.commonDir, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
  const then = Date.now() / 1000 - seconds;
  fs.utimesSync(file, then, then);
}

function head(repo: TestRepo): string {
  return `${repo.git('rev-parse', 'HEAD')}\n`;
}

async function restoreFirst(repo: TestRepo, worktree: Worktree): Promise<unknown> {
  const target = (await repo.checkpoint({ session: 'one', always: true })).checkpoint;
  repo.write('a.txt', `${process.hrtime.bigint()}`);
  return restore(worktree, target, { session: 'person', agent: 'editor', include: 'all' });
}

function behind(repo: TestRepo): void {
  Upstream.of(repo).push({ 'a.txt': 'theirs', 'new.txt': 'new' });
}

/** Those that are tried in another file, and why. */
const elsewhere = { references_locked: 'needs a git with reftable; test/git/newest.test.ts' };

/** By the reason of the failure; `unexpected` is what has none. */
const deadEnds: Readonly<Record<string, readonly DeadEnd[]>> = {
  lease_unreadable: [
    {
      what: 'garbage in a session’s lease',
      harm: (repo) => {
        put(repo, 'refs/belay/lease/session/s1', 'no id\n');
      },
      act: checkpoint,
      finding: /lease\/session\/s1 cannot be read/,
    },
    {
      what: 'a lease that names a commit of the user’s',
      harm: async (repo) => {
        await claim(repo, session('s1'), 'me');
        repo.git('update-ref', 'refs/belay/lease/session/s1', 'HEAD');
      },
      act: checkpoint,
      finding: /lease\/session\/s1 names a commit that is no record of its kind/,
    },
  ],
  ref_unreadable: [
    {
      what: 'garbage in a decision',
      harm: (repo) => {
        put(repo, 'refs/belay/decision/main', '');
      },
      act: restoreFirst,
      finding: /decision\/main cannot be read/,
    },
    {
      what: 'a decision that names a commit of the user’s',
      harm: (repo) => {
        put(repo, 'refs/belay/decision/main', head(repo));
      },
      act: restoreFirst,
      finding: /decision\/main names a commit that is no record of its kind/,
    },
    {
      what: 'a decision that is symbolic',
      harm: (repo) => {
        put(repo, 'refs/belay/decision/main', 'ref: refs/heads/main\n');
      },
      act: restoreFirst,
      finding: /decision\/main leads to the reference refs\/heads\/main/,
    },
    {
      what: 'a pin that names a tree',
      harm: (repo) => {
        put(repo, 'refs/belay/pin/sprint', `${repo.git('rev-parse', 'HEAD^{tree}')}\n`);
      },
      act: (_, worktree) =>
        readPin(worktree, 'sprint').catch((thrown: unknown) => {
          // Mended, it is merely not there any more.
          assert.ok(thrown instanceof Error && 'reason' in thrown);
          if (thrown.reason !== 'unknown_pin') {
            throw thrown;
          }
        }),
      finding: /pin\/sprint names a tree/,
    },
  ],
  question_unreadable: [
    {
      what: 'garbage in what is remembered of a question',
      harm: (repo) => {
        put(repo, 'belay/questions/main/0123abcd-4567.json', 'no question\n');
      },
      act: restoreFirst,
      finding: /remembered of a question about the worktree main cannot be read/,
    },
  ],
  publish_failed: [
    {
      what: 'a lock that was left on the index',
      harm: (repo) => {
        behind(repo);
        put(repo, 'index.lock', '', 100);
      },
      act: sync,
      finding: /^index has been locked for \d+ seconds; a git that was killed/,
    },
    {
      what: 'a lock that was left on the branch',
      harm: (repo) => {
        behind(repo);
        put(repo, 'refs/heads/main.lock', '', 100);
      },
      act: sync,
      finding: /^refs\/heads\/main has been locked for \d+ seconds; a git that was killed/,
    },
  ],
  backup_failed: [
    {
      what: 'a lock that was left on the question',
      harm: (repo) => {
        put(repo, 'refs/belay/decision/main.lock', '', 100);
      },
      act: askAbout,
      finding: /decision\/main has been locked/,
    },
  ],
  git_failed: [
    {
      what: 'a reference in the place of a folder of references',
      harm: (repo) => {
        put(repo, 'refs/belay/shadow', head(repo));
      },
      act: checkpoint,
      finding: /^refs\/belay\/shadow is no name that Belay uses/,
    },
    {
      what: 'references in the place of a reference',
      harm: (repo) => {
        put(repo, 'refs/belay/session/s1/deeper', head(repo));
      },
      act: checkpoint,
      finding: /session\/s1\/deeper is no name that Belay uses/,
    },
    {
      what: 'something that is no reference in the place of one',
      harm: (repo) => {
        put(repo, 'refs/belay/session/s1/..what', 'x');
      },
      act: checkpoint,
      finding: /session\/s1\/\.\.what .*(?:nothing that git knows|cannot be read)/,
    },
    {
      what: 'an object store that cannot be written',
      harm: (repo) => {
        for (let byte = 0; byte < 256; byte += 1) {
          const folder = path.join(repo.commonDir, 'objects', byte.toString(16).padStart(2, '0'));
          if (!fs.existsSync(folder)) {
            fs.writeFileSync(folder, '');
          }
        }
      },
      act: checkpoint,
      finding: /Nothing can be written to \d+ folders/,
    },
    {
      what: 'an index that is damaged',
      harm: (repo) => {
        put(repo, 'index', 'no index');
      },
      act: (_, worktree) => worktree.git.run({ args: ['ls-files'], cwd: worktree.root }),
      finding: /The index of this worktree cannot be read/,
    },
    {
      what: 'an object that is damaged, of which a remote has another',
      harm: (repo) => {
        Upstream.of(repo);
        const oid = repo.git('rev-parse', 'HEAD^{tree}');
        const file = path.join(repo.commonDir, 'objects', oid.slice(0, 2), oid.slice(2));
        fs.chmodSync(file, 0o600);
        fs.writeFileSync(file, '');
      },
      act: checkpoint,
      finding: /missing or damaged: .*/,
    },
  ],
  git_timeout: [
    {
      what: 'a git that does not come back',
      harm: () => undefined,
      git: (repo) => {
        const text = '#!/bin/sh\ncase " $* " in *" status "*) sleep 30;; esac\nexec git "$@"\n';
        return new Git({ binary: repo.script('git', text), timeLimit: 2_000 });
      },
      act: checkpoint,
      finding: /did not say within 2 seconds what differs here/,
      byHand: true,
    },
  ],
  half_filled: [
    {
      what: 'a worktree whose .git file is gone',
      harm: (repo) => {
        const root = path.join(repo.base, 'linked', 'half');
        repo.git('worktree', 'add', '--quiet', '-b', 'half', root);
        fs.rmSync(path.join(root, '.git'));
      },
      act: (repo, worktree) => {
        const commit = repo.git('rev-parse', 'HEAD');
        const wanted = { root: path.join(repo.base, 'linked', 'half'), branch: 'half' };
        return addWorktree(worktree, { commit, ref: undefined }, wanted, who);
      },
      finding: /The worktree half .* is not complete/,
    },
  ],
  unexpected: [
    {
      what: 'a file in the place of a folder of Belay’s',
      harm: (repo) => {
        put(repo, 'belay/restore', 'not a folder');
      },
      act: restoreFirst,
      finding: /belay\/restore .* is no folder/,
    },
  ],
};

async function reasonOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (thrown: unknown) => (thrown instanceof BelayError ? thrown.reason : `unexpected: ${String(thrown)}`),
  );
}

/** Does what a finding says: the doctor's own repair, or the command in it. */
async function follow(repo: TestRepo, worktree: Worktree, said: string): Promise<void> {
  if (said.startsWith(fixCommand)) {
    await repair(worktree);
    return;
  }
  const command = said.replace(/^Make sure that no git is running, then: /, '').replace(/ {3}\(.*$/, '');
  const { status, stderr } = spawnSync('sh', ['-c', command], { cwd: repo.base, encoding: 'utf8' });
  assert.equal(status, 0, `${command}: ${stderr}`);
}

describe('the doctor: every dead end has a finding, and what it says mends it', function () {
  this.timeout(120_000);

  it('all reasons that send a person there are tried', () => {
    const sending = Object.entries(reasons).flatMap(([reason, { next }]) =>
      next.includes('doctor') ? [reason] : [],
    );
    const tried = [...Object.keys(deadEnds), ...Object.keys(elsewhere)];
    assert.deepEqual(tried.toSorted(), [...sending, 'unexpected'].toSorted());
    const inEditor = Object.keys(reasons).filter(
      (reason) => isReason(reason) && /health check to see/.test(nextInEditor(reason)),
    );
    assert.deepEqual(inEditor.toSorted(), sending.filter((reason) => reason !== 'half_filled').toSorted());
  });

  it('all other sentences that send a person there are known', () => {
    const saying = fs
      .readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.startsWith('doctor') && file !== 'reasons.ts')
      .filter((file) =>
        /['`][^'`\n]*(?:belay doctor(?! \$)|[Tt]he (?:doctor|health check) (?:names|to))[^'`\n]*['`]/.test(
          fs.readFileSync(path.join('src', file), 'utf8'),
        ),
      );
    // Each of them is about a reference, a lock or a file below Belay's own folder, of which a row of the table has one.
    assert.deepEqual(saying.toSorted(), [
      'checkpoint/attempts.ts',
      'cli/lease.ts',
      'cli/program.ts',
      'cli/session.ts',
      'connect/connectionWords.ts',
      'sync/reset.ts',
      'ui/features/worktrees/outcomeWords.ts',
    ]);
  });

  for (const [reason, ends] of Object.entries(deadEnds)) {
    // One of each kind, unless there is time.
    for (const { what, harm, git, act, finding, byHand } of ends.slice(
      0,
      sized({ short: 2, long: ends.length }),
    )) {
      it(
        `${reason}: ${what}`,
        inRepo(async (repo) => {
          await harm(repo);
          const worktree = git === undefined ? await repo.worktree() : await repo.open(git(repo));
          const failed = await reasonOf(act(repo, worktree));
          assert.ok(failed.startsWith(reason), `${what}: ${failed}`);
          const isIt = ({ level, message }: Finding): boolean => level === 'problem' && finding.test(message);
          const before = await diagnose(worktree);
          const found = before.find(isIt);
          assert.ok(found, before.map(({ message }) => message).join('\n'));
          assert.ok(found.fix !== undefined, `${found.message} says what to do`);
          if (byHand === true) {
            return;
          }
          await follow(repo, worktree, found.fix);
          const after = await diagnose(worktree);
          assert.equal(after.find(isIt), undefined, 'it is gone');
          assert.equal(await reasonOf(act(repo, worktree)), 'none', 'and the operation goes through');
        }),
      );
    }
  }
});
