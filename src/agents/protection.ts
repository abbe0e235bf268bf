import * as v from 'valibot';
import { BelayError } from '../errors';
import { GitError } from '../git/errors';
import type { Worktree } from '../git/worktree';
import type { Protection } from './hookSettings';

const protection = v.picklist(['ask', 'refuse']);

/** What the repository's configuration says now about dangerous git commands of agents, by the command's name. */
export async function readProtections(worktree: Worktree): Promise<ReadonlyMap<string, Protection>> {
  const args = ['config', '-z', '--get-regexp', '^belay\\.protect\\.'];
  const { exitCode, stdout, stderr } = await worktree.git.run({
    args,
    cwd: worktree.root,
    answers: [1, 128],
  });
  if (exitCode === 128) {
    throw new GitError('other', 'config --get-regexp', stderr);
  }
  // The last one that is said of a command holds, as with all of git's settings.
  const last = new Map(
    stdout
      .toString('utf8')
      .split('\0')
      .map((entry) => {
        const [name = '', value = ''] = entry.split('\n');
        return [name.slice('belay.protect.'.length), value.toLowerCase()] as const;
      }),
  );
  return new Map(
    [...last].flatMap(([verb, value]) => {
      const parsed = v.safeParse(protection, value);
      return parsed.success ? [[verb, parsed.output] as const] : [];
    }),
  );
}

/**
 * Writes it into the repository's own configuration, which all of its worktrees share. Where a wider configuration says
 * otherwise, `cover` is written out; else the entry goes.
 * @throws BelayError `publish_failed` while another git has the configuration locked.
 */
export async function setProtection(worktree: Worktree, verb: string, wanted: Protection): Promise<void> {
  const name = `belay.protect.${verb}`;
  if (wanted !== 'cover') {
    await write(worktree, ['--replace-all', name, wanted]);
    return;
  }
  await write(worktree, ['--unset-all', name]);
  if ((await readProtections(worktree)).has(verb)) {
    await write(worktree, ['--replace-all', name, wanted]);
  }
}

async function write(worktree: Worktree, args: readonly string[]): Promise<void> {
  // 5: there was nothing to unset (git-config(1)).
  const { exitCode, stderr } = await worktree.git.run({
    args: ['config', '--local', ...args],
    cwd: worktree.root,
    answers: [5, 128, 255],
  });
  if (exitCode !== 0 && exitCode !== 5) {
    throw /could not lock config file/.test(stderr)
      ? new BelayError('publish_failed', `The setting could not be written: ${stderr.trim()}`)
      : new GitError('other', 'config --local', stderr);
  }
}
