/** Numbers that look random and are the same in every run, so that a failure can be repeated. */
export class Random {
  constructor(private state: number) {}

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  /** From 0 to below 1. */
  fraction(): number {
    // Mulberry32.
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.below(from.length)] ?? from[0];
  }

  /** Text of whole characters from all over Unicode, without surrogates. */
  text(length: number): string {
    const ranges: readonly [readonly [number, number], ...(readonly [number, number])[]] = [
      [0x20, 0x7e],
      [0x20, 0x7e],
      [0xa0, 0x24f],
      [0x300, 0x36f],
      [0x2000, 0x206f],
      [0x4e00, 0x9fff],
      [0xe000, 0xffff],
      [0x1f300, 0x1faff],
    ];
    return Array.from({ length }, () => {
      const [from, to] = this.pick(ranges);
      return String.fromCodePoint(from + this.below(to - from + 1));
    }).join('');
  }
}
