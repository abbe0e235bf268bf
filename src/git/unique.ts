/**
 * A name that nobody else uses, in the form of a UUID (RFC 9562, version 4). It is by chance alone, and no secret: V8 seeds each
 * process's numbers from the system's. `node:crypto` would make one as well, and takes every hook of an agent three milliseconds
 * to load (measured).
 */
export function uniqueName(): string {
  return [hex(8), hex(4), `4${hex(3)}`, `a${hex(3)}`, hex(12)].join('-');
}

/** Random hex digits; at most 12, the precision of one Math.random() number. */
function hex(digits: number): string {
  return Math.floor(Math.random() * 16 ** digits)
    .toString(16)
    .padStart(digits, '0');
}
