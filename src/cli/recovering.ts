import { InvalidArgumentError, type Command } from 'commander';
import type { Worktree } from '../git/worktree';
import type { OnConflict, SyncRequest } from '../sync/request';
import { actor } from './actor';
import type { Context } from './context';

/** The options of commands that bring worktrees somewhere. */
export interface RecoveringOptions {
  readonly onConflict?: OnConflict;
  /** Seconds. */
  readonly timeout?: number;
}

/** A command that may have to do with commits that cannot be rebased, and with the network. */
export function recovering(definition: Command): Command {
  return timed(definition).option(
    '--on-conflict <what>',
    'ask (leave everything unchanged) or reset (and have it acknowledged)',
    conflict,
  );
}

/** A command that uses the network. */
export function timed(definition: Command): Command {
  return definition.option('--timeout <seconds>', 'how long the network may take; 0 means no limit', seconds);
}

/** What a command asks for in its caller's name; what it does not say, the repository's configuration does. */
export async function requestOf(
  context: Context,
  worktree: Worktree,
  { onConflict, timeout }: RecoveringOptions,
): Promise<SyncRequest> {
  return {
    ...(await actor(context)),
    onConflict: onConflict ?? configuredOnConflict(worktree),
    explicit: true,
    timeLimit: timeout === undefined ? undefined : timeout * 1000,
    signal: context.signal,
  };
}

/** `belay.sync.onConflict` in the repository's git configuration; anything but `reset` means to ask. */
function configuredOnConflict(worktree: Worktree): OnConflict {
  return worktree.config.get('belay.sync.onconflict') === 'reset' ? 'reset' : 'ask';
}

function conflict(value: string): OnConflict {
  if (value !== 'ask' && value !== 'reset') {
    throw new InvalidArgumentError('It must be ask or reset.');
  }
  return value;
}

function seconds(value: string): number {
  if (!/^\d{1,6}$/.test(value)) {
    throw new InvalidArgumentError('It must be a whole number of seconds.');
  }
  return Number(value);
}
