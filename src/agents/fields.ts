import * as v from 'valibot';
import { isSessionId } from '../refs/names';

/** A session id as Belay takes it: what does not fit one cannot name a reference, and is nobody's. */
export const sessionId = v.pipe(v.string(), v.check(isSessionId));

/** An absolute folder. */
export const folder = v.pipe(
  v.string(),
  v.maxLength(4_096),
  v.check((text) => (text.startsWith('/') || /^[A-Za-z]:[\\/]/.test(text)) && !text.includes('\0')),
);

/** A field that may be missing or of another type: then it is as if it were not there. */
export function maybe<T extends v.GenericSchema>(
  schema: T,
): v.SchemaWithFallback<v.OptionalSchema<T, undefined>, undefined> {
  return v.fallback(v.optional(schema), undefined);
}

/** The id of a sub-agent; an empty one, as claude gives its own helpers, is none. */
export const taskId = maybe(sessionId);

export const text = maybe(v.string());
export const flag = maybe(v.boolean());
export const anything = v.optional(v.unknown());

/** Whether a text says anything: the text itself is not taken over. Something that is no text says nothing. */
export const said = v.fallback(
  v.pipe(
    v.optional(v.string(), ''),
    v.transform((words) => words.trim() !== ''),
  ),
  false,
);
