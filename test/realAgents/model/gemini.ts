import * as v from 'valibot';
import type { Conversation } from './conversation';
import { usage, type Answer, type Protocol } from './protocol';

const part = v.looseObject({
  text: v.optional(v.string()),
  thought: v.optional(v.boolean()),
  functionCall: v.optional(v.looseObject({ id: v.optional(v.string(), '') })),
});
const request = v.looseObject({
  contents: v.array(v.looseObject({ role: v.optional(v.string()), parts: v.optional(v.array(part), []) })),
  tools: v.optional(
    v.array(
      v.looseObject({
        functionDeclarations: v.optional(v.array(v.looseObject({ name: v.string() })), []),
      }),
    ),
    [],
  ),
  generationConfig: v.optional(
    v.looseObject({
      responseJsonSchema: v.optional(v.unknown()),
      responseSchema: v.optional(v.unknown()),
    }),
  ),
});

function read(body: unknown): Conversation {
  const { contents, tools, generationConfig: config } = v.parse(request, body);
  return {
    turns: contents.map(({ role, parts }) => ({
      role: role === 'model' ? 'assistant' : 'user',
      text: parts.map(({ text, thought }) => (thought === true ? '' : (text ?? ''))).join('\n'),
      calls: parts.flatMap(({ functionCall: call }) => (call === undefined ? [] : [call.id])),
    })),
    tools: tools.flatMap(({ functionDeclarations: declared }) =>
      declared.map(({ name }) => ({ name, freeText: false, namespace: undefined })),
    ),
    schema: config?.responseJsonSchema ?? config?.responseSchema,
  };
}

function whole(answer: Answer, model: string, id: string): unknown {
  const parts =
    answer.kind === 'text'
      ? [{ text: answer.text }]
      : answer.calls.map((call) => ({
          functionCall: { id: call.id, name: call.name, args: call.input },
        }));
  return {
    candidates: [{ index: 0, content: { role: 'model', parts }, finishReason: 'STOP' }],
    modelVersion: model,
    responseId: id,
    usageMetadata: {
      promptTokenCount: usage.input,
      candidatesTokenCount: usage.output,
      totalTokenCount: usage.total,
    },
  };
}

/** Google's Gemini. */
export const gemini: Protocol = {
  accepts: (path) => {
    const [, kind] = /:(streamGenerateContent|generateContent)$/.exec(path) ?? [];
    return kind === undefined ? undefined : { streamed: kind === 'streamGenerateContent' };
  },
  read,
  whole,
  stream: (answer, model, id) => [{ name: undefined, data: whole(answer, model, id) }],
};
