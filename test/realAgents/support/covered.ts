import assert from 'node:assert/strict';
import { listCheckpoints } from '../../../src/checkpoint/history';
import type { Checkpoint } from '../../../src/checkpoint/checkpoint';
import { pathText } from '../../../src/git/path';
import type { TestRepo } from '../../support/repo';
import type { AgentProgram } from '../programs/program';
import type { FileState } from '../scenarios';

/** All checkpoints of a worktree, the oldest first. */
export async function checkpointsOf(repo: TestRepo): Promise<Checkpoint[]> {
  const worktree = await repo.open();
  return (await listCheckpoints(worktree, { worktreeKey: worktree.key, limit: 10_000 })).reverse();
}

/**
 * Fails unless each state is what a checkpoint of that agent has put down as its own change, all of them of one session, and of
 * a sub-agent where one made it.
 * @returns the session.
 */
export async function assertCovered(
  repo: TestRepo,
  program: AgentProgram,
  states: readonly FileState[],
): Promise<string> {
  const checkpoints = await checkpointsOf(repo);
  const sessions = states.map((state) => {
    const found = checkpoints.filter((one) => putsDown(repo, one, program, state));
    assert.ok(
      found.length > 0,
      `No checkpoint has put down ${JSON.stringify(state)}:\n${describeAll(repo, checkpoints, state.path)}`,
    );
    // The shell call of another session that was open meanwhile may have found it by its scan, without a word of whose it is.
    const named = found.filter((one) => namesPath(one, state.path));
    return new Set((named.length > 0 ? named : found).map(({ session }) => session));
  });
  const common = [...(sessions[0] ?? [])].filter((session) => sessions.every((set) => set.has(session)));
  assert.equal(
    common.length,
    1,
    `The states are of one session: ${JSON.stringify(sessions.map((set) => [...set]))}\n` +
      states.map(({ path }) => describeAll(repo, checkpoints, path)).join('\n\n'),
  );
  return common[0] ?? '';
}

/** Fails unless some checkpoint holds that state, whoever took it. */
export async function assertHeld(repo: TestRepo, { path, content }: FileState): Promise<void> {
  const checkpoints = await checkpointsOf(repo);
  assert.ok(
    checkpoints.some(({ oid }) => contentAt(repo, oid, path) === content),
    `No checkpoint holds ${path}:\n${describeAll(repo, checkpoints, path)}`,
  );
}

function putsDown(repo: TestRepo, one: Checkpoint, program: AgentProgram, state: FileState): boolean {
  const asTask = program.tellsTasks && state.bySubagent;
  return (
    one.agent === program.name &&
    (one.task !== undefined) === asTask &&
    contentAt(repo, one.oid, state.path) === state.content &&
    (namesPath(one, state.path) || contentAt(repo, `${one.oid}^1`, state.path) !== state.content)
  );
}

function namesPath({ paths }: Checkpoint, name: string): boolean {
  return paths.some((path) => pathText(path) === name);
}

/** What a commit holds of a file; undefined where there is no such file. */
export function contentAt(repo: TestRepo, commit: string, name: string): string | undefined {
  const { code } = repo.tryGit('cat-file', '-e', `${commit}:${name}`);
  return code === 0 ? repo.gitBytes(['cat-file', 'blob', `${commit}:${name}`]).toString() : undefined;
}

function describeAll(repo: TestRepo, checkpoints: readonly Checkpoint[], name: string): string {
  const line = (one: Checkpoint): string =>
    JSON.stringify({
      session: one.session,
      agent: one.agent,
      task: one.task,
      tool: one.tool,
      names: one.paths.map(pathText),
      message: one.message.split('\n')[0],
      holds: contentAt(repo, one.oid, name),
    });
  return checkpoints.map(line).join('\n');
}
