import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import * as v from 'valibot';
import type { AgentProgram } from '../programs/program';
import { approveHooks } from './approval';
import type { Stage } from './stage';

/** An installation of Belay: the Node that runs it, and the folder of its programs. */
export interface Installation {
  readonly node: string;
  readonly dist: string;
}

/** The one that was built here. */
export const built: Installation = { node: process.execPath, dist: path.resolve('dist') };

export interface Connecting {
  readonly from?: Installation;
  /** Where the hooks are configured: in the home, or in the worktrees. */
  readonly level?: 'user' | 'project';
}

const answer = v.object({ obstacles: v.array(v.unknown()) });

/** Connects agents as a person does, and gives the approval that one of them then wants. */
export async function connect(
  stage: Stage,
  programs: readonly AgentProgram[],
  { from = built, level = 'user' }: Connecting = {},
): Promise<void> {
  const { home, repo } = stage;
  for (const program of programs) {
    await stage.prepare(program);
  }
  const names = [...new Set(programs.map(({ name }) => name))];
  const flags = [...(level === 'user' ? ['--user'] : []), '--json'];
  const { status, stdout, stderr } = spawnSync(
    from.node,
    [path.join(from.dist, 'cli.js'), 'connect', ...names, ...flags],
    { cwd: repo.folder, env: { ...process.env, HOME: home }, encoding: 'utf8', timeout: 60_000 },
  );
  assert.equal(status, 0, stdout + stderr);
  assert.deepEqual(v.parse(answer, JSON.parse(stdout)).obstacles, []);
  if (names.includes('codex')) {
    const folder = level === 'user' ? home : repo.folder;
    await approveHooks(path.join(folder, '.codex', 'hooks.json'), path.join(home, '.codex', 'config.toml'));
  }
}
