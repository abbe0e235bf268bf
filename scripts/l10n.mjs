import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { getL10nJson } from '@vscode/l10n-dev';
import { nextInEditor, reasons } from '../src/reasons.ts';
import { repository } from './steps.mjs';

/**
 * Writes l10n/bundle.l10n.json: every text of the window, as VS Code's own tool finds them in calls of `l10n.t`. With
 * `--check` it writes nothing, and fails where the bundle is not current. What fixes it: npm run l10n
 */
const bundle = path.join(repository, 'l10n', 'bundle.l10n.json');

/** Outside of the window the translation is an argument, `l10n`; the tool follows only imports, so it is shown one there. */
const injected = "import * as l10n from '@vscode/l10n';\n";

const files = readdirSync(path.join(repository, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(path.join(repository, 'src', file), 'utf8'))
  .filter((text) => text.includes('l10n.t('))
  .map((text) => (text.includes("from 'vscode'") ? text : injected + text));
const found = await getL10nJson(files.map((contents) => ({ extension: '.ts', contents })));
const texts = new Set([...Object.keys(found), ...Object.keys(reasons).map(nextInEditor)]);
const wanted = `${JSON.stringify(
  Object.fromEntries(
    [...texts]
      .filter((text) => text !== '')
      .sort()
      .map((text) => [text, text]),
  ),
  undefined,
  2,
)}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(bundle, wanted);
} else if (readFileSync(bundle, 'utf8') !== wanted) {
  console.error(
    'l10n/bundle.l10n.json does not have the texts of the code. Write it anew with: npm run l10n',
  );
  process.exitCode = 1;
}
