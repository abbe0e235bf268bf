import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { AgentEvent } from '../../src/agents/event';
import { LookTime } from '../../src/agents/scene';
import { keepBefore, referencesAfter } from '../../src/agents/callReferences';
import type { Worktree } from '../../src/git/worktree';
import type { TestRepo } from '../support/repo';

function shell(command: string): Extract<AgentEvent, { readonly kind: 'before_tool' }>['tool'] {
  return { name: 'Bash', reach: 'shell', paths: [], commands: [command], places: [] };
}

/** A shell call as its hooks see it: what is before, what it runs, what is after. @throws where it fails. */
export async function callShell(repo: TestRepo, worktree: Worktree, command: string): Promise<void> {
  const common = { session: 's-one', task: undefined, cwd: repo.folder, tool: shell(command) };
  await keepBefore(
    worktree,
    { kind: 'before_tool', ...common },
    {
      agent: 'claude-code',
      leases: [],
      led: [],
      lookTime: new LookTime(60_000),
      signal: new AbortController().signal,
    },
  );
  const ran = spawnSync('bash', ['-c', command], { cwd: repo.folder, encoding: 'utf8' });
  assert.equal(ran.status, 0, ran.stderr);
  await referencesAfter(
    worktree,
    { kind: 'after_tool', outcome: 'ok', ...common },
    'claude-code',
    async () => {
      await repo.checkpoint({ session: 's-one' });
    },
  );
}
