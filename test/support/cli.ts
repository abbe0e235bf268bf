import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import * as v from 'valibot';
import type { TestRepo } from './repo';

/** The built command line. */
export const program = path.resolve('dist/cli.js');

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in a repository's folder, as a program of its own, until it ends. */
export function belay(
  repo: Pick<TestRepo, 'folder'>,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: options.cwd ?? repo.folder,
    env: { ...process.env, ...options.env },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, out: stdout, err: stderr };
}

/** What it answered, which is nothing but what the schema says. */
export function json<Schema extends v.GenericSchema>(schema: Schema, ended: Ended): v.InferOutput<Schema> {
  assert.equal(ended.code, 0, ended.err);
  return v.parse(schema, JSON.parse(ended.out));
}
