import path from 'node:path';
import { hookCommand } from './hookCommand';

/** The person's side of it: whose home, and which environment tells where agents keep their configuration. */
export interface PersonalPlaces {
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Where one agent is told about hooks, and in which form. What goes where, in which unit, was observed with the real programs. */
export interface Installation {
  /** Its programs, by their names on PATH. */
  readonly programs: readonly string[];
  /** How its processes are called while it works; none where a process says nothing about the agent. */
  readonly processes: readonly string[];
  /** The folder of its hook files in a worktree, with slashes. */
  readonly project: string;
  /** The folder of its hook files in the person's home. */
  readonly user: (places: PersonalPlaces) => string;
  /** Its own folder in the person's home, which shows that it was used; undefined where that would show nothing. */
  readonly home: ((places: PersonalPlaces) => string) | undefined;
  /** Its hook files, which call the hook with the agent's name. */
  readonly files: (agent: string) => readonly AgentFile[];
  /** Started in a subfolder of the worktree, it still loads the project's hooks (observed). */
  readonly fromSubfolders: boolean;
}

/** A hook file: an agent's JSON that Belay adds entries to, or a file that is wholly Belay's. */
export type AgentFile =
  { readonly name: string; readonly json: JsonHooks } | { readonly name: string; readonly own: OwnText };

/** How an agent's JSON names hooks: `{...head, "hooks": {EVENT: [entry, ...]}}`. */
export interface JsonHooks {
  /** What the file must hold besides the hooks. */
  readonly head: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
  /** Those of them that every release has entered. */
  readonly first: readonly string[];
  readonly entry: (event: string) => Readonly<Record<string, unknown>>;
  /** The list of hooks inside an entry, for agents that group them; undefined where an entry is one hook. */
  readonly group: 'hooks' | undefined;
  /** The key of the command in a hook. */
  readonly key: 'command' | 'bash';
  /** Whether a command is Belay's. */
  readonly isOurs: (command: string) => boolean;
}

export interface OwnText {
  readonly text: string;
  /** A line that only Belay's has, however a person edits the rest. */
  readonly mark: string;
  readonly executable: boolean;
  /** What earlier releases have written there, and which events each lacks. */
  readonly earlier: ReadonlyMap<string, readonly string[]>;
}

/** So long an agent waits for a hook: well above what the hook gives itself (belay.hookTimeout). */
export const hookTimeoutSeconds = 30;

/** The events of claude that those who took over its hooks have in common. */
export const commonHooks = [
  'SessionStart',
  'PreToolUse',
  'PostToolUse',
  'Stop',
  'SubagentStart',
  'SubagentStop',
];

/**
 * The events that an agent is connected for: those that its adapter reads, and no more, since each costs its user time. Those
 * that came later stand apart: a connection made before works without them, and its entries are left unchanged, since some
 * agents trust an entry by its exact text.
 */
interface Events {
  readonly first: readonly string[];
  readonly later: readonly string[];
}

/** A file whose entries hold a list of hooks, in the shape that claude has made common. */
export function groupedHooks(
  agent: string,
  name: string,
  { first, later }: Events,
  options: { readonly matcher?: string; readonly unitsPerSecond?: number } = {},
): AgentFile {
  const { unitsPerSecond = 1, ...matcher } = options;
  const command = hookCommand(agent);
  const entry = {
    ...matcher,
    hooks: [{ type: 'command', command, timeout: hookTimeoutSeconds * unitsPerSecond }],
  };
  const isOurs = (found: string): boolean => found === command;
  const events = [...first, ...later];
  return {
    name,
    json: { head: {}, events, first, entry: () => entry, group: 'hooks', key: 'command', isOurs },
  };
}

/** A file whose entries are one hook each. */
export function flatHooks(
  agent: string,
  name: string,
  { first, later }: Events,
  key: JsonHooks['key'],
  entry: JsonHooks['entry'],
): AgentFile {
  const events = [...first, ...later];
  const own = new Set([hookCommand(agent), ...events.map((event) => hookCommand(agent, event))]);
  const isOurs = (command: string): boolean => own.has(command);
  return { name, json: { head: { version: 1 }, events, first, entry, group: undefined, key, isOurs } };
}

/** A folder in the person's home, or the one that an environment variable names instead. */
export function homeFolder(name: string, variable?: string): (places: PersonalPlaces) => string {
  return ({ home, environment }) => {
    const given = variable === undefined ? '' : (environment[variable] ?? '');
    return given === '' ? path.join(home, name) : given;
  };
}
