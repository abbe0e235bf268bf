import { callId, scriptAskedFor, stepOfCall, type Script, type ToolCall } from './script';

/** One turn of a conversation, as every protocol has it. */
export interface Turn {
  readonly role: 'user' | 'assistant';
  readonly text: string;
  /** The ids of the tool calls that the model made in it. */
  readonly calls: readonly string[];
}

/** A tool that the client declares. */
export interface DeclaredTool {
  readonly name: string;
  /** The tool takes free text instead of arguments. */
  readonly freeText: boolean;
  readonly namespace: string | undefined;
}

/** What a request for an answer says, whatever its protocol. */
export interface Conversation {
  readonly turns: readonly Turn[];
  readonly tools: readonly DeclaredTool[];
  /** The schema that the answer must fit, where one is asked for. */
  readonly schema: unknown;
}

export interface Call {
  readonly id: string;
  readonly name: string;
  readonly input: ToolCall['input'];
  readonly namespace: string | undefined;
}

/** What the model answers. */
export type Reply =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'calls'; readonly calls: readonly Call[] }
  | { readonly kind: 'error'; readonly status: number };

/** Where a conversation stands in the script that it asks for; undefined for side requests, such as one for a title. */
export interface Position {
  readonly script: Script;
  readonly step: number;
}

/** The whole state of the model is in the conversation, so any number of sessions may run at once, be killed and go on. */
export function positionIn(
  { turns }: Conversation,
  scripts: ReadonlyMap<string, Script>,
): Position | undefined {
  const asked = turns.map(({ role, text }) => (role === 'user' ? scriptAskedFor(text) : undefined));
  const start = asked.findLastIndex((name) => name !== undefined);
  const script = scripts.get(asked[start] ?? '');
  if (script === undefined) {
    return undefined;
  }
  const calling = turns.slice(start).filter(({ calls }) => calls.length > 0);
  const steps = calling.flatMap(({ calls }) => calls.flatMap((id) => stepOfCall(script.name, id) ?? []));
  // A client that makes up ids of its own is counted after.
  return { script, step: steps.length > 0 ? Math.max(...steps) + 1 : calling.length };
}

/** What the model answers there. */
export function replyAt(position: Position | undefined, { tools }: Conversation): Reply {
  if (position === undefined) {
    return { kind: 'text', text: 'Nothing to do.' };
  }
  const { script, step } = position;
  const next = script.steps[step];
  if (next === undefined) {
    return { kind: 'text', text: `Script ${script.name} is done.` };
  }
  if ('status' in next) {
    return { kind: 'error', status: next.status };
  }
  const wanted = next.map((operation) => choose(script.tools(operation, script.folder), tools));
  const direct = wanted.flatMap((one) => (one.declared === undefined ? [] : [one]));
  const nested = wanted.filter(({ declared }) => declared === undefined).map(({ call }) => call);
  const calls = direct.map(({ call, declared }) => ({ ...call, namespace: declared?.namespace }));
  if (nested.length > 0) {
    const code = tools.find(({ name, freeText }) => name === 'exec' && freeText);
    if (code === undefined) {
      // A side request that quotes the prompt, and has none of the tools.
      return { kind: 'text', text: 'Nothing to do here.' };
    }
    calls.push({ name: 'exec', input: codeOf(nested), namespace: code.namespace });
  }
  return {
    kind: 'calls',
    calls: calls.map((call, at) => ({ ...call, id: callId(script.name, step, at) })),
  };
}

function choose(
  shapes: readonly ToolCall[],
  tools: readonly DeclaredTool[],
): { readonly call: ToolCall; readonly declared: DeclaredTool | undefined } {
  for (const call of shapes) {
    const declared = tools.find(({ name }) => name === call.name);
    if (declared !== undefined) {
      return { call, declared };
    }
  }
  const [call] = shapes;
  if (call === undefined) {
    throw new Error('An agent has no tool for an operation.');
  }
  return { call, declared: undefined };
}

/** Newer models of codex have one tool, which runs JavaScript that calls the others. */
function codeOf(calls: readonly ToolCall[]): string {
  const list = calls.map(({ name, input }) => `tools.${name}(${JSON.stringify(input)})`);
  return `text(await Promise.all([\n  ${list.join(',\n  ')}\n]));`;
}
