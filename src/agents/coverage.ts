import type { ToolUse } from './event';

/** What a tool call may change, as far as its agent tells: the rows of {@link coverage}. */
export type Field = 'read' | 'edit' | 'edit_unnamed' | 'shell' | 'other';

export type Moment = 'before' | 'after';

/** What is saved at one moment of a call, always in this order: what cannot be made good later comes first. */
export interface Coverage {
  /** What the references name. */
  readonly references: boolean;
  /** The paths that the call names, in whatever repository they lie. */
  readonly named: boolean;
  /** The other worktrees of the repository, as far as they are not as they were last seen. */
  readonly worktrees: boolean;
  /** The whole worktree that the agent works in. */
  readonly whole: boolean;
  /** Other repositories: those that the call leads into, and those below a folder that is in none. */
  readonly neighbours: boolean;
}

const nothing: Coverage = {
  references: false,
  named: false,
  worktrees: false,
  whole: false,
  neighbours: false,
};
const namedPaths: Coverage = { ...nothing, named: true };
const anything: Coverage = {
  references: true,
  named: false,
  worktrees: true,
  whole: true,
  neighbours: true,
};
const whatItLeft: Coverage = { ...anything, worktrees: false };

/**
 * What is saved before and after a call, by what it may change. Hooks act from this table alone;
 * test/agents/coverage.test.ts runs every field of it for every agent.
 */
export const coverage: Readonly<Record<Field, Readonly<Record<Moment, Coverage>>>> = {
  /** By the adapter's list of tools that only read. */
  read: { before: nothing, after: nothing },
  edit: { before: namedPaths, after: namedPaths },
  /** An edit whose argument for the path is not known may be an edit of any file. */
  edit_unnamed: { before: anything, after: whatItLeft },
  /** Some agents say which files they saw a shell change; there may be more. */
  shell: { before: anything, after: { ...whatItLeft, named: true } },
  /**
   * Tools of MCP servers, sub-agents, tools that make and remove worktrees, and whatever comes next. Few name a file of which
   * it is known that they write it: notebooks.
   */
  other: { before: { ...anything, named: true }, after: { ...whatItLeft, named: true } },
};

export function fieldOf({ reach, paths }: Pick<ToolUse, 'reach' | 'paths'>): Field {
  return reach === 'edit' && paths.length === 0 ? 'edit_unnamed' : reach;
}
