import type { Command } from 'commander';
import type { Context } from './context';

/** Finishes a command: the options that every command takes, and what it does. */
export type Define = (
  definition: Command,
  run: (context: Context, invoked: Command) => Promise<void>,
) => void;

/** An option that may be given again. */
export function collect(value: string, earlier: readonly string[]): string[] {
  return [...earlier, value];
}

/** A command that writes takes the tokens of the leases under which it does. */
export function writing(definition: Command): Command {
  return definition.option(
    '--lease <token>',
    'the token of the lease under which to write (else BELAY_LEASE); may be given again',
    collect,
    [],
  );
}
