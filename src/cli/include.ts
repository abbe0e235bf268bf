import type { Command } from 'commander';
import { excludePaths, includePaths, readInclusion } from '../checkpoint/include';
import { BelayError } from '../errors';
import { pathText } from '../git/path';
import { actor } from './actor';
import { answer, pathArgument, type Context } from './context';
import { writing, type Define } from './define';
import { lines } from './text';

interface IncludeOptions {
  readonly remove?: boolean;
}

export function defineIncludeCommand(belay: Command, command: Define): void {
  command(
    writing(belay.command('include [paths...]'))
      .description(
        'capture files or folders although an ignore rule leaves them out; without a path, list what is left out',
      )
      .option('--remove', 'capture them no longer'),
    (context, invoked) => includeCommand(context, invoked.args, invoked.opts<IncludeOptions>()),
  );
}

async function includeCommand(
  context: Context,
  texts: readonly string[],
  options: IncludeOptions,
): Promise<void> {
  const worktree = await context.worktree();
  const paths = await Promise.all(texts.map((text) => pathArgument(context, text)));
  if (paths.length === 0 && options.remove === true) {
    throw new BelayError('usage', 'Name what is to be captured no longer; belay include lists it.');
  }
  if (paths.length > 0) {
    const change = options.remove === true ? excludePaths : includePaths;
    await change(worktree, paths, await actor(context), { signal: context.signal });
  }
  const { included, leftOut } = await readInclusion(worktree);
  const value = { included: included.map(pathText), leftOut: leftOut.map(pathText) };
  answer(context, value, () =>
    value.included.length + value.leftOut.length === 0
      ? 'Nothing is included, and nothing is left out that was ignored before.\n'
      : lines(
          ...value.included.map((name) => `included     ${name}`),
          ...value.leftOut.map((name) => `left out     ${name}`),
        ),
  );
}
