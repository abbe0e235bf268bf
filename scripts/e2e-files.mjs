import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Mocha from 'mocha';
import { endEditors } from '../test/support/editors.ts';
import { endMark } from './e2e-worker.mjs';

/**
 * The process behind scripts/e2e-worker.mjs: runs the test files that its parent names, each in a mocha of its own. They share
 * what is dear to start (test/support/editors.ts). A message without a file ends it. Run by `node --import tsx`.
 */
const repository = fileURLToPath(new URL('..', import.meta.url));
const reporter = path.join(repository, 'test', 'support', 'reporter.cjs');

process.on('message', (message) => {
  serve(message).catch((error) => {
    console.log(error);
    process.exit(1);
  });
});
process.once('disconnect', () => process.exit(1));

async function serve({ file, grep, color }) {
  if (file === undefined) {
    await endEditors();
    process.exit(0);
  }
  const mocha = new Mocha({
    timeout: 400_000,
    color,
    reporter,
    ...(grep === undefined ? {} : { grep }),
  });
  mocha.addFile(path.resolve(repository, file));
  await mocha.loadFilesAsync();
  const failures = await new Promise((resolve) => {
    mocha.run(resolve);
  });
  console.log(`${endMark}${failures}`);
}
