import * as v from 'valibot';
import { BelayError } from '../errors';
import { GitError } from '../git/errors';
import type { Worktree } from '../git/worktree';
import { gitFolderSetting, type Protection } from './hookSettings';

const protection = v.picklist(['ask', 'refuse']);

/** As git gives the name of a setting, and what is said of it. */
const gitFolderName = gitFolderSetting.toLowerCase();
const allowed = v.picklist(['allow', 'cover']);

/**
 * What the repository's configuration says now about dangerous git commands of agents, by the command's name; under
 * {@link gitFolderSetting}, about the removal of its git dir. What is not in it is as it is without a setting.
 */
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
    [...last].flatMap(([verb, value]): (readonly [string, Protection])[] => {
      if (verb === gitFolderName) {
        const known = v.is(allowed, value) ? 'cover' : v.is(protection, value) ? value : undefined;
        return known === undefined ? [] : [[gitFolderSetting, known]];
      }
      const parsed = v.safeParse(protection, value);
      return parsed.success ? [[verb, parsed.output]] : [];
    }),
  );
}

/**
 * Writes it into the repository's own configuration, which all of its worktrees share. Where a wider configuration says
 * otherwise, what holds without a setting is written out; else the entry goes.
 * @throws BelayError `publish_failed` while another git has the configuration locked.
 */
export async function setProtection(worktree: Worktree, verb: string, wanted: Protection): Promise<void> {
  const name = `belay.protect.${verb}`;
  const value = verb === gitFolderSetting && wanted === 'cover' ? 'allow' : wanted;
  if (wanted !== withoutSetting(verb)) {
    await write(worktree, ['--replace-all', name, value]);
    return;
  }
  await write(worktree, ['--unset-all', name]);
  if ((await readProtections(worktree)).has(verb)) {
    await write(worktree, ['--replace-all', name, value]);
  }
}

/** What becomes of a command, or of the removal of the git dir, where nothing is set. */
export function withoutSetting(verb: string): Protection {
  return verb === gitFolderSetting ? 'ask' : 'cover';
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
