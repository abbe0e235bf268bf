import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { findGits, compareVersions } from './gits.mjs';
import { runStep } from './run-step.mjs';
import { mocha } from './steps.mjs';
import { say } from './vscode-server.mjs';

/**
 * Runs the tests of what depends on git with every git that is to be had, references stored either way and both hashes:
 *
 *   npm run test:git                                     all of it, which takes hours
 *   npm run test:git -- --quick                          the most telling files
 *   npm run test:git -- test/core/chain.test.ts          those files
 *   npm run test:git -- --git 2.55.0 --refs reftable --hash sha256
 *   GIT_BINS=/opt/git-2.38/bin:/opt/git-3/bin npm run test:git
 *
 * The gits: the system's, those in the folders of GIT_BINS, and on Debian those of its suites. At the end a table says what
 * ran, and what was left out and why. Fails if a test did, or if nothing ran.
 */
const usage =
  'Usage: npm run test:git [-- [--quick] [--git VERSION,...] [--refs files,reftable] [--hash sha1,sha256] [FILE...]]';

/** The first version that has `git init --ref-format` (git's release notes of 2.45). */
const reftableSince = '2.45.0';

/** The oldest version that Belay promises to work with (README.md). */
const oldest = '2.38.0';

const refFormats = ['files', 'reftable'];
const hashes = ['sha1', 'sha256'];

/** For so long, in milliseconds, one test may take. */
const testLimitMs = 15 * 60_000;

const whole = [
  ...['core', 'refs', 'sync', 'fanout'].map((folder) => `test/${folder}/**/*.test.ts`),
  ...['leases', 'concurrency', 'lock'].map((name) => `test/stress/${name}.test.ts`),
];
const quick = [
  ...[
    'core/chain',
    'core/disturbedChain',
    'core/untouched',
    'core/leases/table',
    'core/leases/reading',
    'refs/foreign',
  ],
  ...['sync/external', 'sync/answers', 'sync/cases', 'fanout/pins', 'fanout/states', 'fanout/worktrees'],
  ...['stress/leases'],
].map((name) => `test/${name}.test.ts`);

const options = read();
const files = options.files.length > 0 ? options.files : options.quick ? quick : whole;
let found;
try {
  const named = (process.env.GIT_BINS ?? '').split(path.delimiter).filter((folder) => folder !== '');
  found = await findGits(named);
} catch (error) {
  refuse(error.message);
}
const without = found.without.map(({ from, reason }) => `git of ${from}: ${reason}`);
const results = [];
for (const version of options.git?.filter((wanted) => !found.gits.some((git) => git.version === wanted)) ??
  []) {
  without.push(`git ${version}: not to be had`);
}
for (const git of found.gits.filter(({ version }) => options.git?.includes(version) !== false)) {
  say(`git ${git.version}, of ${git.from}`);
  for (const refs of options.refs) {
    for (const hash of options.hash) {
      const name = [git.version, refs, hash].join(' ');
      const reason = unfit(git, refs);
      if (reason !== undefined) {
        without.push(`${name}: ${reason}`);
        continue;
      }
      results.push(await cell(name, git, refs, hash));
    }
  }
}
process.exitCode = print() ? 0 : 1;

function unfit({ version }, refs) {
  if (compareVersions(version, oldest) < 0) {
    return `Belay needs git ${oldest}`;
  }
  return refs === 'reftable' && compareVersions(version, reftableSince) < 0
    ? `reftable came with git ${reftableSince}`
    : undefined;
}

/** One git with one way to store references and one hash: through variables of git's own, which test/support/repo.ts keeps. */
function cell(name, { folder }, refs, hash) {
  const env = { GIT_DEFAULT_REF_FORMAT: refs, GIT_DEFAULT_HASH: hash };
  if (folder !== undefined) {
    env.PATH = `${folder}${path.delimiter}${process.env.PATH}`;
  }
  const commands = () => [mocha(testLimitMs, ...files)];
  return runStep({ name, tests: true, long: true, env, commands }, {});
}

/** Prints what ran, in a form that documents may keep, and what did not. Returns whether something ran and all of it passed. */
function print() {
  const count = ({ tests }, wanted) => tests.filter(({ state }) => state === wanted).length;
  console.log(
    '\n| git | references | hash | passed | failed | left out | minutes |\n|---|---|---|---|---|---|---|',
  );
  for (const result of results) {
    const counts = ['passed', 'failed', 'pending'].map((state) => count(result, state));
    // What ends before its tests do has failed, too.
    counts[1] = result.ok ? counts[1] : Math.max(1, counts[1]);
    const cells = [...result.name.split(' '), ...counts, (result.seconds / 60).toFixed(1)];
    console.log(`| ${cells.join(' | ')} |`);
  }
  for (const { name, tests } of results) {
    for (const state of ['failed', 'pending']) {
      const titles = tests
        .filter((test) => test.state === state)
        .map(({ file, title }) => `  ${file}: ${title}`);
      if (titles.length > 0) {
        console.log(`\n${state === 'failed' ? 'Failed' : 'Left out'} with ${name}:\n${titles.join('\n')}`);
      }
    }
  }
  if (without.length > 0) {
    console.log(`\nNot run:\n${without.map((line) => `  ${line}`).join('\n')}`);
  }
  console.log(results.length === 0 ? '\nNothing was run.' : `\nRan: ${files.join(' ')}`);
  return results.length > 0 && results.every(({ ok }) => ok);
}

function read() {
  try {
    const { values, positionals } = parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        git: { type: 'string' },
        refs: { type: 'string', default: refFormats.join(',') },
        hash: { type: 'string', default: hashes.join(',') },
      },
      allowPositionals: true,
    });
    if (values.quick && positionals.length > 0) {
      throw new Error('--quick chooses the files itself: leave it out, or the files.');
    }
    const missing = positionals.filter((file) => !existsSync(file));
    if (missing.length > 0) {
      throw new Error(`No such test file: ${missing.join(', ')}.`);
    }
    return {
      ...values,
      git: values.git?.split(','),
      refs: oneOf('--refs', values.refs, refFormats),
      hash: oneOf('--hash', values.hash, hashes),
      files: positionals,
    };
  } catch (error) {
    return refuse(error.message);
  }
}

function oneOf(option, text, known) {
  const wanted = text.split(',');
  const unknown = wanted.filter((one) => !known.includes(one));
  if (unknown.length > 0) {
    throw new Error(`${option} is of ${known.join(' and ')}, not ${unknown.join(', ')}.`);
  }
  return wanted;
}

function refuse(message) {
  process.stderr.write(`${message}\nNothing was run.\n${usage}\n`);
  return process.exit(2);
}
