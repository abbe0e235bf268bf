import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { takeCheckpoint } from '../../src/checkpoint/take';
import { addWorktree } from '../../src/fanout/newWorktree';
import { readPin } from '../../src/fanout/pin';
import { Git } from '../../src/git/git';
import type { Worktree } from '../../src/git/worktree';
import { syncWorktree } from '../../src/sync/sync';
import { ask as askPerson } from '../../src/decisions/decide';
import { ownComparison } from '../../src/refs/transaction';
import { claim, session } from '../support/leases';
import type { TestRepo } from '../support/repo';
import { plainFetch, Upstream } from '../sync/upstream';
import { who } from '../fanout/support';
import { restore } from '../../src/restore/restore';

/** One way in which an operation really fails for a reason that sends a person to the doctor. */
export interface DeadEnd {
  readonly what: string;
  /** Brings it about. @returns the worktree to work in, where it is not the repository's own. */
  readonly harm: (repo: TestRepo) => Promise<Worktree | undefined> | Worktree | undefined;
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
function put(repo: TestRepo, name: string, content: string, seconds = 0): undefined {
  const file = path.join(repo.commonDir, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
  const then = Date.now() / 1000 - seconds;
  fs.utimesSync(file, then, then);
  return undefined;
}

function head(repo: TestRepo): string {
  return `${repo.git('rev-parse', 'HEAD')}\n`;
}

async function restoreFirst(repo: TestRepo, worktree: Worktree): Promise<unknown> {
  const target = (await repo.checkpoint({ session: 'one', always: true })).checkpoint;
  repo.write('a.txt', `${process.hrtime.bigint()}`);
  return restore(worktree, target, { session: 'person', agent: 'editor', include: 'all' });
}

/** A question is put to the person about this worktree. */
async function ask(repo: TestRepo, worktree: Worktree): Promise<unknown> {
  const oid = repo.git('rev-parse', 'HEAD');
  const question = {
    worktree: worktree.key,
    branch: 'refs/heads/main',
    case: 'external_reset',
    from: oid,
    to: oid,
    pin: undefined,
    backups: [],
    dropped: [],
    checkpoint: undefined,
    sessions: [],
    why: 'To see what happens.',
  } as const;
  return askPerson(worktree, ownComparison, question, []);
}

function behind(repo: TestRepo): void {
  Upstream.of(repo).push({ 'a.txt': 'theirs', 'new.txt': 'new' });
}

/** By the reason of the failure; `unexpected` is what has none. */
export const deadEnds: Readonly<Record<string, readonly DeadEnd[]>> = {
  lease_unreadable: [
    {
      what: 'garbage in a session’s lease',
      harm: (repo) => put(repo, 'refs/belay/lease/session/s1', 'no id\n'),
      act: checkpoint,
      finding: /lease\/session\/s1 cannot be read/,
    },
    {
      what: 'a lease that names a commit of the user’s',
      harm: async (repo) => {
        await claim(repo, session('s1'), 'me');
        repo.git('update-ref', 'refs/belay/lease/session/s1', 'HEAD');
        return undefined;
      },
      act: checkpoint,
      finding: /lease\/session\/s1 names .* no record of its kind/,
    },
  ],
  ref_unreadable: [
    {
      what: 'garbage in a decision',
      harm: (repo) => put(repo, 'refs/belay/decision/main', ''),
      act: restoreFirst,
      finding: /decision\/main cannot be read/,
    },
    {
      what: 'a decision that names a commit of the user’s',
      harm: (repo) => put(repo, 'refs/belay/decision/main', head(repo)),
      act: restoreFirst,
      finding: /decision\/main names .* no record of its kind/,
    },
    {
      what: 'a decision that is symbolic',
      harm: (repo) => put(repo, 'refs/belay/decision/main', 'ref: refs/heads/main\n'),
      act: restoreFirst,
      finding: /decision\/main is symbolic: it stands for refs\/heads\/main/,
    },
    {
      what: 'a pin that names a tree',
      harm: (repo) => put(repo, 'refs/belay/pin/sprint', `${repo.git('rev-parse', 'HEAD^{tree}')}\n`),
      act: (_, worktree) =>
        readPin(worktree, 'sprint').catch((thrown: unknown) => {
          // Mended, it is merely not there any more.
          assert.ok(thrown instanceof Error && 'reason' in thrown);
          if (thrown.reason !== 'unknown_pin') {
            throw thrown;
          }
        }),
      finding: /pin\/sprint names the tree/,
    },
  ],
  publish_failed: [
    {
      what: 'a lock that was left on the index',
      harm: (repo) => {
        behind(repo);
        return put(repo, 'index.lock', '', 100);
      },
      act: sync,
      finding: /^index has been locked for \d+ seconds; a git that was killed/,
    },
    {
      what: 'a lock that was left on the branch',
      harm: (repo) => {
        behind(repo);
        return put(repo, 'refs/heads/main.lock', '', 100);
      },
      act: sync,
      finding: /^refs\/heads\/main has been locked for \d+ seconds; a git that was killed/,
    },
  ],
  backup_failed: [
    {
      what: 'a lock that was left on the question',
      harm: (repo) => put(repo, 'refs/belay/decision/main.lock', '', 100),
      act: ask,
      finding: /decision\/main has been locked/,
    },
  ],
  git_failed: [
    {
      what: 'a reference in the place of a folder of references',
      harm: (repo) => put(repo, 'refs/belay/shadow', head(repo)),
      act: checkpoint,
      finding: /^refs\/belay\/shadow stands in the way/,
    },
    {
      what: 'references in the place of a reference',
      harm: (repo) => put(repo, 'refs/belay/session/s1/deeper', head(repo)),
      act: checkpoint,
      finding: /session\/s1\/deeper stands in the way/,
    },
    {
      what: 'something that is no reference in the place of one',
      harm: (repo) => put(repo, 'refs/belay/session/s1/..what', 'x'),
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
        return undefined;
      },
      act: checkpoint,
      finding: /Nothing can be written to \d+ folders/,
    },
    {
      what: 'an index that is damaged',
      harm: (repo) => put(repo, 'index', 'no index'),
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
        return undefined;
      },
      act: checkpoint,
      finding: /missing or damaged: .*/,
    },
  ],
  git_timeout: [
    {
      what: 'a git that does not come back',
      harm: async (repo) => {
        const binary = repo.script(
          'git',
          '#!/bin/sh\ncase " $* " in *" status "*) sleep 30;; esac\nexec git "$@"\n',
        );
        return repo.open(new Git({ binary, timeLimit: 2_000 }));
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
        return undefined;
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
      harm: (repo) => put(repo, 'belay/restore', 'not a folder'),
      act: restoreFirst,
      finding: /belay\/restore .* is no folder/,
    },
  ],
};
