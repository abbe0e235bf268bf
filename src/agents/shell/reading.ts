import type { Findable } from './find';

/** Stands in a word for what cannot be told. */
export const unknown = '\0';
/** One program that a text runs. */
export interface Run {
  /** As it is named. */
  readonly program: string;
  readonly args: readonly string[];
  /** The folder that it runs in; undefined where words do not tell. */
  readonly cwd: string | undefined;
  /** Variables, with those that stand before the program alone. */
  readonly variables: ReadonlyMap<string, string>;
  /** Whether `*` takes names that begin with a dot. */
  readonly dots: boolean;
}

/** Code that an interpreter is given. */
export interface Code {
  readonly text: string;
  readonly cwd: string | undefined;
}

/** Where a text is run. */
export interface Place {
  /** Absolute. */
  readonly cwd: string;
  /** The top of its worktree and its git dirs: what git would say of them. Undefined outside of any. */
  readonly top: string | undefined;
  readonly gitDir: string | undefined;
  readonly commonDir: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Files that a search may come upon, of those that matter. */
  readonly findable: readonly Findable[];
}

/** What a text runs; `unread` are the parts of it that are no shell text, or too much. */
export interface Reading {
  readonly runs: readonly Run[];
  readonly code: readonly Code[];
  readonly unread: readonly string[];
}
