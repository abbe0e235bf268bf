import type { Adapter } from './adapter';
import type { Installation } from './installation';
import type { Trust } from './trust';

/** How a person sees an agent in the editor. */
export interface AgentLook {
  readonly name: string;
  /** A codicon. */
  readonly icon: string;
  /** Two letters. */
  readonly badge: string;
}

/**
 * All that Belay knows of one kind of agent. Each part is required, and the agent's name is its key in the registry
 * (agents/registry.ts) alone.
 */
export interface Agent {
  readonly look: AgentLook;
  /** What its hooks say, and how it is answered. */
  readonly adapter: Adapter;
  /** Where its hooks are configured, and how. */
  readonly installation: Installation;
  /** What it wants from its user before it runs them. */
  readonly trust: Trust;
  /**
   * The model families of which test/agents/payloads has what the real program sent; none: it follows the program's
   * documentation, and was not tried.
   */
  readonly payloads: readonly ('default' | 'gpt')[];
}
