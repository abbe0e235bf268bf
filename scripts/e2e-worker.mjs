import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { clearInterval, setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('..', import.meta.url));
const program = fileURLToPath(new URL('e2e-files.mjs', import.meta.url));

/** Begins the line on which a worker says what came of a file. */
export const endMark = '\u001eended ';

/**
 * For so long, in milliseconds, a worker may say nothing: then it hangs in a way that mocha's own limit for each test does not
 * end. There is no limit on the sum: on a busy machine it all takes longer, and is right all the same.
 */
const silenceLimitMs = 15 * 60_000;

/** A process that runs one test file after the other against one version of the editor, and keeps the editor running. */
export class TestWorker {
  #child;
  #closed;
  #lines = [];
  #ended = () => undefined;
  /** Whether the process is gone, so that it takes a new one to go on. */
  isOver = false;

  constructor(which) {
    this.#child = spawn(process.execPath, ['--import', 'tsx', program], {
      cwd: repository,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, BELAY_TEST_VSCODE: which, BELAY_TEST_OF: process.env.BELAY_TEST_RUN },
    });
    const streams = [this.#child.stdout, this.#child.stderr].map((input) => createInterface({ input }));
    for (const stream of streams) {
      stream.on('line', (line) => {
        this.#hear(line);
      });
    }
    this.#closed = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.isOver = true;
        this.#ended(`The process that ran it ended (${signal ?? code}).`);
        resolve();
      });
    });
  }

  /** Resolves to `{ output, ok }` when the file's tests have ended, or its process has. */
  async run(file, grep) {
    this.#lines = [];
    const ended = new Promise((resolve) => {
      this.#ended = resolve;
    });
    const silence = setInterval(() => {
      if (performance.now() - this.#heard > silenceLimitMs) {
        this.#lines.push(`Nothing was heard of it for ${silenceLimitMs / 1000} s, so its process was ended.`);
        this.#child.kill('SIGKILL');
      }
    }, 1_000);
    this.#heard = performance.now();
    this.#child.send({ file, grep, color: process.stdout.isTTY === true });
    const result = await ended;
    clearInterval(silence);
    const ok = result === '0';
    const lines = /^\d+$/.test(result) ? this.#lines : [...this.#lines, '', `  1 failing: ${result}`];
    return { output: lines.join('\n'), ok };
  }

  /** Has it end what it keeps running, and ends it. */
  async end() {
    if (!this.isOver) {
      this.#child.send({});
    }
    const limit = setTimeout(() => {
      this.#child.kill('SIGKILL');
    }, 60_000);
    await this.#closed;
    clearTimeout(limit);
  }

  #heard = 0;

  #hear(line) {
    this.#heard = performance.now();
    if (line.startsWith(endMark)) {
      this.#ended(line.slice(endMark.length));
    } else {
      this.#lines.push(line);
    }
  }
}
