/**
 * Each face is loaded when it is asked for: an agent waits for its hooks, before and after every tool call, and they need
 * nothing of what reads a person's arguments.
 */
async function main(args: readonly string[]): Promise<void> {
  const [command, ...rest] = args;
  if (command === 'hook' && !rest.some((arg) => arg === '--help' || arg === '-h')) {
    const { runHook } = await import('./cli/hook');
    return runHook(rest);
  }
  const { runCommandLine } = await import('./cli/program');
  process.exitCode = await runCommandLine(args);
}

void main(process.argv.slice(2));
