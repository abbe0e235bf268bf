import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setup } from './setup.mjs';

const usage = `Usage: npm start [-- --no-open]

Sets up, builds, makes a demo repository in which 8 agents take checkpoints at once and a branch has gone another
way than its upstream, prints what landed, and opens it in VS Code with Belay loaded.

  --no-open   stop after the table
  --help      print this
`;

const options = read();
if (options.help) {
  process.stdout.write(usage);
} else {
  try {
    await start(options.open);
  } catch (error) {
    console.error(`npm start: ${error.message}`);
    process.exitCode = 1;
  }
}

function read() {
  try {
    const { values } = parseArgs({
      options: { 'no-open': { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    });
    return { open: !values['no-open'], help: values.help };
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${usage}`);
    process.exit(2);
  }
}

async function start(open) {
  const repository = fileURLToPath(new URL('..', import.meta.url));
  setup();
  console.log('- build');
  for (const program of ['scripts/contributions.mjs', 'esbuild.mjs']) {
    const built = spawnSync(process.execPath, [program], {
      cwd: repository,
      stdio: 'inherit',
      timeout: 120_000,
    });
    if (built.status !== 0) {
      throw new Error('The build failed.');
    }
  }
  // Only now is everything there that these need.
  const { runDemo } = await import('./demo/run.mjs');
  const demo = await runDemo(repository);
  if (demo.lost > 0) {
    throw new Error(`${demo.lost} things were lost. The repository is kept: ${demo.folder}`);
  }
  if (open) {
    const { openEditor } = await import('./demo/editor.mjs');
    await openEditor(repository, demo.folder);
  }
}
