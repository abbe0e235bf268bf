import type { Conversation, Reply } from './conversation';

/** One event of a streamed answer: its name, where the protocol names events, and its data; a text is sent as it is. */
export interface StreamEvent {
  readonly name: string | undefined;
  readonly data: unknown;
}

export type Answer = Exclude<Reply, { readonly kind: 'error' }>;

/** One way in which programs talk to a model. */
export interface Protocol {
  /** Whether a request is of this protocol, and wants the answer as a stream. */
  readonly accepts: (path: string, body: unknown) => { readonly streamed: boolean } | undefined;
  /** @throws ValiError for a request that does not fit. */
  readonly read: (body: unknown) => Conversation;
  readonly whole: (answer: Answer, model: string, id: string) => unknown;
  readonly stream: (answer: Answer, model: string, id: string) => Iterable<StreamEvent>;
}

/** Tokens are not counted here; the numbers only have to be there. */
export const usage = { input: 10, output: 20, total: 30 } as const;
