import * as v from 'valibot';
import type { Conversation } from './conversation';
import { content, wantsStream } from './content';
import { usage, type Answer, type Protocol, type StreamEvent } from './protocol';

const toolUse = v.looseObject({ type: v.literal('tool_use'), id: v.string() });
const message = v.looseObject({
  role: v.picklist(['user', 'assistant', 'system']),
  content: v.unknown(),
});
const request = v.looseObject({
  messages: v.array(message),
  tools: v.optional(v.array(v.looseObject({ name: v.string() })), []),
  output_config: v.optional(
    v.looseObject({ format: v.optional(v.looseObject({ schema: v.optional(v.unknown()) })) }),
  ),
});

function read(body: unknown): Conversation {
  const { messages, tools, output_config: output } = v.parse(request, body);
  return {
    turns: messages.map((one) => ({
      role: one.role === 'assistant' ? 'assistant' : 'user',
      text: v.parse(content, one.content),
      calls: callsIn(one.content),
    })),
    tools: tools.map(({ name }) => ({ name, freeText: false, namespace: undefined })),
    schema: output?.format?.schema,
  };
}

function callsIn(given: unknown): string[] {
  return Array.isArray(given) ? given.flatMap((block) => (v.is(toolUse, block) ? [block.id] : [])) : [];
}

function blocks(answer: Answer): ({ type: 'text'; text: string } | { type: 'tool_use'; input: unknown })[] {
  return answer.kind === 'text'
    ? [{ type: 'text', text: answer.text }]
    : answer.calls.map(({ id, name, input }) => ({
        type: 'tool_use',
        id: id.replace(/^call_/, 'toolu_'),
        name,
        input,
      }));
}

function envelope(model: string, id: string): object {
  return { id: `msg_${id}`, type: 'message', role: 'assistant', model, stop_sequence: null };
}

function stopReason(answer: Answer): string {
  return answer.kind === 'text' ? 'end_turn' : 'tool_use';
}

function event(type: string, data: object): StreamEvent {
  return { name: type, data: { type, ...data } };
}

function* stream(answer: Answer, model: string, id: string): Iterable<StreamEvent> {
  const counted = { input_tokens: usage.input, output_tokens: 1 };
  const message = { ...envelope(model, id), content: [], stop_reason: null, usage: counted };
  yield event('message_start', { message });
  for (const [index, block] of blocks(answer).entries()) {
    const empty = block.type === 'text' ? { ...block, text: '' } : { ...block, input: {} };
    yield event('content_block_start', { index, content_block: empty });
    const delta =
      block.type === 'text'
        ? { type: 'text_delta', text: block.text }
        : { type: 'input_json_delta', partial_json: JSON.stringify(block.input) };
    yield event('content_block_delta', { index, delta });
    yield event('content_block_stop', { index });
  }
  const delta = { stop_reason: stopReason(answer), stop_sequence: null };
  yield event('message_delta', { delta, usage: { output_tokens: usage.output } });
  yield event('message_stop', {});
}

/** Anthropic's Messages. */
export const anthropic: Protocol = {
  accepts: (path, body) => (path.endsWith('/messages') ? { streamed: wantsStream(body) } : undefined),
  read,
  whole: (answer, model, id) => ({
    ...envelope(model, id),
    content: blocks(answer),
    stop_reason: stopReason(answer),
    usage: { input_tokens: usage.input, output_tokens: usage.output },
  }),
  stream,
};
