import type { AgentEvent } from './event';

/** What a hook is given besides the payload. */
export interface HookCall {
  /** The event that the installed command names; undefined where the payload does. */
  readonly event: string | undefined;
  /** Looked at only to tell agents apart that run each other's hooks. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Why a tool call is not to run, or only once a person has agreed. */
export interface Refusal {
  readonly kind: 'deny' | 'ask';
  /** In words, for the agent: what holds it, and what it is to do. */
  readonly reason: string;
  /** The agent's own name of the event that is answered, where it is not its usual one before a tool. */
  readonly told?: string;
}

/** All that Belay knows of one kind of agent. A new agent is a file with one of these, and its recorded payloads as tests. */
export interface Adapter {
  /** Its name in checkpoints and on the command line. */
  readonly name: string;
  /** Whether it was tried with the real program; else it follows the program's documentation. */
  readonly verified: boolean;
  /** Whether its sub-agents have session ids of their own, so that it must be remembered whose they are. */
  readonly childSessions: boolean;
  /** The payload as an event; undefined for whatever is not Belay's matter. Never throws, whatever the payload is. */
  readonly read: (payload: unknown, call: HookCall) => AgentEvent | undefined;
  /** How a tool call is refused in this agent's own way: what the hook prints while it exits with 0. */
  readonly refuse: (refusal: Refusal) => unknown;
}
