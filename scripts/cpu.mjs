import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** How often the kernel counts in a second; 100 wherever it does not say. */
const ticks = ticksPerSecond();

/**
 * The CPU time of all descendants that have ended and were waited for, user and system together, in seconds: cutime and
 * cstime of /proc/self/stat (proc_pid_stat(5)). Undefined where there is no such file, that is, on anything but Linux.
 */
export function childCpuSeconds() {
  if (ticks === undefined) {
    return undefined;
  }
  const stat = readFileSync('/proc/self/stat', 'utf8');
  // The second field is the name of the program in parentheses, which may hold anything; the third follows the last of them.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / ticks;
}

function ticksPerSecond() {
  if (process.platform !== 'linux') {
    return undefined;
  }
  try {
    return Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  } catch (error) {
    if (error.code === 'ENOENT') {
      return 100;
    }
    throw error;
  }
}
