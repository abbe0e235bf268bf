import * as v from 'valibot';

const part = v.union([v.string(), v.looseObject({ text: v.optional(v.string()) })]);

/** What somebody said: a text, or parts of which some are texts. */
export const content = v.pipe(
  v.nullish(v.union([v.string(), v.array(part)])),
  v.transform((given) =>
    typeof given === 'string' ? given : (given ?? []).map((one) => textOf(one)).join('\n'),
  ),
);

function textOf(given: v.InferOutput<typeof part>): string {
  return typeof given === 'string' ? given : (given.text ?? '');
}

/** A model that wants its answer as a stream says so in the request. */
export function wantsStream(body: unknown): boolean {
  return v.is(v.looseObject({ stream: v.literal(true) }), body);
}
