import { defaultNetworkLimits } from '../../../src/network/networkOutcome';
import { Network } from '../../../src/network/network';
import { Git } from '../../../src/git/git';
import { closeWorktree, openWorktree } from '../../../src/git/worktree';

/** A process of its own that fetches: `worker <folder> <remote> <limit in ms>`. Prints the outcome. */
async function main([folder = '', remote = '', limit = '']: readonly string[]): Promise<void> {
  const worktree = await openWorktree(new Git(), folder);
  const network = new Network({ limits: { ...defaultNetworkLimits, timeLimit: Number(limit) } });
  const outcome = await network.fetch(worktree, remote, { explicit: true });
  console.log(JSON.stringify(outcome));
  closeWorktree(worktree);
}

void main(process.argv.slice(2));
