/**
 * What must not reach a terminal, a row or a message unchanged: control characters could move the cursor or hide what follows,
 * marks that turn the reading direction could show one name as another. Line ends and tabs stay.
 */
const unfit = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/** Text from outside as it may be shown. */
export function inert(text: string): string {
  return text.replace(unfit, '\ufffd');
}

/**
 * A value as JSON that says the same and may be shown: what is unfit is escaped.
 * @param replacer as JSON.stringify takes it.
 */
export function jsonText(value: unknown, replacer?: (key: string, value: unknown) => unknown): string {
  return JSON.stringify(value, replacer).replace(
    unfit,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
