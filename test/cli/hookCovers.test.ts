import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {
  bash,
  eventOf,
  held,
  hook,
  id,
  log,
  placed,
  recorded,
  silent,
  write,
  type Recorded,
} from '../agents/support';
import { inRepo } from '../support/repo';

describe('belay hook covers', () => {
  describe('the changes of every agent and tool shape', () => {
    const changing = recorded().filter((one) => {
      const event = eventOf(one);
      return event?.kind === 'after_tool' && event.outcome === 'ok' && event.tool.reach !== 'read';
    });
    for (const one of changing) {
      it(
        `${one.agent} (${one.family}) ${one.tool}`,
        inRepo(async (repo) => {
          const event = eventOf(one);
          assert.ok(event?.kind === 'after_tool');
          const to = `session-of-${one.agent}`;
          const payload = placed(one.payload, repo.folder, { from: event.session, to });
          await repo.checkpoint({ session: 'earlier' });
          const before = beforeOf(one);
          if (before !== undefined) {
            const session = eventOf(before)?.session ?? '';
            silent(
              hook(one.agent, placed(before.payload, repo.folder, { from: session, to }), {
                event: before.event,
              }),
            );
          }
          const named = event.tool.paths[0]?.replace('/repo/', '') ?? 'by-shell.txt';
          repo.write(named, `what ${one.agent} wrote\n`);
          silent(hook(one.agent, payload, { event: one.event }));
          const [latest] = await log(repo);
          assert.ok(latest);
          assert.deepEqual([latest.session, latest.agent, latest.tool], [to, one.agent, one.tool]);
          assert.equal(held(repo, latest.oid, named).trim(), `what ${one.agent} wrote`);
          const isNamed = event.tool.paths.length > 0;
          assert.equal(latest.mode, isNamed ? 'paths' : 'whole');
          assert.equal(/inferred/.test(latest.message), !isNamed);
        }),
      );
    }

    function beforeOf(one: Recorded): Recorded | undefined {
      return recorded().find(
        (other) =>
          other.agent === one.agent &&
          other.family === one.family &&
          other.tool === one.tool &&
          eventOf(other)?.kind === 'before_tool',
      );
    }
  });

  it(
    'takes paths as they come: relative, of a sub-folder, through a link, outside, in the git dir, in another worktree',
    inRepo(async (repo) => {
      const linked = repo.link('beside');
      const outside = path.join(repo.base, 'outside.txt');
      fs.writeFileSync(outside, 'not ours\n');
      fs.symlinkSync(repo.folder, path.join(repo.base, 'way'));
      repo.write('folder/rel.txt', 'relative\n');
      const inFolder = { folder: path.join(repo.folder, 'folder') };
      silent(hook('claude-code', write(inFolder, 'PostToolUse', 'rel.txt')));
      assert.deepEqual((await log(repo))[0]?.paths, ['folder/rel.txt']);

      repo.write('a.txt', 'through a link\n');
      silent(hook('claude-code', write(repo, 'PostToolUse', path.join(repo.base, 'way', 'a.txt'))));
      assert.deepEqual((await log(repo))[0]?.paths, ['a.txt']);

      const count = (await log(repo)).length;
      for (const file of [outside, path.join(repo.folder, '.git', 'config'), '/nowhere/at/all']) {
        silent(hook('claude-code', write(repo, 'PostToolUse', file)));
      }
      assert.equal((await log(repo)).length, count, 'what is not of the repository makes no checkpoint');

      linked.write('a.txt', 'in the other worktree\n');
      silent(hook('claude-code', write(repo, 'PostToolUse', path.join(linked.folder, 'a.txt'))));
      const [other] = await log(linked);
      assert.deepEqual([other?.worktree, other?.session, other?.paths], ['beside', id, ['a.txt']]);
      assert.equal(fs.readFileSync(outside, 'utf8'), 'not ours\n');
    }),
  );

  it(
    'what a session wrote is its own, also where another session’s hook saw it first, and a task’s is the task’s',
    inRepo(async (repo) => {
      repo.write('mine.txt', 'by a task of the first\n');
      silent(hook('codex', bash(repo, 'PreToolUse', 'ls', { session_id: 'other' })));
      const file = path.join(repo.folder, 'mine.txt');
      silent(hook('claude-code', write(repo, 'PostToolUse', file, { agent_id: 'task-7' })));
      const [latest] = await log(repo);
      assert.deepEqual(
        [latest?.session, latest?.agent, latest?.task, latest?.paths],
        [id, 'claude-code', 'task-7', ['mine.txt']],
      );
      const count = (await log(repo)).length;
      silent(hook('claude-code', write(repo, 'PostToolUse', file, { agent_id: 'task-7' })));
      assert.equal((await log(repo)).length, count, 'an event that comes twice counts once');
    }),
  );

  it(
    'a child with a session of its own is a task of its parent’s session',
    inRepo(async (repo) => {
      const call = (session: string, event: string, more: object): void => {
        silent(hook('copilot', { sessionId: session, cwd: repo.folder, ...more }, { event }));
      };
      call('parent', 'sessionStart', { source: 'new' });
      call('parent', 'subagentStart', { agentId: 'child', parentAgentId: 'parent' });
      repo.write('child.txt', 'by the child\n');
      const create = { toolName: 'create', toolArgs: { path: path.join(repo.folder, 'child.txt') } };
      call('child', 'postToolUse', create);
      const [latest] = await log(repo);
      assert.deepEqual([latest?.session, latest?.task, latest?.tool], ['parent', 'child', 'create']);

      const told = (type: string, properties: object): object => ({
        hook_event_name: type,
        cwd: repo.folder,
        event: { type, properties },
      });
      silent(
        hook('opencode', told('session.created', { sessionID: 'c2', info: { id: 'c2', parentID: 'p2' } })),
      );
      repo.write('child2.txt', 'by another child\n');
      const args = { filePath: path.join(repo.folder, 'child2.txt') };
      silent(
        hook('opencode', {
          hook_event_name: 'tool.execute.after',
          cwd: repo.folder,
          input: { tool: 'write', sessionID: 'c2', args },
        }),
      );
      const [second] = await log(repo);
      assert.deepEqual([second?.session, second?.task], ['p2', 'c2']);
    }),
  );

  it(
    'a file that the agent says its shell has changed is its own, also where another session saw it first',
    inRepo(async (repo) => {
      await repo.checkpoint();
      repo.write('by-shell.txt', 'made by the shell\n');
      repo.write('by-other.txt', 'made by another\n');
      await repo.checkpoint({ session: 'other' });
      repo.write('unseen.txt', 'the shell made this one, too\n');
      const changedFiles = [path.join(repo.folder, 'by-shell.txt')];
      const told = { tool_response: { bashEditDiff: { changedFiles } } };
      silent(hook('claude-code', bash(repo, 'PostToolUse', 'make', told)));
      const own = (await log(repo)).filter(({ session }) => session === id);
      assert.deepEqual(
        own.map(({ message, paths }) => [message, paths]),
        [
          ['Bash: what had changed since, inferred by comparing', []],
          ['Bash', ['by-shell.txt']],
        ],
      );
      assert.equal(held(repo, own[0]?.oid ?? '', 'unseen.txt'), 'the shell made this one, too\n');
    }),
  );
});
