import { lstatSync } from 'node:fs';

/** The clock by which a file system dates its files may go in steps: so long, in milliseconds, two changes may look like one. */
const clockStepMs = 50;
/** The same where it keeps whole seconds, or only even ones (FAT). */
const coarseStepMs = 2_000;

/** What tells one state of a file from another without a look at its content. */
interface Stamp {
  readonly text: string;
  readonly changedMs: number;
  readonly stepMs: number;
}

function stampOf(file: string): Stamp | undefined {
  const found = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  return (
    found && {
      text: [found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' '),
      changedMs: Number(found.ctimeNs / 1_000_000n),
      stepMs: found.ctimeNs % 1_000_000_000n === 0n ? coarseStepMs : clockStepMs,
    }
  );
}

/** A file's time and size as a text that differs after every write to the file. Empty where there is none. */
export function stateOf(file: string): string {
  return stampOf(file)?.text ?? '';
}

/**
 * An answer of git's that is valid while the file that git keeps it in is unchanged. Only git knows what the file means; its
 * time and size tell whether to ask again, so that an answer costs one process per change and not one per question.
 */
export class Lasting<T> {
  private known: { readonly file: string; readonly text: string; readonly value: T } | undefined;

  /** The answer, which is asked for where nothing is known that still stands. @throws what `ask` throws. */
  async of(file: string, ask: () => Promise<T>): Promise<T> {
    const before = stampOf(file);
    if (before !== undefined && this.known?.file === file && this.known.text === before.text) {
      return this.known.value;
    }
    const askedAt = Date.now();
    const value = await ask();
    this.know(file, before, askedAt, value);
    return value;
  }

  /** Takes an answer that git gave on another occasion. @param askedAt when it was asked, in milliseconds since the epoch. */
  learn(file: string, askedAt: number, value: T): void {
    this.know(file, stampOf(file), askedAt, value);
  }

  /** A file that changed just before it was asked, or since, may do so again without looking otherwise. */
  private know(file: string, stamp: Stamp | undefined, askedAt: number, value: T): void {
    this.known =
      stamp !== undefined && stamp.changedMs + stamp.stepMs < askedAt
        ? { file, text: stamp.text, value }
        : undefined;
  }
}
