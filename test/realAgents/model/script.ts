/** What a model can have an agent do, in words that are no agent's. */
export type Operation =
  | { readonly kind: 'write'; readonly path: string; readonly content: string }
  | { readonly kind: 'edit'; readonly path: string; readonly old: string; readonly new: string }
  | { readonly kind: 'read'; readonly path: string }
  | { readonly kind: 'shell'; readonly command: string }
  /** Another agent of the same kind works off that script, as this one's sub-agent. */
  | { readonly kind: 'delegate'; readonly script: string };

/** One answer of the model: tool calls, several of them at once where it says so, or an error of the service. */
export type Step = readonly Operation[] | { readonly status: number };

/** A call of one of an agent's own tools: with arguments, or with a text where the tool takes free text. */
export interface ToolCall {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>> | string;
}

/** How an agent's own tools do an operation; the first one that it really declares is used. Relative paths are the folder's. */
export type ToolShapes = (operation: Operation, folder: string) => readonly ToolCall[];

/** What the model says to one prompt, step by step; afterwards it has nothing more to do. */
export interface Script {
  /** In lower case letters and digits; each prompt of a test has one of its own. */
  readonly name: string;
  readonly tools: ToolShapes;
  readonly folder: string;
  readonly steps: readonly Step[];
}

const mention = /follow-script-([a-z0-9]+)/g;

/** The prompt that makes the model follow a script. */
export function promptOf(script: string): string {
  return `Please follow-script-${script} now.`;
}

/** The script that was asked for last in a text. */
export function scriptAskedFor(text: string): string | undefined {
  return [...text.matchAll(mention)].at(-1)?.[1];
}

/** The id of a tool call, which a client sends back in its next request: so the model need not remember where it is. */
export function callId(script: string, step: number, at: number): string {
  return `call_${script}_s${step}_${at}`;
}

/** The step that a call's id is of; undefined when it is another script's, or when the client made up an id of its own. */
export function stepOfCall(script: string, id: string): number | undefined {
  const [, found, step] = /_([a-z0-9]+)_s(\d+)_\d+$/.exec(id) ?? [];
  return found === script ? Number(step) : undefined;
}
