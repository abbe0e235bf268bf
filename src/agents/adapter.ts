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

/** How one kind of agent tells what it does, and hears what it must not. */
export interface Adapter {
  /** Whether its sub-agents have session ids of their own, so that it must be remembered whose they are. */
  readonly childSessions: boolean;
  /** What it never tells, as it was observed or documented: then the next moment that it tells covers. */
  readonly neverTells: readonly ('failed_call' | 'prompt')[];
  /** The payload as an event; undefined for whatever is not Belay's matter. Never throws, whatever the payload is. */
  readonly read: (payload: unknown, call: HookCall) => AgentEvent | undefined;
  /** How a tool call is refused in this agent's own way: what the hook prints while it exits with 0. */
  readonly refuse: (refusal: Refusal) => unknown;
}
