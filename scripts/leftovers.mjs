import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The name of this run. test/support/browser.ts hands it to each editor and browser as BELAY_TEST_OF, from where every
 * process below inherits it, however deep; the tools of the run itself do not have that one.
 */
export function markRun() {
  process.env.BELAY_TEST_RUN = randomUUID();
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      end(marked());
      process.exit(1);
    });
  }
}

/**
 * Ends what a finished run has left behind and returns it, as lines of `pid command`. Processes get a moment to go by
 * themselves. Linux only: elsewhere the environment of a process is not to be read, and the answer is empty.
 */
export async function endLeftovers() {
  const deadline = Date.now() + 5_000;
  let found = marked();
  while (found.length > 0 && Date.now() < deadline) {
    await sleep(200);
    found = marked();
  }
  end(found);
  return found.map(({ pid, command }) => `${pid} ${command}`);
}

function end(processes) {
  for (const { pid } of processes) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') {
        throw error;
      }
    }
  }
}

function marked() {
  const mark = process.env.BELAY_TEST_RUN;
  if (process.platform !== 'linux' || mark === undefined) {
    return [];
  }
  const needle = `BELAY_TEST_OF=${mark}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const inherited = readProcess(name, 'environ').split('\0').includes(needle);
      return inherited
        ? [{ pid: Number(name), command: readProcess(name, 'cmdline').replaceAll('\0', ' ').trim() }]
        : [];
    });
}

function readProcess(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // Gone meanwhile, or of another user.
    return '';
  }
}
