import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isAtLeast, readGitVersion } from '../../src/git/version';
import { treeMerger, type ThreeTrees } from '../../src/sync/mergeTrees';
import { TestRepo } from '../support/repo';
import { medians, ms, output, ratio, table } from './measure';

const merges = 20;
/** Of a checkpoint, and of a person who removes the backups of a month. */
const referenceCounts = [1, 3, 32] as const;

/** What a newer git than the oldest one saves, where the one on the PATH has it. */
export async function benchOffers(rounds: number): Promise<void> {
  await benchMerges(rounds);
  await benchSyncs();
}

/** A rebase of many commits: a process for each, or one for all. */
async function benchMerges(rounds: number): Promise<void> {
  const repo = TestRepo.create();
  try {
    const worktree = await repo.worktree();
    const version = await readGitVersion(worktree.git, worktree.root);
    const trees = Array.from({ length: merges }, (_, index): ThreeTrees => {
      const tree = (file: string): string => {
        repo.write(file, `${index}\n`);
        repo.git('add', '--all');
        return repo.git('write-tree');
      };
      const base = repo.git('write-tree');
      const ours = tree(`ours-${index}.txt`);
      repo.git('read-tree', base);
      return { base, ours, theirs: tree(`theirs-${index}.txt`) };
    });
    const run = (count: number) => async (): Promise<void> => {
      const merge = await treeMerger(worktree, count);
      for (const three of trees) {
        await merge(three);
      }
      worktree.plumbing.close();
    };
    const times = await medians(
      [
        { name: 'each', run: run(1) },
        { name: 'together', run: run(merges) },
      ],
      rounds,
    );
    const [each = NaN, together = NaN] = [times.get('each'), times.get('together')];
    const has = isAtLeast(version, [2, 49]);
    table(
      `${merges} merges of a rebase, git ${version.text}`,
      ['', 'time', 'ratio'],
      [
        ['a process for each', ms(each), ratio(each, each)],
        [has ? 'one for all' : 'one for all: git 2.49 or newer', ms(together), ratio(together, each)],
      ],
    );
  } finally {
    repo.dispose();
  }
}

/** How often git waits for the disk in one transaction of so many references. */
async function benchSyncs(): Promise<void> {
  const rows: string[][] = [];
  for (const format of ['files', 'reftable']) {
    const folder = mkdtempSync(path.join(tmpdir(), 'belay-offers-'));
    try {
      const inside = { cwd: folder, env: { ...process.env, GIT_DEFAULT_REF_FORMAT: format } };
      await output('git', ['init', '--quiet'], inside);
      const given = (
        await output('git', ['config', '--default=files', 'extensions.refStorage'], inside)
      ).trim();
      const who = ['-c', 'user.name=b', '-c', 'user.email=b@invalid'];
      await output('git', [...who, 'commit', '--quiet', '--allow-empty', '--message=c'], inside);
      const counted = referenceCounts.map((count) => syncsOf(folder, count));
      rows.push(given === format ? [format, ...counted] : [`${format}: not in this git`, '-', '-', '-']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  table(
    'Syncs of the disk in one transaction',
    ['', ...referenceCounts.map((count) => `${count} references`)],
    rows,
  );
}

/** As git counts them; `?` for one that does not. */
function syncsOf(folder: string, count: number): string {
  const trace = path.join(folder, `trace-${count}`);
  const creates = Array.from({ length: count }, (_, index) => `create refs/belay/n${count}/${index} HEAD\n`);
  execFileSync('git', ['-c', 'core.fsync=reference', 'update-ref', '--stdin'], {
    cwd: folder,
    env: { ...process.env, GIT_TRACE2_EVENT: trace },
    input: creates.join(''),
  });
  const flushes = /"name":"hardware-flush","count":(\d+)/.exec(readFileSync(trace, 'utf8'));
  return flushes?.[1] ?? '?';
}
