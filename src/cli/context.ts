import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { BelayError } from '../errors';
import type { Git } from '../git/git';
import { parsePathText, pathFromText, type GitPath } from '../git/path';
import { openAnyWorktree, type AnyWorktree } from '../git/anyWorktree';
import { closeWorktree, type Worktree } from '../git/worktree';
import type { ExitCode } from '../reasons';
import type { Shape } from './shapes';
import { answerText, lines } from './text';

/** The options that every command takes. */
export interface CommonOptions {
  readonly cwd?: string;
  readonly json?: boolean;
  /** The tokens of the leases under which the command writes. */
  readonly lease?: readonly string[];
}

/** One run of a command: where it stands, what it prints, and what ends it early. */
export interface Context {
  readonly git: Git;
  readonly folder: string;
  readonly json: boolean;
  readonly leases: readonly string[];
  readonly signal: AbortSignal;
  /** Text is made inert; bytes are printed unchanged: a patch, or what is inert already. */
  readonly print: (text: string | Buffer) => void;
  readonly warn: (text: string) => void;
  /** Ends the command with this code although it has printed its answer: 1 when something is left to do, 3 when something failed. */
  readonly exit: (code: ExitCode) => void;
  /** The worktree that the folder lies in. @throws NoWorktreeHere, which names those that there are. */
  readonly worktree: () => Promise<Worktree>;
  /**
   * Any worktree of the repository, for what concerns the repository alone: the folder's own, else another that is there.
   * @param but The key of one that it is not to be if there is another.
   */
  readonly anyWorktree: (but?: string) => Promise<AnyWorktree>;
  /** Says what was noticed on the way, and lets the git processes of the worktree end, if one was opened. */
  readonly close: () => Promise<void>;
}

export function makeContext(
  git: Git,
  options: CommonOptions,
  streams: Pick<Context, 'print' | 'warn' | 'exit'>,
  signal: AbortSignal,
): Context {
  const folder = path.resolve(options.cwd ?? '.');
  let opened: Promise<AnyWorktree> | undefined;
  const anyWorktree = (but?: string): Promise<AnyWorktree> => (opened ??= openAnyWorktree(git, folder, but));
  return {
    git,
    folder,
    json: options.json === true,
    leases: givenLeases(options),
    signal,
    ...streams,
    worktree: async () => {
      const { worktree, elsewhere } = await anyWorktree();
      if (elsewhere !== undefined) {
        throw elsewhere;
      }
      return worktree;
    },
    anyWorktree,
    close: async () => {
      await opened?.then(({ worktree }) => {
        for (const notice of worktree.notices.take()) {
          streams.warn(`belay: warning: ${notice}`);
        }
        closeWorktree(worktree);
      }, failedToOpen);
    },
  };
}

/** The tokens that the command line names, else the one that the environment hands down to an agent's tools. */
function givenLeases({ lease }: CommonOptions): readonly string[] {
  const inherited = process.env['BELAY_LEASE']?.trim() ?? '';
  return lease !== undefined && lease.length > 0 ? lease : inherited === '' ? [] : [inherited];
}

/** The command has failed with the same error already. */
function failedToOpen(): void {
  return;
}

/** Prints a value as JSON, or lets `people` print it. */
export function answer(context: Context, value: unknown, people: () => string): void {
  context.print(context.json ? answerText(value) : people());
}

/** Prints a list as JSON, or a line for each; `none` where it is empty. */
export function answerList<T>(
  context: Context,
  items: readonly T[],
  { none, shape, line }: { none: string; shape: (item: T) => Shape; line: (item: T) => string },
): void {
  const rows = items.map((item) => shape(item));
  answer(context, rows, () => lines(...(items.length === 0 ? [none] : items.map((item) => line(item)))));
}

/**
 * A path from the command line, which is relative to the folder the command runs in, as git names it; where that lies in no
 * worktree, relative to the top of any. Names that are not UTF-8 can be given in git's quoted form.
 * @throws BelayError `invalid_path` when it lies outside the worktree.
 */
export async function pathArgument(context: Context, text: string): Promise<GitPath> {
  const { worktree, elsewhere } = await context.anyWorktree();
  const root = await realpath(worktree.root);
  const folder = elsewhere === undefined ? await realpath(context.folder) : root;
  const name = path.isAbsolute(text)
    ? pathFromText(path.relative(root, text).replaceAll(path.sep, '/'))
    : path.posix.join(
        pathFromText(path.relative(root, folder).replaceAll(path.sep, '/')),
        parsePathText(text),
      );
  if (name === '..' || name.startsWith('../') || path.isAbsolute(name)) {
    throw new BelayError('invalid_path', `${text} lies outside the worktree ${worktree.root}.`);
  }
  return name === '' ? '.' : name.replace(/\/$/, '');
}
