import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { runFleet } from './fleet.mjs';
import { git, makeProject } from './project.mjs';
import { runRecovery } from './recovery.mjs';
import { sessions } from './sessions.mjs';

const shadow = 'refs/belay/shadow/main/current';
const plainRef = 'refs/plain/shadow';
/** How long one process may take, in milliseconds. */
const limit = 120_000;

/**
 * Lets the agents of the demo work at once, each checkpoint by a process of its own, with a foreign program moving
 * references beside them; then the same with plain reference writes in a copy; and prints what came of both.
 */
export async function runDemo(repository) {
  const { base, folder, remote } = makeProject();
  console.log(`- demo repository: ${folder}`);
  const foreign = startForeign(repository, folder);
  let taken;
  try {
    console.log(`- ${sessions.length} sessions x 4 checkpoints, a foreign program beside them`);
    taken = (await together((session) => withBelay(repository, folder, session))).flat();
  } finally {
    foreign.child.stdin.end();
  }
  const moved = JSON.parse((await foreign.ended).stdout);
  const found = survey(folder, taken);

  console.log(`- the same with plain reference writes, in a copy`);
  const copy = path.join(base, 'plain');
  git(base, 'clone', '--quiet', remote, copy);
  git(copy, 'config', 'user.name', 'Robin Example');
  git(copy, 'config', 'user.email', 'robin@example.com');
  const written = (await together((session) => withoutBelay(repository, copy, session))).flat();
  const plain = surveyPlain(copy, written);
  rmSync(copy, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });

  print(taken, found, plain, moved);
  const unkept = runRecovery(repository, { base, folder, remote }) + runFleet(repository, { base, folder });
  const { commits } = found;
  const foreignLost = moved.commits.filter((oid) => !commits.has(oid)).length;
  return { folder, lost: found.lost + found.wrongSteps + foreignLost + unkept };
}

/** All sessions at once; nobody is left running when one fails. */
async function together(work) {
  const all = sessions.map(work);
  await Promise.allSettled(all);
  return Promise.all(all);
}

/** An agent at work: it edits its files, then its hook takes a checkpoint of them. */
async function withBelay(repository, folder, { agent, session, file, steps, changelog }) {
  const taken = [];
  for (const [number, [message, text]] of steps.entries()) {
    const last = number === steps.length - 1;
    edit(folder, file, text);
    if (last) {
      edit(folder, 'CHANGELOG.md', `- ${changelog}\n`);
    }
    const paths = last ? [file, 'CHANGELOG.md'] : [file];
    const args = ['checkpoint', '--json', '--session', session, '--agent', agent, '--tool', 'Edit'];
    for (let tries = 0; ; tries += 1) {
      const ended = await finish(
        start(
          process.execPath,
          [
            path.join(repository, 'dist', 'cli.js'),
            ...args,
            '--message',
            message,
            ...paths.flatMap((name) => ['--path', name]),
          ],
          folder,
        ),
      );
      const answer = JSON.parse(ended.stdout);
      if (answer.created) {
        taken.push({ ...answer, ms: ended.ms });
        break;
      }
      if (tries === 20) {
        throw new Error(`${session}: nothing new to be captured, 20 times.`);
      }
      // Another session's scan was first to see this edit; so it goes on working.
      edit(folder, file, '\n');
    }
  }
  return taken;
}

async function withoutBelay(repository, folder, { session, file, steps, changelog }) {
  const written = [];
  for (const [number, [message, text]] of steps.entries()) {
    edit(folder, file, text);
    if (number === steps.length - 1) {
      edit(folder, 'CHANGELOG.md', `- ${changelog}\n`);
    }
    const program = path.join(repository, 'scripts', 'demo', 'plain-writer.mjs');
    const args = [program, folder, plainRef, `${message} (${session})`];
    const { code, stdout, ms } = await start(process.execPath, args, folder).ended;
    written.push({ commit: code === 0 ? JSON.parse(stdout).commit : undefined, ms });
  }
  return written;
}

function edit(folder, file, text) {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  appendFileSync(path.join(folder, file), `\n${text}`.replace(/^\n(?=- )/, ''));
}

/** Looks for everything that was acknowledged, by git alone. */
function survey(folder, taken) {
  const commits = new Set(git(folder, 'rev-list', '--glob=refs/belay/*').split('\n'));
  const lost = taken.filter(({ checkpoint }) => !commits.has(checkpoint)).length;
  let wrongSteps = 0;
  for (const { session, steps } of sessions) {
    const numbers = taken.filter((one) => one.session === session).map(({ step }) => step);
    wrongSteps += numbers.join() === steps.map((_, index) => index + 1).join() ? 0 : 1;
  }
  return { commits, lost, wrongSteps, landed: taken.length - lost };
}

function surveyPlain(folder, written) {
  const kept = new Set(git(folder, 'rev-list', plainRef).split('\n'));
  const landed = written.filter(({ commit }) => commit !== undefined && kept.has(commit)).length;
  return { issued: written.length, landed, times: written.map(({ ms }) => ms) };
}

function print(taken, found, plain, moved) {
  const times = taken.map(({ ms }) => ms);
  const retries = taken.reduce((sum, { attempts }) => sum + attempts - 1, 0);
  const issued = sessions.reduce((sum, { steps }) => sum + steps.length, 0);
  const rows = [
    ['', 'issued', 'landed', 'lost', 'retries', 'p50 ms', 'p99 ms'],
    ['Belay', issued, found.landed, issued - found.landed, retries, at(times, 0.5), at(times, 0.99)],
    [
      'plain reference writes',
      plain.issued,
      plain.landed,
      plain.issued - plain.landed,
      '-',
      at(plain.times, 0.5),
      at(plain.times, 0.99),
    ],
  ].map((row) => row.map(String));
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  ');
  console.log(`\n${line(rows[0])}\n${widths.map((width) => '-'.repeat(width)).join('  ')}`);
  console.log(rows.slice(1).map(line).join('\n'));
  const foreignKept = moved.commits.filter((oid) => found.commits.has(oid)).length;
  console.log(
    `\nMeanwhile a foreign program moved ${moved.branches} branches and ${moved.tags} tags and put ` +
      `${moved.commits.length} commits on the shadow branch; ${foreignKept} of those are reachable.`,
  );
  if (found.wrongSteps > 0) {
    console.log(`The steps of ${found.wrongSteps} sessions are not 1, 2, 3, 4.`);
  }
}

function at(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0).toFixed(0);
}

function startForeign(repository, folder) {
  const program = path.join(repository, 'scripts', 'demo', 'foreign.mjs');
  return start(process.execPath, [program, folder, shadow], folder, true);
}

function start(program, args, cwd, keepInput = false) {
  const began = performance.now();
  const child = spawn(program, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  child.stdin.on('error', () => undefined);
  if (!keepInput) {
    child.stdin.end();
  }
  const ended = new Promise((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), keepInput ? 5 * limit : limit);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr, ms: performance.now() - began });
    });
  });
  return { child, ended };
}

async function finish({ ended }) {
  const result = await ended;
  if (result.code !== 0) {
    throw new Error(`belay failed (${result.code ?? 'killed'}): ${result.stderr}`);
  }
  return result;
}
