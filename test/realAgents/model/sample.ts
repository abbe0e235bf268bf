import * as v from 'valibot';

const schema = v.looseObject({
  type: v.optional(v.union([v.string(), v.array(v.string())])),
  enum: v.optional(v.array(v.unknown())),
  properties: v.optional(v.record(v.string(), v.unknown())),
});

/** The smallest value that fits a JSON schema, for side requests that insist on one: titles, classifications. */
export function sampleOf(given: unknown): unknown {
  const result = v.safeParse(schema, given);
  if (!result.success) {
    return 'none';
  }
  const { type, enum: choices, properties } = result.output;
  if (choices !== undefined) {
    return choices[0];
  }
  const kind = (Array.isArray(type) ? type[0] : type)?.toLowerCase();
  if (kind === 'object' || properties !== undefined) {
    const entries = Object.entries(properties ?? {});
    return Object.fromEntries(entries.map(([key, value]) => [key, sampleOf(value)]));
  }
  return plainSamples.get(kind ?? '') ?? 'none';
}

const plainSamples = new Map<string, unknown>([
  ['array', []],
  ['boolean', false],
  ['number', 0],
  ['integer', 0],
]);
