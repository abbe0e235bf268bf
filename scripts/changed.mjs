import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { coreFolders, repository } from './steps.mjs';

/** How a test names a program that was built: then it is about more than it imports. */
const runsProgram = /['"`/]dist['"`,/ ]+(?:cli|hook)\.js/;

/**
 * The tests that a change since a commit can touch, by imports, as `{ files, leftOut }`: the test files of each step, by its
 * name, and in words what the change can touch as well and is not run.
 *
 * A test that runs a built program or an editor can be touched by whatever is in there. So it is run for what it is about,
 * which its name says: test/cli/pin* for what src/cli/pin.ts imports, test/<folder> for what src/<folder> imports, test/host and
 * test/e2e/<feature>* for what lies in src/ui/features/<feature>.
 */
export async function touchedTests(base) {
  const changed = changedSince(base);
  const imports = await importGraph();
  const touches = (file) => reach(imports, [file]).some((one) => changed.has(one));
  const inCore = coreFolders.flatMap((name) => tests(`test/${name}`));
  const direct = inCore.filter(touches);
  const aboutIt = inCore.filter(
    (file) => runsAProgram(imports, file) && reach(imports, subjectsOf(file)).some((one) => changed.has(one)),
  );
  const features = new Set(
    [...changed].flatMap((file) => /^src\/ui\/features\/(\w+)\//.exec(file)?.[1] ?? []),
  );
  const ofFeature = (folder) =>
    tests(`test/${folder}`).filter(
      (file) => changed.has(file) || [...features].some((name) => path.basename(file).startsWith(name)),
    );
  const files = {
    core: [...new Set([...direct, ...aboutIt])].sort(),
    host: ofFeature('host'),
    e2e: ofFeature('e2e'),
  };
  return { changed: [...changed].sort(), files, leftOut: leftOut(changed, imports, inCore, files) };
}

/** In words, what the change can touch and is not run. */
function leftOut(changed, imports, inCore, files) {
  const isIn = (...programs) => reach(imports, programs).some((file) => changed.has(file));
  const lines = [];
  if (isIn('src/cli.ts', 'src/cli/hook.ts')) {
    const others = inCore.filter((file) => runsAProgram(imports, file) && !files.core.includes(file));
    if (others.length > 0) {
      lines.push(
        `core: ${others.length} files that run a program with this change in it and are about something else`,
      );
    }
    lines.push('stress, agents and package: many processes, real agents, what ships');
  }
  if (isIn('src/extension.ts')) {
    for (const step of ['host', 'e2e']) {
      const others = tests(`test/${step}`).filter((file) => !files[step].includes(file));
      lines.push(`${step}: ${others.length} files about something else, and all on the oldest VS Code`);
    }
  }
  const unknown = [...changed].filter((file) => !(file in imports) && !file.endsWith('.md'));
  if (unknown.length > 0) {
    lines.push(`whatever depends in other ways than by imports on ${unknown.join(', ')}`);
  }
  return lines;
}

/** What was committed since, what is not committed yet, and what git does not track yet. */
function changedSince(base) {
  const git = (...args) =>
    execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).split('\0').filter(Boolean);
  return new Set([
    ...git('diff', '--name-only', '-z', '--merge-base', base),
    ...git('ls-files', '--others', '--exclude-standard', '-z'),
  ]);
}

/** Which files of the project each file imports, as esbuild sees it. */
async function importGraph() {
  const entryPoints = [...sources('test'), ...sources('src')];
  const { metafile } = await build({
    absWorkingDir: repository,
    entryPoints,
    bundle: true,
    packages: 'external',
    external: ['vscode'],
    platform: 'node',
    format: 'esm',
    write: false,
    metafile: true,
    outdir: 'out',
    logLevel: 'error',
  });
  return Object.fromEntries(
    Object.entries(metafile.inputs).map(([file, { imports }]) => [
      file,
      imports.filter(({ external }) => external !== true).map((one) => one.path),
    ]),
  );
}

/** These files, and all that they import. */
function reach(imports, files) {
  const found = new Set(files.filter((file) => file in imports));
  for (const file of found) {
    for (const next of imports[file] ?? []) {
      found.add(next);
    }
  }
  return [...found];
}

function runsAProgram(imports, file) {
  return reach(imports, [file])
    .filter((one) => one.startsWith('test/'))
    .some((one) => runsProgram.test(readFileSync(path.join(repository, one), 'utf8')));
}

/** The sources that a test which runs a program is about. */
function subjectsOf(file) {
  const [, folder, name] = /^test\/(\w+)\/(?:.*\/)?([a-z]+)\w*\.test\.ts$/.exec(file) ?? [];
  if (folder !== 'cli') {
    return sources(`src/${folder}`);
  }
  const commands = [`src/cli/${name}.ts`, `src/cli/${name.replace(/s$/, '')}.ts`, 'src/cli/program.ts'];
  return commands.filter((one) => existsSync(path.join(repository, one))).slice(0, 1);
}

/** The TypeScript files below a folder of the repository; none where it is not there. */
function sources(folder) {
  const at = path.join(repository, folder);
  return existsSync(at)
    ? readdirSync(at, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => `${folder}/${name.replaceAll(path.sep, '/')}`)
        .sort()
    : [];
}

function tests(folder) {
  return sources(folder).filter((name) => name.endsWith('.test.ts'));
}
