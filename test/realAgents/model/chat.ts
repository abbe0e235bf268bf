import * as v from 'valibot';
import { content, wantsStream } from './content';
import type { Conversation } from './conversation';
import { usage, type Answer, type Protocol, type StreamEvent } from './protocol';

const message = v.looseObject({
  role: v.string(),
  content: v.optional(content),
  tool_calls: v.nullish(v.array(v.looseObject({ id: v.string() }))),
});
const request = v.looseObject({
  messages: v.array(message),
  tools: v.nullish(v.array(v.looseObject({ function: v.optional(v.looseObject({ name: v.string() })) }))),
  response_format: v.nullish(
    v.looseObject({ json_schema: v.optional(v.looseObject({ schema: v.optional(v.unknown()) })) }),
  ),
});

function read(body: unknown): Conversation {
  const { messages, tools, response_format: format } = v.parse(request, body);
  return {
    turns: messages.flatMap(({ role, content: text, tool_calls: calls }) =>
      role === 'user' || role === 'assistant'
        ? [{ role, text: text ?? '', calls: (calls ?? []).map(({ id }) => id) }]
        : [],
    ),
    tools: (tools ?? []).flatMap((tool) =>
      tool.function === undefined
        ? []
        : [{ name: tool.function.name, freeText: false, namespace: undefined }],
    ),
    schema: format?.json_schema?.schema,
  };
}

function argumentsOf(input: unknown): string {
  return JSON.stringify(typeof input === 'string' ? { input } : input);
}

const counted = {
  prompt_tokens: usage.input,
  completion_tokens: usage.output,
  total_tokens: usage.total,
};

function envelope(model: string, id: string, object: string): object {
  return { id: `chatcmpl_${id}`, object, created: 0, model };
}

function* stream(answer: Answer, model: string, id: string): Iterable<StreamEvent> {
  const chunk = (delta: object, finish: string | null = null): StreamEvent => ({
    name: undefined,
    data: {
      ...envelope(model, id, 'chat.completion.chunk'),
      choices: [{ index: 0, delta, finish_reason: finish }],
    },
  });
  if (answer.kind === 'text') {
    yield chunk({ role: 'assistant', content: '' });
    yield chunk({ content: answer.text });
    yield chunk({}, 'stop');
  } else {
    yield chunk({ role: 'assistant', content: null });
    for (const [index, { id: call, name, input }] of answer.calls.entries()) {
      const start = { index, id: call, type: 'function', function: { name, arguments: '' } };
      yield chunk({ tool_calls: [start] });
      yield chunk({ tool_calls: [{ index, function: { arguments: argumentsOf(input) } }] });
    }
    yield chunk({}, 'tool_calls');
  }
  yield {
    name: undefined,
    data: { ...envelope(model, id, 'chat.completion.chunk'), choices: [], usage: counted },
  };
  yield { name: undefined, data: '[DONE]' };
}

function whole(answer: Answer, model: string, id: string): unknown {
  const said =
    answer.kind === 'text'
      ? { role: 'assistant', content: answer.text }
      : {
          role: 'assistant',
          content: null,
          tool_calls: answer.calls.map(({ id: call, name, input }) => ({
            id: call,
            type: 'function',
            function: { name, arguments: argumentsOf(input) },
          })),
        };
  const finish = answer.kind === 'text' ? 'stop' : 'tool_calls';
  return {
    ...envelope(model, id, 'chat.completion'),
    choices: [{ index: 0, message: said, finish_reason: finish }],
    usage: counted,
  };
}

/** OpenAI's Chat Completions, which many programs speak. */
export const chat: Protocol = {
  accepts: (path, body) => (path.endsWith('/chat/completions') ? { streamed: wantsStream(body) } : undefined),
  read,
  whole,
  stream,
};
