import path from 'node:path';
import { fanOut } from '../../src/fanout/fanout';
import { CountedNetwork, git, linkBranch, pinTo, who } from '../fanout/support';
import { TestRepo } from '../support/repo';
import { Upstream } from '../sync/upstream';
import { goal, medians, ms, output, ratio, table } from './measure';

const files = 500;

/**
 * A pin that is set and brought to so many worktrees, against a shell loop that has each fetch and reset: which saves nothing
 * that is in them first. Each round begins with one new commit upstream.
 */
export async function benchFanOut(counts: readonly number[], rounds: number): Promise<void> {
  const rows: string[][] = [];
  let most = 0;
  for (const count of counts) {
    const repo = TestRepo.create();
    try {
      for (let file = 0; file < files; file += 1) {
        repo.write(`many/${file}.txt`, `${file}\n`);
      }
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=Many files');
      const upstream = Upstream.of(repo);
      const roots = Array.from({ length: count }, (_, index) => linkBranch(repo, `w${index}`));
      const worktree = await repo.worktree();
      const keys = roots.map((root) => path.basename(root));
      const push = (round: number): void => {
        upstream.push({ 'many/0.txt': `${round} ${Math.random()}\n` });
      };
      let fetches = 0;
      const times = await medians(
        [
          {
            name: 'loop',
            prepare: push,
            run: async () => {
              for (const root of roots) {
                await output('git', ['-C', root, 'fetch', '--quiet', 'origin']);
                await output('git', ['-C', root, 'reset', '--quiet', '--hard', 'origin/main']);
              }
            },
          },
          {
            name: 'belay',
            prepare: push,
            run: async () => {
              const network = new CountedNetwork();
              const pin = await pinTo(worktree, 'origin/main', { fetch: true, network });
              const outcomes = await fanOut(worktree, pin, [{ repository: worktree, keys }], network, who);
              fetches = network.asked.length;
              if (
                outcomes.some(({ head }) => head !== pin.commit) ||
                git(roots[0] ?? '', 'rev-parse', 'HEAD') !== pin.commit
              ) {
                throw new Error(`Not all are on the pin: ${JSON.stringify(outcomes)}`);
              }
            },
          },
        ],
        rounds,
      );
      most = Math.max(most, fetches);
      const loop = times.get('loop');
      const belay = times.get('belay');
      rows.push([String(count), ms(loop), ms(belay), ratio(belay, loop), String(count), String(fetches)]);
    } finally {
      repo.dispose();
    }
  }
  table(
    'Worktrees to one commit: pin, checkpoint, move and look, against a loop of fetch and reset (median, ms)',
    ['worktrees', 'loop', 'Belay', 'ratio', 'fetches of the loop', 'of Belay'],
    rows,
  );
  goal('one fetch for each object store', most === 1, `${most}`);
}
