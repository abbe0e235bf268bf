import assert from 'node:assert/strict';
import path from 'node:path';
import {
  AgentProcess,
  bash,
  claude,
  hook,
  id,
  log,
  refusal,
  silent,
  startHook,
  write,
} from '../agents/support';
import { endSession, leaseOfSession, takeOverSession } from '../../src/sessions/lifecycle';
import { inRepo } from '../support/repo';

describe('belay hook fences', () => {
  it(
    'a process whose session another one has taken up, and keeps its work aside',
    inRepo(async (repo) => {
      const [first, second] = [new AgentProcess(), new AgentProcess()];
      const worktree = await repo.worktree();
      try {
        silent(await first.hook('claude-code', claude(repo, 'SessionStart', { source: 'startup' })));
        const started = await leaseOfSession(worktree, id);
        silent(await first.hook('claude-code', bash(repo, 'PreToolUse', 'ls')));
        silent(await first.hook('claude-code', claude(repo, 'SessionStart', { source: 'compact' })));
        assert.equal((await leaseOfSession(worktree, id))?.token, started?.token, 'the same process goes on');

        silent(await second.hook('claude-code', claude(repo, 'SessionStart', { source: 'resume' })));
        const resumed = await leaseOfSession(worktree, id);
        assert.notEqual(resumed?.token, started?.token, 'a resume rotates the token');
        const said = refusal(await first.hook('claude-code', bash(repo, 'PreToolUse', 'rm -rf .')));
        assert.match(said, /Another process works for the session a1b2 now.*Stop working here/);
        repo.write('late.txt', 'by the fenced one\n');
        const file = path.join(repo.folder, 'late.txt');
        silent(await first.hook('claude-code', write(repo, 'PostToolUse', file)));
        assert.ok((await log(repo)).every(({ paths }) => !paths.includes('late.txt')));
        assert.notEqual(repo.git('for-each-ref', 'refs/belay/overflow/main/'), '', 'kept as a stale one');
        silent(await second.hook('claude-code', bash(repo, 'PreToolUse', 'ls')));

        silent(await second.hook('claude-code', claude(repo, 'SessionEnd')));
        assert.equal((await leaseOfSession(worktree, id))?.status, 'released');
        await second.end();
        silent(await first.hook('claude-code', bash(repo, 'PreToolUse', 'ls')));
        assert.equal((await leaseOfSession(worktree, id))?.status, 'held', 'nobody is in its way any more');
      } finally {
        await first.end();
        await second.end();
      }
    }),
  );

  it(
    'a process that resumes without a word of it is the later one',
    inRepo(async (repo) => {
      const [first, second] = [new AgentProcess(), new AgentProcess()];
      try {
        silent(await first.hook('claude-code', bash(repo, 'PreToolUse', 'ls')));
        silent(await second.hook('claude-code', bash(repo, 'PreToolUse', 'ls')));
        refusal(await first.hook('claude-code', bash(repo, 'PreToolUse', 'ls')));
        silent(await second.hook('claude-code', bash(repo, 'PreToolUse', 'ls')));
      } finally {
        await first.end();
        await second.end();
      }
    }),
  );

  it(
    'an agent whose session a person has taken over, or ended',
    inRepo(async (repo) => {
      silent(hook('claude-code', bash(repo, 'PreToolUse', 'ls')));
      const worktree = await repo.worktree();
      const lease = await leaseOfSession(worktree, id);
      const taken = await takeOverSession(worktree, id, { owner: 'A person', agent: 'editor' }, lease?.token);
      assert.match(refusal(hook('claude-code', bash(repo, 'PreToolUse', 'ls'))), /Stop working here/);
      await endSession(worktree, id, { seen: taken.token, by: 'Another person' });
      assert.match(refusal(hook('claude-code', bash(repo, 'PreToolUse', 'ls'))), /A person has ended/);
    }),
  );

  it(
    'not the hooks of one process that overlap, from its first call on',
    inRepo(async (repo) => {
      repo.write('a.txt', 'changed\n');
      const ends = await Promise.all(
        Array.from({ length: 6 }, (_, at) => startHook(bash(repo, 'PreToolUse', `echo ${at}`)).over),
      );
      assert.deepEqual(
        ends.map(({ code, out }) => [code, out]),
        Array.from({ length: 6 }, () => [0, '']),
      );
      assert.equal(repo.git('for-each-ref', 'refs/belay/overflow/'), '', 'none was fenced');
    }),
  );
});
