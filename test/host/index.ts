import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { format } from 'node:util';
import * as mochaModule from 'mocha';

/** This file is out/host/index.js when it runs. */
const repository = path.resolve(__dirname, '..', '..');
const reporter = path.join(repository, 'test', 'support', 'reporter.cjs');

/** The entry that VS Code calls in its extension host. Resolves when all tests beside it passed, else rejects. */
export async function run(): Promise<void> {
  // Mocha is an ES module that VS Code loads through require().
  const Mocha = mochaModule.default;
  const mocha = new Mocha({ ui: 'bdd', color: false, timeout: 400_000, reporter });
  // The runner tells the report by this from all else that the editor prints.
  const prefix = process.env['BELAY_HOST_PREFIX'] ?? '';
  Mocha.reporters.Base.consoleLog = (...args: unknown[]) => {
    console.log(prefix + format(...args).replaceAll('\n', `\n${prefix}`));
  };
  // Not mocha's own loading by import(): only what goes through require() can reach the `vscode` module.
  const load = createRequire(__filename);
  const chosen = (process.env['BELAY_HOST_FILES'] ?? '').split(path.delimiter).filter((name) => name !== '');
  for (const file of readdirSync(__dirname, { recursive: true, encoding: 'utf8' }).sort()) {
    const source = path.join('test', 'host', file.replace(/\.js$/, '.ts'));
    if (file.endsWith('.test.js') && (chosen.length === 0 || chosen.includes(source))) {
      // Under the name that the file has for people, which the report gives.
      mocha.suite.file = path.join(repository, source);
      mocha.suite.emit('pre-require', globalThis, mocha.suite.file, mocha);
      load(path.join(__dirname, file));
    }
  }
  const failures = await new Promise<number>((resolve) => {
    mocha.run(resolve);
  });
  if (failures > 0) {
    throw new Error(`${failures} of the tests in the extension host failed.`);
  }
}
