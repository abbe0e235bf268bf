import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { childCpuSeconds } from './cpu.mjs';
import { npm } from './setup.mjs';
import { repository } from './steps.mjs';

/**
 * For so long, in milliseconds, a step may print nothing, unless it is a long one: then it hangs, and is ended. No step has a
 * limit on its sum, which a busy machine would reach; single tests have their own.
 */
const silenceLimitMs = 60 * 60_000;
/** As good as none: setTimeout knows no longer time, in milliseconds (Node's documentation of timers). */
const longSilenceMs = 2 ** 31 - 1;

const running = new Set();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    for (const child of running) {
      endGroup(child);
    }
    process.exit(130);
  });
}

/**
 * Runs a step with its output shown, `env` added to the environment. Resolves to `{ name, ok, seconds, cpuSeconds, tests }`, where `tests` are
 * `{ title, file, ms, state }` as test/support/reporter.cjs wrote them down.
 */
export async function runStep(step, request) {
  console.log(`\n=== ${step.name} ===`);
  const began = performance.now();
  const cpuBefore = childCpuSeconds();
  const report = path.join(repository, 'artifacts', 'report', step.name);
  rmSync(report, { recursive: true, force: true });
  mkdirSync(report, { recursive: true });
  let ok = true;
  if (step.sideBySide === true) {
    ok = (await Promise.all(step.commands(request).map((command) => run(step, command, report)))).every(
      Boolean,
    );
  } else {
    for (const command of step.commands(request)) {
      ok &&= await run(step, command, report);
    }
  }
  const tests = reported(report);
  if (ok && step.tests === true && !tests.some(({ state }) => state !== 'pending')) {
    console.log('This step ran no test.');
    ok = false;
  }
  const seconds = (performance.now() - began) / 1000;
  const cpuAfter = childCpuSeconds();
  const cpuSeconds = cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore;
  console.log(`--- ${step.name}: ${ok ? 'passed' : 'FAILED'} in ${seconds.toFixed(1)} s`);
  return { name: step.name, ok, seconds, cpuSeconds, tests };
}

function reported(folder) {
  return readdirSync(folder).flatMap((file) => JSON.parse(readFileSync(path.join(folder, file), 'utf8')));
}

async function run({ long, env }, [program, ...args], report) {
  const limitMs = long === true ? longSilenceMs : silenceLimitMs;
  const viaNpm = program === 'npm' ? npm(args) : { command: program, args, shell: false };
  const child = spawn(viaNpm.command, viaNpm.args, {
    cwd: repository,
    shell: viaNpm.shell,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that all of it can be ended.
    detached: process.platform !== 'win32',
    env: { ...process.env, ...env, BELAY_TEST_REPORT: report },
  });
  running.add(child);
  const silence = setTimeout(() => {
    console.log(`\nNothing was printed for ${limitMs / 60_000} minutes; this step is ended.`);
    endGroup(child);
    child.stdout.destroy();
    child.stderr.destroy();
  }, limitMs);
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ]) {
    from.on('data', (chunk) => {
      silence.refresh();
      to.write(chunk);
    });
  }
  try {
    const code = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    return code === 0;
  } catch (error) {
    console.log(error.message);
    return false;
  } finally {
    clearTimeout(silence);
    running.delete(child);
  }
}

function endGroup({ pid }) {
  if (pid === undefined) {
    return;
  }
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') {
      throw error;
    }
  }
}
