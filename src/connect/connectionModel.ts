/** Where an agent's configuration lies: in the worktree, for this repository, or in the person's home, for all of them. */
export type Level = 'project' | 'user';

/** One file that connecting or disconnecting writes, before and after. */
export interface FileChange {
  /** The agent whose file it is, by its name. */
  readonly agent: string;
  readonly level: Level;
  /** The key of the worktree that the file is in; undefined at user level. */
  readonly worktree: string | undefined;
  /** Absolute. */
  readonly file: string;
  /** Where `file` is a link in the person's home: what it leads to, which is what is written. */
  readonly real: string | undefined;
  /** Its text as it was read; undefined where there is no such file. */
  readonly before: string | undefined;
  /** Its text afterwards; undefined when the file goes away. */
  readonly after: string | undefined;
  /** Whether the file is itself a program. */
  readonly executable: boolean;
  /** What of it is Belay's doing, beyond the entries themselves: noted when it is connected, forgotten when it is not. */
  readonly made: Made | undefined;
}

/** What connecting made around its entries, so that disconnecting can take away as much. Without it less is taken away. */
export interface Made {
  /** There was no such file. */
  readonly file: boolean;
  /** Folders that were made for it, absolute, the outermost first. */
  readonly folders: readonly string[];
  /**
   * Objects and lists in the file, by their keys. `inner` is what stood between the brackets of one that was empty;
   * null: there was none.
   */
  readonly containers: readonly { readonly keys: readonly string[]; readonly inner: string | null }[];
}

/** The program in the person's home that all hooks call, before and after. */
export interface ProgramChange {
  readonly file: string;
  readonly before: string | undefined;
  readonly after: string;
}

export const obstacleReasons = [
  /** It is no text, or not in its own format. */
  'config_unreadable',
  /** It is well-formed, but not what the agent's documentation says of it. */
  'config_unexpected',
  /** A file that is not Belay's has the name that Belay's would have. */
  'config_not_ours',
  /** It is, or leads through, a symbolic link. */
  'config_link',
  /** Nobody may write it. */
  'config_read_only',
] as const;

export type ObstacleReason = (typeof obstacleReasons)[number];

/** Why an agent's file is left alone. */
export interface Obstacle {
  readonly agent: string;
  readonly file: string;
  readonly reason: ObstacleReason;
  /** What was found, in words. */
  readonly detail: string;
}

/** What connecting or disconnecting would write, before anything is written. */
export interface ConnectionPlan {
  readonly level: Level | undefined;
  readonly agents: readonly string[];
  readonly changes: readonly FileChange[];
  /** Written before all else when connecting; undefined when it is as it should be, and when disconnecting. */
  readonly program: ProgramChange | undefined;
  readonly obstacles: readonly Obstacle[];
  /** What each agent still wants of a person before it runs the hooks. */
  readonly notes: readonly AgentNote[];
}

/** What a person should know, or do, about an agent's connection. Each has its words in connect/connectionWords.ts. */
export type NoteKind =
  /** The agent runs a project's hooks only in a folder that it has been told to trust. */
  | 'wants_folder_trust'
  /** The agent runs a hook only once its exact text was approved. */
  | 'wants_hash_approval'
  /** Started in a subfolder, the agent does not load a project's hooks. */
  | 'wrong_level'
  /** Connected at both levels: each event is told twice, and counts once. */
  | 'double'
  /** Some of the entries are missing, or were changed by hand. */
  | 'partial'
  /** Connected by an earlier release: events that came later are not told. */
  | 'lacks_events'
  /** Connected in some worktrees, and not in this one. */
  | 'worktree_missing'
  /** Connected, and never heard of. */
  | 'never_heard'
  /** Whether it was heard cannot be read. */
  | 'heard_unknown'
  /** A process of the agent works in this repository, connected, and was not heard of since it started. */
  | 'not_firing'
  /** The agent's own settings switch hooks off. */
  | 'hooks_off'
  /** The program that the hooks call is gone. */
  | 'launcher_missing'
  /** Built from the agent's documentation; not tried with the real program. */
  | 'not_verified'
  /** The configuration could not be read. */
  | 'config_unreadable';

export interface AgentNote {
  readonly agent: string;
  readonly kind: NoteKind;
  /** What it is about: a file, a folder, a process; undefined when it is the agent as a whole. */
  readonly about: string | undefined;
}

/** One place where an agent's hooks are configured. */
export interface Connection {
  readonly level: Level;
  /** The key of the worktree; undefined at user level. */
  readonly worktree: string | undefined;
  readonly file: string;
  readonly state: 'connected' | 'partial' | 'unreadable';
}

/** One agent, as the Agents view and `belay agents` show it. */
export interface AgentStatus {
  readonly agent: string;
  readonly verified: boolean;
  /** The program on PATH; undefined where there is none. */
  readonly program: string | undefined;
  /** Whether this repository has traces of it: its configuration, or checkpoints of its sessions. */
  readonly used: boolean;
  readonly connections: readonly Connection[];
  /** When a hook of it last came from this repository, in milliseconds since 1970; undefined: never, or it cannot be read. */
  readonly heardAt: number | undefined;
  readonly notes: readonly AgentNote[];
}
