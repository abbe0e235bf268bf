import { parseArgs } from 'node:util';
import { setup } from './setup.mjs';

const usage = `Usage: npm test                              all that must hold, step by step, also after a step that failed
       npm test -- --only STEP[,STEP...]     some steps
       npm test -- --only STEP FILE...       some test files of one step
       npm test -- --changed [--base REV]    what a change since REV (HEAD, where none is named) can touch, by imports

  --vscode oldest|current   host and e2e in one of the two versions of VS Code only
`;

const options = read();
const started = performance.now();
try {
  setup();
} catch (error) {
  console.log(error.message);
  console.log('0 passed, 1 failed');
  process.exit(1);
}
// Only now is everything there that these need.
const { steps } = await import('./steps.mjs');
const { runStep } = await import('./run-step.mjs');
const { printSummary } = await import('./summary.mjs');

const results = [];
for (const { step, request } of await chosen()) {
  results.push(await runStep(step, request));
}
process.exitCode = printSummary(results, (performance.now() - started) / 60_000, again) ? 0 : 1;

/** The command that runs a step again, with the files in which a test failed where they are known. */
function again({ name, tests }) {
  const files = tests.filter(({ state }) => state === 'failed').map(({ file }) => file);
  return ['npm test -- --only', name, ...new Set(files)].join(' ').trim();
}

function read() {
  try {
    const { values, positionals } = parseArgs({
      options: {
        only: { type: 'string' },
        changed: { type: 'boolean', default: false },
        base: { type: 'string' },
        vscode: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    if (values.help) {
      process.stdout.write(usage);
      process.exit(0);
    }
    if (values.base !== undefined && !values.changed) {
      throw new Error('--base goes with --changed.');
    }
    if (values.changed && values.only !== undefined) {
      throw new Error('--changed chooses the steps itself: leave --only out.');
    }
    const only = values.only?.split(',');
    if (positionals.length > 0 && only?.length !== 1) {
      throw new Error('Test files go with --only and the one step that they belong to.');
    }
    return { ...values, only, files: positionals };
  } catch (error) {
    return refuse(error.message);
  }
}

function refuse(message) {
  process.stderr.write(`${message}\nNothing was run.\n\n${usage}`);
  process.exit(2);
}

/** The steps to run with what is asked of each. What tests the built programs has them built before. */
async function chosen() {
  if (options.changed) {
    return touched();
  }
  const names = options.only ?? steps.map(({ name }) => name);
  const unknown = names.filter((name) => !steps.some((step) => step.name === name));
  if (unknown.length > 0) {
    refuse(`No such step: ${unknown.join(', ')}. There are ${steps.map(({ name }) => name).join(', ')}.`);
  }
  const built = steps.some(({ name, built: needsBuild }) => needsBuild === true && names.includes(name));
  return steps
    .filter(({ name }) => names.includes(name) || (built && name === 'build'))
    .map((step) => ({ step, request: { files: options.files, vscode: options.vscode } }));
}

async function touched() {
  const { touchedTests } = await import('./changed.mjs');
  const base = options.base ?? 'HEAD';
  const { changed, files, leftOut } = await touchedTests(base).catch((error) => refuse(error.message));
  console.log(`Changed since ${base}: ${changed.length === 0 ? 'nothing' : changed.join(', ')}`);
  for (const [name, list] of Object.entries(files)) {
    console.log(`${name}: ${list.length === 0 ? 'none' : list.join(' ')}`);
  }
  for (const line of leftOut) {
    console.log(`Left out: ${line}`);
  }
  if (changed.length === 0) {
    return [];
  }
  return steps
    .filter(({ name }) => name === 'static' || name === 'build' || (files[name]?.length ?? 0) > 0)
    .map((step) => ({
      step,
      request: { files: files[step.name] ?? [], vscode: options.vscode ?? 'current' },
    }));
}
