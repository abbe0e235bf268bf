import { execFile } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs a program to its end and gives what it printed. */
export async function output(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const { stdout } = await run(program, args, { maxBuffer: 1 << 28, ...options });
  return stdout;
}

/** One thing to be timed. `prepare` runs before each round and is not counted. */
export interface Subject {
  readonly name: string;
  readonly prepare?: (round: number) => Promise<void> | void;
  readonly run: (round: number) => Promise<void>;
}

/**
 * The median time of each subject in milliseconds. The subjects take turns within each round, so that whatever else
 * the machine does meets all of them alike; the first round only warms up.
 */
export async function medians(subjects: readonly Subject[], rounds: number): Promise<Map<string, number>> {
  const times = new Map(subjects.map(({ name }) => [name, new Array<number>()]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, prepare, run: work } of subjects) {
      await prepare?.(round);
      const start = performance.now();
      await work(round);
      if (round > 0) {
        times.get(name)?.push(performance.now() - start);
      }
    }
  }
  return new Map([...times].map(([name, values]) => [name, quantile(values, 0.5)]));
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

/** Prints an aligned table. */
export function table(title: string, header: readonly string[], rows: readonly (readonly string[])[]): void {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  console.log(`\n${title}\n${line(header)}\n${widths.map((width) => '-'.repeat(width)).join('  ')}`);
  for (const row of rows) {
    console.log(line(row));
  }
}

export function ms(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '-' : value.toFixed(1);
}

export function ratio(value: number | undefined, base: number | undefined): string {
  return value === undefined || base === undefined ? '-' : `${(value / base).toFixed(2)} x`;
}

/** Says whether a goal is met, with its figures. */
export function goal(text: string, met: boolean, figures: string): void {
  console.log(`${met ? 'met    ' : 'SHORT  '} ${text}: ${figures}`);
}
