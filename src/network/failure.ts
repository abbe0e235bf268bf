import { failureFromWords, type GitFailure } from '../git/errors';
import type { ChildEnd } from './child';
import type { NetworkOutcome, NotDone } from './networkOutcome';
import { gist } from './cleanOutput';

/** Failures of the repository on this side: they say nothing about the remote. */
const ownFailures = new Set<GitFailure>([
  'ref_broken',
  'ref_locked',
  'ref_moved',
  'ref_conflict',
  'disk_full',
  'index_unusable',
  'unsupported',
]);

/** What a remote says after all: it is there, and refuses this very request. */
const refusals =
  /couldn't find remote ref|\[(?:remote )?rejected\]|refusing to fetch into|src refspec .* does not match/;

export interface Failure {
  readonly reason: NotDone;
  readonly message: string;
  /** Whether it counts against the remote. */
  readonly blamed: boolean;
}

/** What the end of a command means; undefined when it has done what was asked. */
export function failureOf(
  end: ChildEnd,
  what: { readonly shown: string; readonly limit: number; readonly clean: (text: string) => string },
): Failure | undefined {
  const said = gist(end.stderr, what.clean);
  switch (end.stopped) {
    case 'timed_out':
    case 'made_room':
      return {
        reason: 'timed_out',
        message: `${what.shown} did not answer in full within ${what.limit / 1_000} s.`,
        blamed: true,
      };
    case 'cancelled':
      return { reason: 'cancelled', message: `The work with ${what.shown} was cancelled.`, blamed: false };
    case 'too_much_output':
      return { reason: 'failed', message: `${what.shown} sent more than Belay reads.`, blamed: true };
    case undefined:
  }
  if (end.exitCode === 0) {
    return undefined;
  }
  // What the shell says of a program that is not there or may not be run.
  if (end.exitCode === 127 || end.exitCode === 126) {
    return { reason: 'failed', message: `git could not be started (${said}).`, blamed: false };
  }
  const blamed = !ownFailures.has(failureFromWords(end.stderr)) && !refusals.test(end.stderr);
  return { reason: 'failed', message: `${what.shown}: ${said === '' ? 'git failed' : said}`, blamed };
}

export function notDone(
  reason: NotDone,
  words: string,
): Extract<NetworkOutcome<never>, { kind: 'not_done' }> {
  return { kind: 'not_done', reason, message: words };
}
