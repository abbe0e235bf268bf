import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { bundled } from './bundle';
import { start, type Ended, type Running, type StartOptions } from './processes';
import { testHome } from './repo';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** What `belay checkpoint --json` prints. */
const Answer = v.object({
  checkpoint: v.string(),
  tree: v.string(),
  ref: v.string(),
  session: v.string(),
  step: v.number(),
  mode: v.picklist(['whole', 'paths']),
  created: v.boolean(),
  attempts: v.number(),
  warnings: v.array(v.string()),
});

export type Answer = v.InferOutput<typeof Answer>;

/** Reads the answer of a process that succeeded. */
export function readAnswer(ended: Ended): Answer {
  if (ended.code !== 0) {
    throw new Error(`exit ${ended.code ?? ended.signal ?? '?'}: ${ended.stderr}${ended.stdout}`);
  }
  return v.parse(Answer, JSON.parse(ended.stdout));
}

/** The programs that the stress tests run. */
export interface Programs {
  /** The command line as it is shipped, where a build meanwhile does not change it. */
  readonly cli: string;
  /** test/stress/worker.ts, bundled. */
  readonly worker: string;
  /** What tools do that write references without comparing. */
  readonly plain: string;
}

/** Made once in each process. */
export function buildPrograms(): Programs {
  const cli = path.join(testHome, 'programs', 'cli.js');
  if (!fs.existsSync(cli)) {
    const built = path.join(repository, 'dist', 'cli.js');
    if (!fs.existsSync(built) || fs.statSync(built).mtimeMs < newest(path.join(repository, 'src'))) {
      const { status } = spawnSync(process.execPath, ['esbuild.mjs'], { cwd: repository, stdio: 'inherit' });
      if (status !== 0) {
        throw new Error('The command line does not build.');
      }
    }
    fs.mkdirSync(path.dirname(cli), { recursive: true });
    fs.copyFileSync(built, cli);
  }
  const plain = path.join(repository, 'scripts', 'demo', 'plain-writer.mjs');
  return { cli, worker: bundled('test/stress/worker.ts'), plain };
}

function newest(folder: string): number {
  const times = fs.readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? newest(file) : fs.statSync(file).mtimeMs;
  });
  return Math.max(0, ...times);
}

/** Starts the command line. */
export function startCli(programs: Programs, args: readonly string[], options: StartOptions): Running {
  const running = start(process.execPath, [programs.cli, ...args], options);
  running.child.stdin?.end();
  return running;
}

export interface Taking {
  readonly session: string;
  readonly agent?: string;
  /** Known paths; none means a scan of everything. */
  readonly paths?: readonly string[];
}

export function startCheckpoint(programs: Programs, taking: Taking, options: StartOptions): Running {
  const args = ['checkpoint', '--json', '--session', taking.session, '--agent', taking.agent ?? 'stress'];
  return startCli(programs, [...args, ...(taking.paths ?? []).flatMap((name) => ['--path', name])], options);
}

/** A worker that takes orders on its standard input and answers each with one line. */
export class Worker {
  private readonly lines: string[] = [];
  private wake: () => void = () => undefined;
  private rest = '';
  private over = false;

  constructor(readonly running: Running) {
    running.child.stdout?.on('data', (chunk: Buffer) => {
      const parts = (this.rest + chunk.toString('utf8')).split('\n');
      this.rest = parts.pop() ?? '';
      this.lines.push(...parts);
      this.wake();
    });
    const end = (): void => {
      this.over = true;
      this.wake();
    };
    running.ended.then(end, end);
  }

  static start(programs: Programs, args: readonly string[], options: StartOptions): Worker {
    return new Worker(start(process.execPath, [programs.worker, ...args], options));
  }

  order(line: string): Promise<string> {
    this.running.child.stdin?.write(`${line}\n`);
    return this.line();
  }

  async line(): Promise<string> {
    for (;;) {
      const line = this.lines.shift();
      if (line !== undefined) {
        return line;
      }
      if (this.over) {
        const ended = await this.running.ended;
        throw new Error(`The worker ended (${ended.code ?? ended.signal ?? '?'}): ${ended.stderr}`);
      }
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  async stop(): Promise<void> {
    this.running.child.stdin?.end();
    await this.running.ended;
  }
}
