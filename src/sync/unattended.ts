import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { hasCode, isMissing } from '../git/diskErrors';
import type { Worktree } from '../git/worktree';
import { headerOf } from './committer';

/**
 * Why these commits are not to be made anew without a person: a signature would be lost with it, or a hook of theirs may forbid
 * it. Belay signs nothing, and runs no hooks.
 * @param rewritten The commits that would be.
 * @returns a sentence; undefined where nothing speaks against it.
 */
export async function whyNotUnattended(
  worktree: Worktree,
  rewritten: readonly string[],
): Promise<string | undefined> {
  const hook = await preRebaseHook(worktree);
  if (hook !== undefined) {
    return `The hook ${hook} may forbid a rebase, and Belay runs no hooks.`;
  }
  if (rewritten.length === 0) {
    return undefined;
  }
  const signed = await firstSigned(worktree, rewritten);
  if (signed !== undefined) {
    return `${signed.slice(0, 10)} is signed, and its signature would be lost: Belay signs nothing.`;
  }
  return (await signsCommits(worktree))
    ? 'commit.gpgSign asks for signed commits, and Belay signs nothing.'
    : undefined;
}

/** Whether `commit.gpgSign` is set. */
export async function signsCommits(worktree: Worktree): Promise<boolean> {
  const output = await worktree.git.run({
    args: ['config', '--type=bool', '--get', 'commit.gpgSign'],
    cwd: worktree.root,
    answers: [1],
  });
  return output.stdout.toString('ascii').trim() === 'true';
}

async function firstSigned(worktree: Worktree, oids: readonly string[]): Promise<string | undefined> {
  const objects = await worktree.plumbing.objects(oids);
  return oids.find((_, at) => {
    const content = objects[at]?.content;
    return content !== undefined && /^gpgsig(?:-sha256)? /m.test(headerOf(content));
  });
}

/** The person's hook that git-rebase(1) asks before it begins, if there is one that it would run. */
async function preRebaseHook(worktree: Worktree): Promise<string | undefined> {
  const file = path.join(await hooksFolder(worktree), 'pre-rebase');
  try {
    await access(file, constants.X_OK);
    return file;
  } catch (thrown) {
    if (isMissing(thrown) || hasCode(thrown, 'EACCES')) {
      return undefined;
    }
    throw thrown;
  }
}

/** Where the person's own git looks for hooks: Belay's calls of git have another setting (git/environment.ts). */
async function hooksFolder(worktree: Worktree): Promise<string> {
  const output = await worktree.git.run({
    args: ['config', '-z', '--show-scope', '--get-all', 'core.hooksPath'],
    cwd: worktree.root,
    answers: [1],
  });
  const fields = output.stdout.toString('utf8').split('\0');
  let folder: string | undefined;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    folder = fields[at] === 'command' ? folder : fields[at + 1];
  }
  return folder === undefined
    ? path.join(worktree.repository.commonDir, 'hooks')
    : path.resolve(worktree.root, folder.replace(/^~(?=\/|$)/, homedir()));
}
