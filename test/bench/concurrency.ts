import fs from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { makeRepository } from './repository';
import { output, quantile, table } from './measure';

interface Run {
  readonly label: string;
  readonly landed: number;
  /** Acknowledged as nothing new: somebody else's scan had captured it already. */
  readonly nothingNew: number;
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
    ['', 'issued', 'reachable', 'nothing new', 'per second', 'p50 ms', 'p99 ms'],
    runs.map(({ label, issued, landed, nothingNew, seconds, times }) => [
      label,
      String(issued),
      String(landed),
      String(nothingNew),
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
  const acknowledged: string[] = [];
  await Promise.all(
    Array.from({ length: processes }, async (_, writer) => {
      for (let step = 0; step < each; step += 1) {
        await fs.writeFile(path.join(folder, `w${writer}.txt`), `step ${step}\n`);
        const start = performance.now();
        acknowledged.push(await (kind === 'belay' ? belay(folder, writer) : plain(folder, writer)));
        times.push(performance.now() - start);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  const refs = kind === 'belay' ? 'refs/belay/*' : 'refs/bench/*';
  const listed = await output('git', ['rev-list', `--glob=${refs}`], { cwd: folder });
  const reachable = new Set(listed.split('\n'));
  const label = `${kind === 'belay' ? 'Belay' : 'plain update-ref'}, ${processes} x ${each}`;
  return {
    label,
    issued: processes * each,
    landed: acknowledged.filter((oid) => reachable.has(oid)).length,
    nothingNew: acknowledged.length - new Set(acknowledged).size,
    seconds,
    times,
  };
}

const answer = v.object({ checkpoint: v.string() });

/** @returns the acknowledged checkpoint: a new one, or the one in which another's scan had captured it already. */
async function belay(folder: string, writer: number): Promise<string> {
  const args = ['checkpoint', '--session', `w${writer}`, '--agent', 'bench', '--json'];
  const printed = await output(process.execPath, [path.resolve('dist/cli.js'), ...args], { cwd: folder });
  return v.parse(answer, JSON.parse(printed)).checkpoint;
}

/** What tools without compare-and-swap do: read the tip, commit on it, write the reference whatever it is by then. */
async function plain(folder: string, writer: number): Promise<string> {
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
  return commit;
}
