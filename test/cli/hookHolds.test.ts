import assert from 'node:assert/strict';
import path from 'node:path';
import {
  bash,
  claude,
  eventOf,
  hook,
  id,
  log,
  placed,
  recorded,
  refusal,
  silent,
  write,
} from '../agents/support';
import { noticeFallen } from '../../src/sync/external';
import { answerDecision } from '../../src/sync/answer';
import { inRepo } from '../support/repo';

describe('belay hook holds', () => {
  const shapes: Readonly<Record<string, RegExp>> = {
    'claude-code':
      /^\{"hookSpecificOutput":\{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"/,
    codex:
      /^\{"hookSpecificOutput":\{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"/,
    qwen: /^\{"hookSpecificOutput":\{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"/,
    gemini: /^\{"decision":"deny","reason":"/,
    copilot: /^\{"permissionDecision":"deny","permissionDecisionReason":"/,
    opencode: /^\{"deny":"/,
    cline: /^\{"cancel":true,"errorMessage":"/,
  };

  it(
    'each agent’s next call, in its own way, until a person has answered, and goes on then',
    inRepo(async (repo) => {
      const calls = Object.keys(shapes).map((agent) => {
        const one = recorded().find(
          (candidate) => candidate.agent === agent && eventOf(candidate)?.kind === 'before_tool',
        );
        assert.ok(one, agent);
        const from = eventOf(one)?.session ?? '';
        const payload = placed(one.payload, repo.folder, { from, to: `of-${agent}` });
        return { agent, run: () => hook(agent, payload, { event: one.event }) };
      });
      for (const { run } of calls) {
        silent(run());
      }
      const worktree = await repo.worktree();
      await repo.checkpoint({ session: 'before', agent: 'codex', always: true });
      repo.git('commit', '--quiet', '--allow-empty', '--message=To fall off');
      await repo.checkpoint({ session: 'before', agent: 'codex', always: true });
      repo.git('reset', '--quiet', '--hard', 'HEAD~1');
      const decision = await noticeFallen(worktree);
      assert.ok(decision?.status === 'pending');

      for (const { agent, run } of calls) {
        const said = refusal(run());
        assert.match(said, shapes[agent] ?? /^$/, agent);
        assert.match(said, /until a person has decided.*Stop here, tell the person/, agent);
        JSON.parse(said);
      }
      repo.write('while-held.txt', 'what was under way is kept all the same\n');
      silent(hook('claude-code', write(repo, 'PostToolUse', path.join(repo.folder, 'while-held.txt'))));
      assert.deepEqual((await log(repo))[0]?.paths, ['while-held.txt']);

      await answerDecision(
        worktree,
        { option: 'continue', seen: decision.version, by: 'A person' },
        { session: 'window', agent: 'editor', onConflict: 'ask' },
      );
      for (const { run } of calls) {
        silent(run());
      }
    }),
  );

  it(
    'for good where the person aborts',
    inRepo(async (repo) => {
      silent(hook('claude-code', bash(repo, 'PreToolUse', 'ls')));
      silent(hook('claude-code', bash(repo, 'PostToolUse', 'ls')));
      const worktree = await repo.worktree();
      repo.git('commit', '--quiet', '--allow-empty', '--message=To fall off');
      await repo.checkpoint({ session: 'before', agent: 'codex', always: true });
      repo.git('reset', '--quiet', '--hard', 'HEAD~1');
      const decision = await noticeFallen(worktree);
      assert.ok(decision !== undefined && decision.sessions.includes(id));
      await answerDecision(
        worktree,
        { option: 'abort', seen: decision.version, by: 'A person' },
        { session: 'window', agent: 'editor', onConflict: 'ask' },
      );
      assert.match(refusal(hook('claude-code', bash(repo, 'PreToolUse', 'ls'))), /A person has ended/);
      silent(hook('claude-code', claude(repo, 'SessionStart', { source: 'resume' })));
      silent(hook('claude-code', bash(repo, 'PreToolUse', 'ls')));
    }),
  );
});
