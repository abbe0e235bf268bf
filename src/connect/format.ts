import type { Made } from './connectionModel';

/** What of a file's text is Belay's: all that it should be, some of it, or nothing. */
export type FormatState = 'connected' | 'partial' | 'absent';

/** A text with Belay's entries, and what was made around them. */
export interface Connected {
  readonly text: string;
  readonly containers: Made['containers'];
}

/**
 * How one file of an agent names Belay's hook: what connecting and disconnecting make of its text. Nothing here touches
 * the disk.
 */
export interface Format {
  readonly executable: boolean;
  /** @throws BelayError `config_unreadable`, `config_unexpected`, `config_not_ours`. */
  readonly state: (text: string | undefined) => FormatState;
  /**
   * Where a text is connected in part: the events that came in a later release than the one that connected it, and are all
   * that it lacks; none where something else is missing or was changed by hand. @throws as `state`.
   */
  readonly lacks: (text: string) => readonly string[];
  /** The text with all entries; the very same where there is nothing to add. @throws as `state`. */
  readonly connect: (text: string | undefined) => Connected;
  /** The text without Belay's entries; undefined where nothing else is in it and the file may go. @throws as `state`. */
  readonly disconnect: (text: string, made: Made | undefined) => string | undefined;
}
