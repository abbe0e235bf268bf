import type { Worktree } from '../git/worktree';
import type { FetchLimits, NotFetched, ObjectFetcher } from './request';

/** How often what is still missing is asked for: trees first, then what they name. Without trees, a folder's depth each. */
const rounds = 64;

/** How many objects are asked for at once; each is an argument of git's. */
const atOnce = 1_000;

/** Commits whose files are about to be merged or written. */
export interface Needed {
  /** Whom to ask, where it is one that promised; else the first that did. */
  readonly remote: string | undefined;
  /** The commit to go to. */
  readonly target: string;
  /** What `local` and the target have both grown from, where they have gone different ways. */
  readonly base: string | undefined;
  /** The commit whose files are here. */
  readonly local: string;
}

/**
 * Brings here what a partial clone lacks of some commits' files: those that differ from the files of `local`. Everything
 * that follows then works without the network, which git would otherwise use for one file after the other, unbounded and
 * with the worktree half moved. In a clone that holds everything it asks nobody.
 * @returns how the fetch ended, when something is still missing.
 */
export async function completeContents(
  worktree: Worktree,
  fetcher: ObjectFetcher,
  needed: Needed,
  limits: FetchLimits,
): Promise<NotFetched | undefined> {
  const promisors = await promisorsOf(worktree);
  const [first] = promisors;
  if (first === undefined) {
    return undefined;
  }
  const remote = needed.remote !== undefined && promisors.includes(needed.remote) ? needed.remote : first;
  let missing = await missingOf(worktree, needed);
  for (let round = 1; missing.length > 0; round += 1) {
    if (round > rounds) {
      return notDone(`${missing.length} of the objects that are needed did not come from ${remote}.`);
    }
    for (let begin = 0; begin < missing.length; begin += atOnce) {
      const objects = missing.slice(begin, begin + atOnce);
      const fetched = await fetcher.fetch(worktree, remote, { ...limits, objects });
      if (fetched.kind === 'not_done') {
        return fetched;
      }
    }
    const still = await missingOf(worktree, needed);
    if (still.length === missing.length && still.every((oid, index) => oid === missing[index])) {
      return notDone(`${still.length} of the objects that are needed did not come from ${remote}.`);
    }
    missing = still;
  }
  return undefined;
}

function notDone(words: string): NotFetched {
  return { kind: 'not_done', reason: 'failed', message: words };
}

/** The remotes that have promised what this clone lacks; none in a clone that holds everything. */
async function promisorsOf(worktree: Worktree): Promise<string[]> {
  const output = await worktree.git.run({
    args: ['config', '-z', '--type=bool', '--get-regexp', '^remote\\..*\\.promisor$'],
    cwd: worktree.root,
    answers: [1],
  });
  return output.stdout
    .toString('utf8')
    .split('\0')
    .map((entry) => /^remote\.(.*)\.promisor\ntrue$/s.exec(entry)?.[1])
    .filter((name) => name !== undefined);
}

/**
 * Looks without fetching (`--missing=print`, git-rev-list(1)): each object of these commits' files that is not here. Older
 * contents than the commits' own are not needed, and neither is what `local` has as well.
 */
async function missingOf(worktree: Worktree, { target, base, local }: Needed): Promise<string[]> {
  const missing = new Set<string>();
  for (const revisions of [[target, `^${local}`], ...(base === undefined ? [] : [[base]])]) {
    const text = await worktree.git.text({
      args: ['rev-list', '--objects', '--missing=print', '--max-count=1', ...revisions, '--'],
      cwd: worktree.root,
    });
    for (const line of text.split('\n').filter((found) => found.startsWith('?'))) {
      missing.add(line.slice(1));
    }
  }
  return [...missing].sort();
}
