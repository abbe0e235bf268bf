import { spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import { makeRepository } from './repository';
import { output, quantile, table } from './measure';

interface Run {
  readonly label: string;
  readonly landed: number;
  readonly issued: number;
  readonly seconds: number;
  readonly times: readonly number[];
}

/** Many processes at once on one shadow branch, against the same number of plain reference writes. */
export async function benchConcurrency(): Promise<void> {
  const runs: Run[] = [];
  for (const [processes, each] of [
    [8, 4],
    [32, 10],
  ] as const) {
    runs.push(await withRepository((folder) => crowd(folder, processes, each, 'belay')));
    runs.push(await withRepository((folder) => crowd(folder, processes, each, 'plain')));
  }
  table(
    'Many writers at once',
    ['', 'issued', 'landed', 'per second', 'p50 ms', 'p99 ms'],
    runs.map(({ label, issued, landed, seconds, times }) => [
      label,
      String(issued),
      String(landed),
      (issued / seconds).toFixed(1),
      quantile(times, 0.5).toFixed(0),
      quantile(times, 0.99).toFixed(0),
    ]),
  );
}

async function withRepository(work: (folder: string) => Promise<Run>): Promise<Run> {
  const folder = await makeRepository(200);
  try {
    return await work(folder);
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}

async function crowd(folder: string, processes: number, each: number, kind: 'belay' | 'plain'): Promise<Run> {
  const started = performance.now();
  const times: number[] = [];
  await Promise.all(
    Array.from({ length: processes }, async (_, writer) => {
      for (let step = 0; step < each; step += 1) {
        await fs.writeFile(path.join(folder, `w${writer}.txt`), `step ${step}\n`);
        const start = performance.now();
        await (kind === 'belay' ? belay(folder, writer) : plain(folder, writer));
        times.push(performance.now() - start);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  const pattern = kind === 'belay' ? 'refs/belay/*' : 'refs/bench/*';
  const subjects = await output('git', ['log', `--glob=${pattern}`, '--format=%s', '--not', 'HEAD'], {
    cwd: folder,
  });
  const landed = new Set(subjects.split('\n').filter((line) => /^(?:Checkpoint|Plain) /.test(line))).size;
  const label = `${kind === 'belay' ? 'Belay' : 'plain update-ref'}, ${processes} x ${each}`;
  return { label, issued: processes * each, landed, seconds, times };
}

function belay(folder: string, writer: number): Promise<void> {
  const args = [
    path.resolve('dist/cli.js'),
    'checkpoint',
    '--session',
    `w${writer}`,
    '--agent',
    'bench',
    '--json',
  ];
  return finished(process.execPath, args, folder);
}

/** What tools without compare-and-swap do: read the tip, commit on it, write the reference whatever it is by then. */
async function plain(folder: string, writer: number): Promise<void> {
  const index = path.join(folder, '.git', `bench-index-${writer}`);
  const env = { ...process.env, GIT_INDEX_FILE: index };
  const git = async (args: readonly string[]): Promise<string> =>
    (await output('git', args, { cwd: folder, env })).trim();
  const tip = await git(['rev-parse', '-q', '--verify', 'refs/bench/shadow']).catch(() =>
    git(['rev-parse', 'HEAD']),
  );
  await fs.copyFile(path.join(folder, '.git', 'index'), index);
  await git(['add', '-A']);
  const tree = await git(['write-tree']);
  const commit = await git(['commit-tree', tree, '-p', tip, '-m', `Plain ${writer} ${performance.now()}`]);
  await git(['update-ref', 'refs/bench/shadow', commit]).catch(() => undefined);
}

function finished(program: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) {
        resolve();
      } else {
        reject(new Error(`exit ${code ?? '?'}`));
      }
    });
  });
}
