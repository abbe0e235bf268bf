import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type { Worktree } from '../git/worktree';
import type { Refusal } from './adapter';
import type { AgentEvent } from './event';
import { folderWords, protectWords } from './hookMessages';
import { gitFolderProtectionOf, protectionOf } from './hookSettings';
import type { Worktrees } from './places';
import { aliasesOf, namesCommit } from './shell/aliases';
import { findDangers, type Where } from './shell/dangers';
import { mayRemove } from './shell/gitFolder';

/**
 * What the settings `belay.protect.*` keep of a call for a person: a courtesy to those who set them, no wall. What words do not say
 * (a script, a name that is computed) goes through, and is covered as every call is.
 * @throws GitError
 */
export async function protectedFrom(
  worktrees: Worktrees,
  { tool, cwd }: Extract<AgentEvent, { readonly kind: 'before_tool' }>,
): Promise<Refusal | undefined> {
  const { home } = worktrees;
  const guards = home !== undefined && [...home.config].some(isGuarded);
  const texts = tool.commands.filter((text) => (guards && mayRunGit(text)) || mayRemove(text));
  if (texts.length === 0) {
    return undefined;
  }
  const dangers = await findDangers(texts, await whereOf(home, cwd), {
    aliases: async () => (home !== undefined && guards ? aliasesOf(home) : new Map()),
    namesCommit: async (folder, name) =>
      home === undefined ||
      !guards ||
      protectionOf(home, 'checkout') === 'cover' ||
      (await isCommit(home, folder, name)),
  });
  const kept = [...dangers.verbs].flatMap((verb) => {
    const protection = home === undefined ? 'cover' : protectionOf(home, verb);
    return protection === 'cover' ? [] : [{ protection, reason: protectWords(verb, protection) }];
  });
  if (dangers.gitDir !== undefined) {
    const own =
      dangers.gitDir === home?.repository.commonDir ? home : await worktrees.at(path.dirname(dangers.gitDir));
    const protection = own === undefined ? 'ask' : gitFolderProtectionOf(own);
    if (protection !== 'cover') {
      kept.push({ protection, reason: folderWords(protection) });
    }
  }
  const [first] = [...kept.filter(({ protection }) => protection === 'refuse'), ...kept];
  return first === undefined
    ? undefined
    : { kind: first.protection === 'refuse' ? 'deny' : 'ask', reason: first.reason };
}

function isGuarded([name, value]: readonly [string, string]): boolean {
  return /^belay\.protect\.(?!gitfolder$)/.test(name) && /^(?:ask|refuse)$/i.test(value);
}

/** Whether a text could run git: what hides its name from this is made readable by nobody but a program. */
function mayRunGit(text: string): boolean {
  return /git|base64|\\x|\$'/i.test(text) || /git/i.test(text.replace(/["'\\]/g, ''));
}

async function whereOf(home: Worktree | undefined, cwd: string): Promise<Where> {
  return {
    cwd: await realpath(cwd).catch((thrown: unknown) => whenMissing(thrown, cwd)),
    home:
      home === undefined
        ? undefined
        : { top: home.root, gitDir: home.gitDir, commonDir: home.repository.commonDir },
    environment: process.env,
  };
}

function whenMissing(thrown: unknown, cwd: string): string {
  if (thrown instanceof Error && 'syscall' in thrown) {
    return cwd;
  }
  throw thrown;
}

/** A folder that git cannot be asked in has no branches. */
async function isCommit(home: Worktree, folder: string, name: string): Promise<boolean> {
  try {
    return await namesCommit(home, folder, name);
  } catch (thrown) {
    if (thrown instanceof Error) {
      return false;
    }
    throw thrown;
  }
}
