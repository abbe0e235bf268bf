import { output } from './measure';

/**
 * How long VS Code waits for the extension when it starts, by VS Code's own count, as the test in the editor prints it. It
 * takes a real VS Code, which the first run fetches.
 */
export async function benchActivation(): Promise<void> {
  const printed = await output(process.execPath, [
    'scripts/e2e.mjs',
    '--vscode',
    'current',
    '--grep',
    'activat',
  ]);
  const lines = printed.split('\n').filter((line) => /own count/.test(line));
  console.log(
    `\nActivation in a real VS Code (goal: under 50 ms)\n${lines.map((line) => line.trim()).join('\n')}`,
  );
}
