import path from 'node:path';
import { gitDirOf, type Worktree } from '../git/worktree';
import { listWorktrees } from '../git/worktreeList';
import { reach, type Graph } from './ancestry';

/** How many steps of the logs are searched, the latest ones of each. */
const stepLimit = 20_000;

/** What git's logs of this repository's own branches and HEADs tell of commits. */
export interface LocalLogs {
  /** Those that a step of making a commit is told of. */
  readonly made: ReadonlySet<string>;
  /** Those that came with a clone, or by going to what a remote had. */
  readonly came: ReadonlySet<string>;
}

/**
 * Asks git's logs which of these commits were made here, and which came.
 * @param remote The branch's own, by whose name its branches are told.
 */
export async function readLocalLogs(
  worktree: Worktree,
  among: Graph,
  remote: string | undefined,
): Promise<LocalLogs> {
  const text = await worktree.git.text({
    args: [
      'log',
      '--walk-reflogs',
      `--max-count=${stepLimit}`,
      '--format=%gD %H %gs',
      ...(await headNames(worktree)),
      '--branches',
      '--',
    ],
    cwd: worktree.root,
  });
  const made = new Set<string>();
  const came = new Set<string>();
  const steps = text.split('\n').flatMap((line) => {
    const [, log = '', oid = '', how = ''] = /^(.*?)@\{[^}]*\} ([0-9a-f]{40,64}) (.*)$/.exec(line) ?? [];
    return oid === '' ? [] : [{ log, oid, how }];
  });
  for (const [at, { log, oid, how }] of steps.entries()) {
    const kind = among.has(oid) ? kindOf(how, remote) : undefined;
    if (kind === 'made') {
      made.add(oid);
    } else if (kind === 'came') {
      const before = steps[at + 1];
      const had = before?.log === log ? reach([before.oid], among) : undefined;
      reach([oid], among, had).forEach((one) => came.add(one));
    }
  }
  return { made, came };
}

/** HEAD, and what the other worktrees have checked out: commits that a rebase made there are in no branch's log. */
async function headNames(worktree: Worktree): Promise<string[]> {
  const { commonDir } = worktree.repository;
  const others = (await listWorktrees(worktree))
    .filter(({ key }) => key !== worktree.key)
    .map(({ key }) =>
      key === 'main' ? 'main-worktree/HEAD' : `worktrees/${path.basename(gitDirOf(commonDir, key))}/HEAD`,
    )
    .filter((name) => !/\s/.test(name));
  const infos = await worktree.plumbing.infos(others);
  return ['HEAD', ...others.filter((_, at) => infos[at] !== undefined)];
}

const fastForward = /: fast-forward$/i;

/** What git's own words for a step mean for the commit that it went to. They are the same in every language. */
function kindOf(how: string, remote: string | undefined): 'made' | 'came' | undefined {
  if (/^commit\b/.test(how)) {
    return 'made';
  }
  if (fastForward.test(how)) {
    const [, merged] = /^merge (\S+):/.exec(how) ?? [];
    return /^pull\b/.test(how) || isOfRemote(merged, remote) ? 'came' : undefined;
  }
  if (
    /^(?:cherry-pick|revert|am|filter-branch)\b/.test(how) ||
    /^(?:rebase|pull)\b[^:]*\((?:pick|continue|reword|edit|squash|fixup)\):/.test(how) ||
    /^rebase: /.test(how) ||
    /^(?:merge|pull)\b.*: Merge made/.test(how)
  ) {
    return 'made';
  }
  const [, gone] =
    /^(?:branch: (?:Created from|Reset to)|reset: moving to|checkout: moving from \S+ to) (\S+)$/.exec(how) ??
    [];
  return how.startsWith('clone: from ') || isOfRemote(gone, remote) ? 'came' : undefined;
}

function isOfRemote(name: string | undefined, remote: string | undefined): boolean {
  return (
    name !== undefined &&
    (/^(?:refs\/)?remotes\//.test(name) || (remote !== undefined && name.startsWith(`${remote}/`)))
  );
}
