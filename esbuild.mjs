import { build, context } from 'esbuild';

/**
 * Three bundles from one tree: the extension (which may import vscode), the command line (which may not), and what agents'
 * hooks run, by itself because each tool call waits for it twice.
 */
const shared = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // Its other form asks for its parts in a way that no bundler follows.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  minify: !process.argv.includes('--dev'),
  keepNames: false,
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  logLevel: 'warning',
};

const bundles = [
  { ...shared, entryPoints: ['src/extension.ts'], outfile: 'dist/extension.js', external: ['vscode'] },
  { ...shared, entryPoints: ['src/cli.ts'], outfile: 'dist/cli.js', banner: { js: '#!/usr/bin/env node' } },
  { ...shared, entryPoints: ['src/hook.ts'], outfile: 'dist/hook.js' },
];

if (process.argv.includes('--watch')) {
  for (const options of bundles) {
    await (await context(options)).watch();
  }
} else {
  await Promise.all(bundles.map((options) => build(options)));
}
