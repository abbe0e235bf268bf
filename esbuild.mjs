import { build, context } from 'esbuild';

/**
 * Three programs from one tree: the extension (which may import vscode), the command line (which may not), and what agents'
 * hooks run, by itself and in pieces because each tool call waits for it twice.
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

/** What a hook needs seldom, or not before its program is known to be compiled, lies in files of its own beside it. */
function apart(files) {
  return {
    name: 'apart',
    setup({ onResolve }) {
      for (const [imported, file] of Object.entries(files)) {
        onResolve({ filter: new RegExp(`^${imported}$`) }, () => ({ path: file, external: true }));
      }
    },
  };
}

/** `import()` would load Node's loader of modules as well; `require` is there already. */
const withRequire = { ...shared, supported: { 'dynamic-import': false } };

const bundles = [
  { ...shared, entryPoints: ['src/extension.ts'], outfile: 'dist/extension.js', external: ['vscode'] },
  { ...shared, entryPoints: ['src/cli.ts'], outfile: 'dist/cli.js', banner: { js: '#!/usr/bin/env node' } },
  {
    ...withRequire,
    entryPoints: ['src/hook.ts'],
    outfile: 'dist/hook.js',
    plugins: [apart({ './cli/hook': './hook/main.js' })],
  },
  {
    ...withRequire,
    entryPoints: { main: 'src/cli/hook.ts' },
    outdir: 'dist/hook',
    plugins: [
      apart({
        'simple-git': './simple-git.js',
        'proper-lockfile': './proper-lockfile.js',
        unbash: './unbash.js',
      }),
    ],
  },
  { ...shared, entryPoints: ['simple-git', 'proper-lockfile', 'unbash'], outdir: 'dist/hook' },
];

if (process.argv.includes('--watch')) {
  for (const options of bundles) {
    await (await context(options)).watch();
  }
} else {
  await Promise.all(bundles.map((options) => build(options)));
}
