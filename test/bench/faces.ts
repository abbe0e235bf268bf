import fs from 'node:fs/promises';
import { goal, medians, ms, output, table } from './measure';

/** The command line's start against bare Node, and the sizes of what is shipped. */
export async function benchFaces(rounds: number): Promise<void> {
  const node = (args: readonly string[]): Promise<void> =>
    output(process.execPath, args).then(() => undefined);
  const found = await medians(
    [
      { name: 'node -e 0', run: () => node(['-e', '0']) },
      { name: 'belay --version', run: () => node(['dist/cli.js', '--version']) },
      { name: 'belay checkpoint --help', run: () => node(['dist/cli.js', 'checkpoint', '--help']) },
    ],
    rounds,
  );
  const bare = found.get('node -e 0') ?? 0;
  table(
    'Starting the command line: median milliseconds',
    ['', 'ms', 'over node'],
    [...found].map(([name, value]) => [name, ms(value), ms(value - bare)]),
  );
  const over = (found.get('belay --version') ?? 0) - bare;
  goal('command line at most 30 ms over bare Node', over <= 30, `${ms(over)} ms`);
  const sizes = await Promise.all(
    ['dist/extension.js', 'dist/cli.js'].map(async (file) => ({ file, size: (await fs.stat(file)).size })),
  );
  table(
    'Bundles',
    ['', 'kB'],
    sizes.map(({ file, size }) => [file, (size / 1000).toFixed(0)]),
  );
  const extension = sizes[0]?.size ?? 0;
  goal('extension bundle under 300 kB', extension < 300_000, `${(extension / 1000).toFixed(0)} kB`);
}
