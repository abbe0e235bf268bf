import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { whenMissing } from '../git/diskErrors';
import { worktreeKey, type Worktree } from '../git/worktree';
import { keptRef } from '../refs/names';

/**
 * What is named, by its name: `refs/heads/…` and `refs/tags/…` by the reference, `stash/<id>` an entry of the stash, which has no
 * name but its own id, `worktree/<key>` what a worktree has checked out. Names are bytes, one character each, as a branch may be
 * called anything; the values are ids of objects, tags not peeled.
 */
export type Names = ReadonlyMap<string, string>;

/** What the references name at one time. */
export interface Listing {
  readonly names: Names;
  /** The names of references that git cannot read: that is not the same as gone. */
  readonly unreadable: ReadonlySet<string>;
  /** Where {@link keptRef} is. */
  readonly kept: string | undefined;
  /** Whether that leads to another reference, which none of Belay's does. */
  readonly keptLeads: boolean;
}

export const stashRef = 'refs/stash';

/**
 * Lists the local branches, the tags, every entry of the stash (dropping one of them may move no reference) and every worktree's
 * HEAD. Two git processes side by side; one where there is no stash, and none was `expected`. HEADs are asked of the
 * process that reads objects anyway.
 * @throws GitError when git cannot list them.
 */
export async function listNames(worktree: Worktree, expected: { readonly stash: boolean }): Promise<Listing> {
  const early = expected.stash ? listStash(worktree) : undefined;
  const [{ stdout, stderr }, heads, stash] = await Promise.all([
    worktree.git.run({
      args: [
        'for-each-ref',
        '--format=%(objectname) %(refname) %(symref)',
        'refs/heads/',
        'refs/tags/',
        stashRef,
        keptRef,
      ],
      cwd: worktree.root,
    }),
    headsOf(worktree),
    early,
  ]);
  const names = new Map(heads);
  let [kept, hasStash]: [string | undefined, boolean] = [undefined, false];
  let keptLeads = false;
  for (const line of stdout.toString('latin1').split('\n')) {
    const [oid = '', name = '', target = ''] = line.split(' ');
    if (name === keptRef) {
      kept = oid;
      keptLeads = target !== '';
    } else if (name === stashRef) {
      hasStash = true;
    } else if (name !== '') {
      names.set(name, oid);
    }
  }
  for (const oid of stash ?? (hasStash ? await listStash(worktree) : [])) {
    names.set(`stash/${oid}`, oid);
  }
  const broken = [...stderr.matchAll(/broken ref (\S+)/g)].map(([, name = '']) => name);
  return { names, unreadable: new Set(broken), kept, keptLeads };
}

/** The entries of the stash, the newest first. A pattern, since git would fail for a name that is not there. */
export async function listStash(worktree: Worktree): Promise<string[]> {
  const { stdout } = await worktree.git.run({
    args: ['log', '--walk-reflogs', '-z', '--format=%H', '--glob=refs/stas[h]'],
    cwd: worktree.root,
  });
  return stdout
    .toString('latin1')
    .split('\0')
    .filter((oid) => oid !== '');
}

/** git reads any worktree's HEAD by these names in all of them (git-worktree(1), "REFS"). */
async function headsOf(worktree: Worktree): Promise<Map<string, string>> {
  const { commonDir } = worktree.repository;
  const folders = await readdir(path.join(commonDir, 'worktrees')).catch(whenMissing([]));
  const asked = [
    { key: 'main', name: 'main-worktree/HEAD' },
    ...folders.map((folder) => ({
      key: worktreeKey(commonDir, path.join(commonDir, 'worktrees', folder)),
      name: `worktrees/${folder}/HEAD`,
    })),
  ].filter(({ name }) => !/\s/.test(name));
  const infos = await worktree.plumbing.infos(asked.map(({ name }) => name));
  return new Map(
    asked.flatMap(({ key }, at): [string, string][] => {
      const info = infos[at];
      return info === undefined ? [] : [[`worktree/${key}`, info.oid]];
    }),
  );
}
