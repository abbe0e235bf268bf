/** What a tool call may do to files: change any (`shell`, `other`), change those it names (`edit`), or none (`read`). */
export type Reach = 'shell' | 'edit' | 'read' | 'other';

/** What is taken over of a tool call. Nothing of it is stored but its name and its paths. */
export interface ToolUse {
  readonly name: string;
  readonly reach: Reach;
  /**
   * The paths that an edit names, or that an agent says a shell has changed, as the agent wrote them: relative to its folder, or
   * absolute. None when it names none.
   */
  readonly paths: readonly string[];
  /** The texts that a shell is to run: looked at to tell what they could drop, and forgotten. */
  readonly commands: readonly string[];
  /** What a call that may change anything says of folders, files and repositories: looked at to tell where it leads, and forgotten. */
  readonly places: readonly string[];
}

export type Outcome = 'ok' | 'failed' | 'interrupted';

interface Common {
  /** The agent's own id of the session. */
  readonly session: string;
  /** The sub-agent at work, by the agent's own id. */
  readonly task: string | undefined;
  /** The folder that the agent works in, which the payload says: a hook's own may be another one. */
  readonly cwd: string;
  /** More folders that it works in, absolute, where the payload names several. */
  readonly alsoIn?: readonly string[];
}

/** What an agent told by a hook, in Belay's own words. */
export type AgentEvent =
  | (Common & { readonly kind: 'session_started' | 'session_resumed' | 'session_ended' })
  /** `told` is the agent's own name of the event, where an answer must repeat it and it is not the usual one. */
  | (Common & { readonly kind: 'before_tool'; readonly tool: ToolUse; readonly told?: string })
  | (Common & { readonly kind: 'after_tool'; readonly tool: ToolUse; readonly outcome: Outcome })
  | (Common & { readonly kind: 'turn_ended'; readonly outcome: Outcome })
  /** A person has sent a prompt that is not empty. Nothing of its text is taken over. */
  | (Common & { readonly kind: 'prompted' })
  /** `child` is the session of its own that some agents give a sub-agent, or the task's id. */
  | (Common & { readonly kind: 'subagent_started' | 'subagent_ended'; readonly child: string });

export type Before = Extract<AgentEvent, { readonly kind: 'before_tool' }>;
export type After = Extract<AgentEvent, { readonly kind: 'after_tool' }>;

export type EventKind = AgentEvent['kind'];
