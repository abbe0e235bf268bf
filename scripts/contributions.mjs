import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const usage = `Usage: node scripts/contributions.mjs [--check] [FOLDER]

Writes what the features say of their commands and views (src/ui/features/*/*Contributions.ts) into package.json and
package.nls.json of FOLDER, the repository's own where none is named. All else in them stays as it is.

  --check   write nothing, and fail where there is something to write
`;

const repository = fileURLToPath(new URL('..', import.meta.url));

/** Keys of package.nls.json that begin like this are generated. */
const generatedText = /^(?:command|view|welcome)\./;

const { check, folder } = read();
const { contributes, texts } = await manifest();
const files = [
  [path.join(folder, 'package.json'), withContributions],
  [path.join(folder, 'package.nls.json'), withTexts],
].map(([file, change]) => {
  const before = readFileSync(file, 'utf8');
  return { file, before, after: `${JSON.stringify(change(JSON.parse(before)), undefined, 2)}\n` };
});
const stale = files.filter(({ before, after }) => before !== after);
if (!check) {
  for (const { file, after } of stale) {
    writeFileSync(file, after);
  }
} else if (stale.length > 0) {
  const names = stale.map(({ file }) => path.basename(file)).join(' and ');
  console.error(`${names}: not as generated from src/ui/features/*/*Contributions.ts. Run: npm run build`);
  process.exitCode = 1;
}

function read() {
  try {
    const { values, positionals } = parseArgs({
      options: { check: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    return { ...values, folder: positionals[0] ?? repository };
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${usage}`);
    process.exit(2);
  }
}

/** What the features say. It needs no editor: where something of it imports one, that cannot be resolved, and is named. */
async function manifest() {
  const { outputFiles } = await build({
    absWorkingDir: repository,
    entryPoints: ['src/ui/contributions/manifest.ts'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    logLevel: 'silent',
  }).catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
  const { belayManifest } = await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
  );
  return belayManifest();
}

function withContributions(manifest) {
  return { ...manifest, contributes: { ...manifest.contributes, ...contributes } };
}

/** The generated texts stand where the first of them stood. */
function withTexts(all) {
  const entries = Object.entries(all);
  const first = entries.findIndex(([key]) => generatedText.test(key));
  const isWritten = ([key]) => !generatedText.test(key);
  const at = first < 0 ? entries.length : first;
  return Object.fromEntries([
    ...entries.slice(0, at),
    ...Object.entries(texts),
    ...entries.slice(at).filter(isWritten),
  ]);
}
