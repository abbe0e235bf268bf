import * as v from 'valibot';
import { content, wantsStream } from './content';
import type { Call, Conversation, DeclaredTool, Turn } from './conversation';
import { usage, type Answer, type Protocol, type StreamEvent } from './protocol';

const called = v.looseObject({
  type: v.picklist(['function_call', 'custom_tool_call']),
  call_id: v.string(),
});
const said = v.looseObject({ role: v.picklist(['user', 'assistant']), content });
/** A task that is handed to a sub-agent; its text may come under another name. */
const task = v.looseObject({
  type: v.literal('agent_message'),
  content: v.array(
    v.looseObject({ text: v.optional(v.string()), encrypted_content: v.optional(v.string()) }),
  ),
});
const tool = v.looseObject({ type: v.string(), name: v.optional(v.string()) });
const declaration = v.looseObject({ ...tool.entries, tools: v.optional(v.array(tool)) });
/** Newer models of codex have their tools declared inside the conversation. */
const laterTools = v.looseObject({
  type: v.literal('additional_tools'),
  tools: v.array(declaration),
});
const request = v.looseObject({
  input: v.array(v.unknown()),
  tools: v.nullish(v.array(declaration)),
  text: v.nullish(v.looseObject({ format: v.optional(v.looseObject({ schema: v.optional(v.unknown()) })) })),
});

function read(body: unknown): Conversation {
  const { input, tools, text } = v.parse(request, body);
  const later = input.flatMap((item) => (v.is(laterTools, item) ? item.tools : []));
  return {
    turns: input.flatMap(turnOf),
    tools: [...(tools ?? []), ...later].flatMap(toolsOf),
    schema: text?.format?.schema,
  };
}

function turnOf(item: unknown): Turn[] {
  if (v.is(called, item)) {
    return [{ role: 'assistant', text: '', calls: [item.call_id] }];
  }
  if (v.is(task, item)) {
    const texts = item.content.map((part) => part.text ?? part.encrypted_content ?? '');
    return [{ role: 'user', text: texts.join('\n'), calls: [] }];
  }
  const result = v.safeParse(said, item);
  return result.success ? [{ role: result.output.role, text: result.output.content ?? '', calls: [] }] : [];
}

function toolsOf(given: v.InferOutput<typeof declaration>): DeclaredTool[] {
  const isNamespace = given.type === 'namespace';
  const list = isNamespace ? (given.tools ?? []) : [given];
  const namespace = isNamespace ? given.name : undefined;
  return list.map(({ type, name }) => ({ name: name ?? type, freeText: type === 'custom', namespace }));
}

type Item = { readonly id: string; readonly type: string } & Readonly<Record<string, unknown>>;

function items(answer: Answer, id: string): Item[] {
  if (answer.kind === 'calls') {
    return answer.calls.map((call, at) => callItem(call, `${id}_${at}`));
  }
  const part = { type: 'output_text', text: answer.text, annotations: [] };
  const type = 'message';
  return [{ id: `msg_${id}`, type, role: 'assistant', status: 'completed', content: [part] }];
}

function callItem({ id: call, name, input, namespace }: Call, id: string): Item {
  const common = {
    status: 'completed',
    call_id: call,
    name,
    ...(namespace === undefined ? {} : { namespace }),
  };
  return typeof input === 'string'
    ? { id: `ctc_${id}`, type: 'custom_tool_call', ...common, input }
    : { id: `fc_${id}`, type: 'function_call', ...common, arguments: JSON.stringify(input) };
}

function envelope(model: string, id: string): object {
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: 0,
    model,
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
  };
}

function finished(answer: Answer, model: string, id: string): object {
  return {
    ...envelope(model, id),
    status: 'completed',
    output: items(answer, id),
    usage: {
      input_tokens: usage.input,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: usage.output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: usage.total,
    },
  };
}

function* stream(answer: Answer, model: string, id: string): Iterable<StreamEvent> {
  let number = 0;
  const event = (type: string, data: object): StreamEvent => {
    number += 1;
    return { name: type, data: { type, sequence_number: number - 1, ...data } };
  };
  const open = { ...envelope(model, id), status: 'in_progress', output: [], usage: null };
  yield event('response.created', { response: open });
  yield event('response.in_progress', { response: open });
  for (const [index, item] of items(answer, id).entries()) {
    const at = { item_id: item.id, output_index: index };
    if (answer.kind === 'text') {
      const part = { type: 'output_text', text: answer.text, annotations: [] };
      const inPart = { ...at, content_index: 0 };
      const empty = { ...item, status: 'in_progress', content: [] };
      yield event('response.output_item.added', { output_index: index, item: empty });
      yield event('response.content_part.added', { ...inPart, part: { ...part, text: '' } });
      yield event('response.output_text.delta', { ...inPart, delta: answer.text });
      yield event('response.output_text.done', { ...inPart, text: answer.text });
      yield event('response.content_part.done', { ...inPart, part });
    } else {
      const [key, kind] =
        item.type === 'function_call'
          ? ['arguments', 'function_call_arguments']
          : ['input', 'custom_tool_call_input'];
      const empty = { ...item, status: 'in_progress', [key]: '' };
      yield event('response.output_item.added', { output_index: index, item: empty });
      yield event(`response.${kind}.delta`, { ...at, delta: item[key] });
      yield event(`response.${kind}.done`, { ...at, [key]: item[key] });
    }
    yield event('response.output_item.done', { output_index: index, item });
  }
  yield event('response.completed', { response: finished(answer, model, id) });
}

/** OpenAI's Responses. */
export const responses: Protocol = {
  accepts: (path, body) => (path.endsWith('/responses') ? { streamed: wantsStream(body) } : undefined),
  read,
  whole: finished,
  stream,
};
