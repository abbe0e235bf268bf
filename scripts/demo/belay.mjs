import { spawnSync } from 'node:child_process';
import path from 'node:path';

/** Runs the command line and returns its answer. One that says that something waits for a person is an answer, too. */
export function runBelay(repository, cwd, args) {
  const program = path.join(repository, 'dist', 'cli.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args, '--json'], {
    cwd,
    encoding: 'utf8',
    timeout: 120_000,
  });
  const answer = stdout === '' ? undefined : JSON.parse(stdout);
  if (status !== 0 && !(status === 1 && Array.isArray(answer))) {
    throw new Error(`belay ${args[0]} failed (${status ?? 'killed'}): ${stderr}`);
  }
  return answer;
}
