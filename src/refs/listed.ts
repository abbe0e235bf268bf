import type { StoredObject } from '../git/plumbing';
import type { Worktree } from '../git/worktree';

/** A reference as git lists it. */
export interface ListedRef {
  readonly ref: string;
  readonly oid: string;
  /** The reference that it leads to; empty where it leads to none. */
  readonly target: string;
}

/**
 * The references that match any of these patterns, in the order of their names; without a pattern, all.
 * @param broken hears of one that is there and holds no value, which is not listed.
 * @throws GitError.
 */
export async function listRefs(
  { git, root }: Worktree,
  patterns: readonly string[],
  broken: (ref: string) => void = () => undefined,
): Promise<ListedRef[]> {
  const { stdout, stderr } = await git.run({
    args: ['for-each-ref', '--format=%(objectname) %(refname) %(symref)', '--', ...patterns],
    cwd: root,
  });
  for (const [, ref = ''] of stderr.matchAll(/ broken ref (\S+)$/gm)) {
    broken(ref);
  }
  return stdout
    .toString('utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([oid = '', ref = '', target = '']) => (ref === '' ? [] : [{ ref, oid, target }]));
}

/** As {@link listRefs}, each with what it names; undefined: that object is not there. */
export async function listRefObjects(
  worktree: Worktree,
  patterns: readonly string[],
  broken?: (ref: string) => void,
): Promise<(ListedRef & { readonly object: StoredObject | undefined })[]> {
  const refs = await listRefs(worktree, patterns, broken);
  const objects = refs.length === 0 ? [] : await worktree.plumbing.objects(refs.map(({ oid }) => oid));
  return refs.map((listed, index) => ({ ...listed, object: objects[index] }));
}
