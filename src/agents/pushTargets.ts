import type { Worktree } from '../git/worktree';
import type { Danger } from './destructive';

/** What a push may take: branches and tags of a remote. */
export interface PushTarget {
  /** Its name here, or a URL. */
  readonly remote: string;
  /** Whether the repository has a remote of that name: what only the words of a call say may be anything. */
  readonly configured: boolean;
  /** Full names of branches and tags over there; undefined: any that it has. */
  readonly references: readonly string[] | undefined;
}

/** So many branches and tags of a remote are looked at, of those that one call names. */
const referenceLimit = 50;

/** What the pushes of a call may take, as their words say it. */
export async function pushTargets(worktree: Worktree, dangers: readonly Danger[]): Promise<PushTarget[]> {
  const pushes = dangers.filter(({ drops }) => drops.includes('remote'));
  if (pushes.length === 0) {
    return [];
  }
  const remotes = new Set(await remoteNames(worktree));
  const own = await ownTarget(worktree);
  return pushes.flatMap(({ names, options }): PushTarget[] => {
    // What stands before the name of a remote belongs to an option.
    const at = Math.max(
      0,
      names.findIndex((name) => remotes.has(name)),
    );
    const [remote = own.remote, ...refspecs] = names.slice(at);
    if (remote === undefined) {
      return [];
    }
    const target = { remote, configured: remotes.has(remote) };
    if (options.some((option) => /^--(?:mirror|prune|all|branches|tags)$/.test(option))) {
      return [{ ...target, references: undefined }];
    }
    const named = refspecs.flatMap((spec) => destinationsOf(spec, own.head));
    if (named.includes('any')) {
      return [{ ...target, references: undefined }];
    }
    const references = named.length > 0 ? named : [own.branch ?? own.head].flatMap((name) => name ?? []);
    return references.length === 0 ? [] : [{ ...target, references: references.slice(0, referenceLimit) }];
  });
}

/** The full names that a refspec may write to: a short one may be a branch's or a tag's. */
function destinationsOf(spec: string, head: string | undefined): string[] {
  const [from = '', to = from] = spec.replace(/^\+/, '').split(':');
  if (to === '' || to.includes('*')) {
    return ['any'];
  }
  if (to === 'HEAD' || to === '@') {
    return head === undefined ? [] : [head];
  }
  if (!usable.test(to)) {
    return [];
  }
  return to.startsWith('refs/') ? [to] : [`refs/heads/${to}`, `refs/tags/${to}`];
}

const usable = /^\w[\w./@{}~^+#%=,-]{0,199}$/;

async function remoteNames(worktree: Worktree): Promise<string[]> {
  const text = await worktree.git.text({ args: ['remote'], cwd: worktree.root });
  return text.split('\n').filter((name) => name !== '');
}

/** Where a push of the branch that is checked out goes without being told. */
async function ownTarget(worktree: Worktree): Promise<{
  /** The full name of that branch. */
  readonly head: string | undefined;
  readonly remote: string | undefined;
  readonly branch: string | undefined;
}> {
  const { git, root: cwd } = worktree;
  const args = ['rev-parse', '--symbolic-full-name', 'HEAD'];
  const head = (await git.text({ args, cwd, answers: [128] })).trim();
  if (!head.startsWith('refs/heads/')) {
    return { head: undefined, remote: undefined, branch: undefined };
  }
  const format = '%(push:remotename)%00%(push:remoteref)%00%(upstream:remotename)%00%(upstream:remoteref)';
  const line = await git.text({ args: ['for-each-ref', `--format=${format}`, head], cwd });
  const [remote, branch, upstream, followed] = line.trimEnd().split('\0');
  return { head, remote: remote || upstream || 'origin', branch: branch || followed || undefined };
}
