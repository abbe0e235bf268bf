import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { AgentProcess, eventOf, hook, placed, recorded, silent, type Recorded } from '../agents/support';
import { belay, program, type Ended } from '../support/cli';
import { listCheckpoints } from '../../src/checkpoint/history';
import type { Checkpoint } from '../../src/checkpoint/model';
import { inRepo, type TestRepo } from '../support/repo';
import { readDecision } from '../../src/decisions/read';
import { endSession, leaseOfSession, takeOverSession } from '../../src/sessions/lifecycle';
import { answerDecision } from '../../src/sync/answer';
import { noticeFallen } from '../../src/sync/external';
import { Random } from '../support/random';

const id = 'a1b2';

/** A call of claude's, the shape that most agents share. */
function claude(repo: Pick<TestRepo, 'folder'>, event: string, more: object = {}): object {
  return { session_id: id, cwd: repo.folder, hook_event_name: event, ...more };
}

function write(repo: Pick<TestRepo, 'folder'>, event: string, file: string, more: object = {}): object {
  return claude(repo, event, {
    tool_name: 'Write',
    tool_input: { file_path: file },
    tool_use_id: 't',
    ...more,
  });
}

function bash(repo: Pick<TestRepo, 'folder'>, event: string, command: string, more: object = {}): object {
  return claude(repo, event, { tool_name: 'Bash', tool_input: { command }, tool_use_id: 't', ...more });
}

/** The checkpoints, newest first. */
async function log(repo: TestRepo): Promise<Checkpoint[]> {
  const worktree = await repo.worktree();
  return listCheckpoints(worktree, { worktreeKey: worktree.key });
}

/** What a checkpoint holds of a file. */
function held(repo: TestRepo, oid: string, name: string): string {
  return repo.tryGit('show', `${oid}:${name}`).output;
}

/** What a refusal says in an agent's own way; fails when the call was let through. */
function refusal(one: { code: number | null; out: string; err: string }): string {
  assert.equal(one.code, 0, one.err);
  assert.equal(one.err, '');
  assert.notEqual(one.out, '', 'the call was let through');
  return one.out;
}

describe('belay hook', function () {
  this.timeout(120_000);

  describe('covers the changes of every agent and tool shape', () => {
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
          assert.equal(latest.mode, event.tool.reach === 'edit' ? 'paths' : 'whole');
          assert.equal(/inferred/.test(latest.message), event.tool.reach !== 'edit');
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

  describe('before what destroys', () => {
    for (const command of [
      'git reset --hard HEAD~1',
      'git clean -fdx',
      'git checkout -f -- .',
      'git stash -u',
    ]) {
      it(
        `${command}: everything that is not ignored comes back with one restore`,
        inRepo(async (repo) => {
          repo.write('a.txt', 'a commit of the agent\n');
          repo.git('commit', '--all', '--quiet', '--message=Work');
          const head = repo.git('rev-parse', 'HEAD');
          repo.write('a.txt', 'not committed\n');
          repo.write('folder/b.txt', 'staged\n');
          repo.git('add', 'folder/b.txt');
          repo.write('new/untracked.txt', 'never added\n');
          const files = repo.diskEntries();
          silent(hook('claude-code', bash(repo, 'PreToolUse', command)));
          repo.git(...command.split(' ').slice(1));
          silent(hook('claude-code', bash(repo, 'PostToolUse', command)));
          assert.notDeepEqual(repo.diskEntries(), files);
          const [before] = (await log(repo)).filter(({ message }) => message === 'Before Bash');
          assert.ok(before);
          const restored = belay(repo, ['restore', before.oid, '--include-drifted']);
          assert.equal(restored.code, 0, restored.err);
          assert.deepEqual(repo.diskEntries(), files);
          const pinned = repo.git(
            'for-each-ref',
            '--format=%(objectname)',
            'refs/belay/backup/before-command/',
          );
          assert.equal(
            pinned.includes(head),
            /reset|stash|checkout/.test(command),
            'the commits are pinned where the command can drop some',
          );
          assert.equal(
            (await readDecision(await repo.worktree(), 'main'))?.status,
            undefined,
            'what was covered before is no question to a person',
          );
        }),
      );
    }

    it(
      'pins branches, stashes and commits of the logs, each once, and what a remote or tag has not at all',
      inRepo((repo) => {
        const pins = (): string[] =>
          repo
            .git('for-each-ref', '--format=%(objectname)', 'refs/belay/backup/before-command/')
            .split('\n')
            .filter((line) => line !== '');
        const call = (command: string): void => {
          silent(hook('claude-code', bash(repo, 'PreToolUse', command)));
        };
        repo.git('branch', 'side');
        repo.git('checkout', '--quiet', 'side');
        repo.write('a.txt', 'on the side\n');
        repo.git('commit', '--all', '--quiet', '--message=Side');
        const side = repo.git('rev-parse', 'side');
        repo.git('checkout', '--quiet', 'main');
        repo.write('a.txt', 'put away\n');
        repo.git('stash', '--quiet');
        const stash = repo.git('rev-parse', 'refs/stash');

        call('echo hello && ls -la');
        assert.deepEqual(pins(), [], 'a harmless command drops nothing');
        call('git status; git log --oneline; git commit -m "git reset"; git push origin main');
        assert.deepEqual(pins(), [], 'nor do these');
        call('bash -c "git branch -D side"');
        assert.ok(pins().includes(side));
        call('git stash drop');
        assert.ok(pins().includes(stash));
        const count = pins().length;
        call('git stash clear');
        call('git branch -D side');
        assert.equal(pins().length, count, 'each is pinned once');

        repo.git('branch', '--quiet', '-D', 'side');
        repo.git('stash', 'drop', '--quiet');
        repo.git('reflog', 'expire', '--expire=now', '--all');
        repo.git('gc', '--quiet', '--prune=now');
        assert.equal(repo.tryGit('cat-file', '-e', `${side}^{tree}`).code, 0);
        assert.equal(repo.tryGit('cat-file', '-e', `${stash}^{tree}`).code, 0);

        repo.git('tag', 'kept');
        repo.git('checkout', '--quiet', '--detach');
        repo.git('commit', '--quiet', '--allow-empty', '--message=Tagged');
        repo.git('tag', 'kept-too');
        call('git reset --hard kept');
        assert.equal(pins().length, count, 'a tag holds it');
      }),
    );

    it(
      'covers the other worktree that the command itself goes to, or removes',
      inRepo(async (repo) => {
        const linked = repo.link('beside');
        linked.write('unsaved.txt', 'in the other worktree\n');
        linked.git('commit', '--quiet', '--allow-empty', '--message=There');
        const there = linked.git('rev-parse', 'HEAD');
        silent(hook('claude-code', bash(repo, 'PreToolUse', `git worktree remove --force ${linked.folder}`)));
        const [other] = await log(linked);
        assert.equal(held(repo, other?.oid ?? '', 'unsaved.txt'), 'in the other worktree\n');
        assert.match(repo.git('for-each-ref', 'refs/belay/backup/before-command/'), new RegExp(there));
        linked.write('unsaved.txt', 'more\n');
        silent(hook('claude-code', bash(repo, 'PreToolUse', `cd ${linked.folder} && rm -rf .`)));
        const [again] = await log(linked);
        assert.equal(held(repo, again?.oid ?? '', 'unsaved.txt'), 'more\n');
      }),
    );

    it(
      'what an edit is about to overwrite is kept, too',
      inRepo(async (repo) => {
        repo.write('a.txt', 'a person’s work that nobody has saved\n');
        const file = path.join(repo.folder, 'a.txt');
        silent(hook('claude-code', write(repo, 'PreToolUse', file)));
        const [before] = await log(repo);
        assert.equal(before?.message, 'Before Write');
        assert.match(held(repo, before.oid, 'a.txt'), /nobody has saved/);
      }),
    );

    it(
      'a repository’s setting keeps chosen commands for a person',
      inRepo((repo) => {
        repo.git('config', 'belay.protect.reset', 'refuse');
        repo.git('config', 'belay.protect.clean', 'ask');
        const call = (command: string): string => {
          const ended = hook('claude-code', bash(repo, 'PreToolUse', command));
          assert.deepEqual([ended.code, ended.err], [0, '']);
          return ended.out;
        };
        assert.match(call('git reset --hard'), /"permissionDecision":"deny".*belay\.protect\.reset/);
        assert.match(call('git clean -fd'), /"permissionDecision":"ask"/);
        assert.equal(call('git stash'), '');
        assert.equal(call('git clean -n'), '');
      }),
    );
  });

  describe('holds', () => {
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

  describe('fences', () => {
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
          assert.equal(
            (await leaseOfSession(worktree, id))?.token,
            started?.token,
            'the same process goes on',
          );

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
        const taken = await takeOverSession(
          worktree,
          id,
          { owner: 'A person', agent: 'editor' },
          lease?.token,
        );
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
          Array.from({ length: 6 }, (_, at) => spawnHook(bash(repo, 'PreToolUse', `echo ${at}`))),
        );
        assert.deepEqual(
          ends.map(({ code, out }) => [code, out]),
          Array.from({ length: 6 }, () => [0, '']),
        );
        assert.equal(repo.git('for-each-ref', 'refs/belay/overflow/'), '', 'none was fenced');
      }),
    );
  });

  describe('never harms the agent', () => {
    it(
      'where there is no repository, no folder, no configuration, a bare repository, or no place to write',
      inRepo((repo) => {
        const bare = path.join(repo.base, 'bare.git');
        repo.git('init', '--quiet', '--bare', bare);
        for (const folder of [
          repo.base,
          bare,
          path.join(repo.base, 'nowhere'),
          '/',
          path.join(repo.folder, '.git'),
        ]) {
          silent(hook('claude-code', bash({ folder }, 'PreToolUse', 'ls')));
          silent(hook('claude-code', write({ folder }, 'PostToolUse', 'a.txt')));
        }
        repo.git('config', 'belay.hookTimeout', 'soon');
        silent(hook('claude-code', bash(repo, 'PreToolUse', 'ls')));
        fs.rmSync(path.join(repo.commonDir, 'belay'), { recursive: true, force: true });
        fs.writeFileSync(path.join(repo.commonDir, 'belay'), 'a file where Belay wants a folder');
        silent(hook('claude-code', bash(repo, 'PreToolUse', 'ls')));
        silent(hook('claude-code', write(repo, 'PostToolUse', 'a.txt')));
        silent(hook('claude-code', bash(repo, 'PreToolUse', 'ls'), { env: { PATH: '' } }));
        silent(
          hook('claude-code', bash(repo, 'PreToolUse', 'ls'), {
            env: { GIT_DIR: '/nowhere', GIT_INDEX_FILE: '/x' },
          }),
        );
      }),
    );

    it(
      'that leaks GIT_DIR: the repository is that of the payload’s folder',
      inRepo(async (repo) => {
        repo.write('a.txt', 'changed\n');
        const env = { GIT_DIR: '/nowhere', GIT_WORK_TREE: '/nowhere', GIT_INDEX_FILE: '/nowhere/index' };
        silent(hook('claude-code', bash(repo, 'PostToolUse', 'ls'), { env }));
        assert.equal((await log(repo)).length, 1);
      }),
    );

    it(
      'that closes the pipes, or ends the hook by a signal',
      inRepo(async (repo) => {
        for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
          const child = spawn(process.execPath, [program, 'hook', 'claude-code'], { stdio: 'pipe' });
          const over = new Promise((resolve) => {
            child.once('close', (code, killed) => {
              resolve([code, killed]);
            });
          });
          // It waits for its payload, which never comes.
          await new Promise((resolve) => setTimeout(resolve, 1_000));
          child.kill(signal);
          assert.deepEqual(await over, [0, null], signal);
        }
        repo.git('config', 'belay.protect.reset', 'refuse');
        const ended = await spawnHook(bash(repo, 'PreToolUse', 'git reset --hard'), { closeOutput: true });
        assert.deepEqual([ended.code, ended.err], [0, '']);
      }),
    );

    it(
      'the hook that closes its gap puts down what its own session wrote all the same, also where another one saw it first',
      inRepo(async (repo) => {
        await repo.checkpoint();
        repo.git('config', 'belay.hookTimeout', '1.5');
        repo.git('config', 'filter.slow.clean', 'sleep 30; cat');
        repo.git('config', 'filter.slow.required', 'true');
        repo.write('.gitattributes', '*.slow filter=slow\n');
        repo.write('x.slow', 'slow\n');
        silent(hook('claude-code', bash(repo, 'PostToolUse', 'ls')));
        assert.equal(gaps(repo).length, 1);
        repo.git('config', 'filter.slow.clean', 'cat');
        repo.write('a.txt', 'an edit\n');
        await repo.checkpoint({ session: 'other' });
        repo.write('seen-by-nobody.txt', 'changed meanwhile\n');
        silent(hook('claude-code', write(repo, 'PostToolUse', path.join(repo.folder, 'a.txt'))));
        const own = (await log(repo)).filter(({ session }) => session === id);
        assert.ok(own.some(({ paths }) => paths.includes('a.txt')));
        assert.match(own[0]?.message ?? '', /closes a gap/);
      }),
    );

    it(
      'by taking long: it gives up, and the next hook closes the gap',
      inRepo(async (repo) => {
        await repo.checkpoint();
        repo.git('config', 'belay.hookTimeout', '1.5');
        repo.git('config', 'filter.slow.clean', 'sleep 30; cat');
        repo.git('config', 'filter.slow.required', 'true');
        repo.write('.gitattributes', '*.slow filter=slow\n');
        repo.write('x.slow', 'slow\n');
        repo.write('seen-by-nobody.txt', 'changed meanwhile\n');
        const started = performance.now();
        silent(hook('claude-code', bash(repo, 'PostToolUse', 'ls')));
        assert.ok(performance.now() - started < 5_000, 'it gave up');
        assert.equal(gaps(repo).length, 1);
        repo.git('config', 'filter.slow.clean', 'cat');
        repo.write('a.txt', 'an edit\n');
        silent(hook('claude-code', write(repo, 'PostToolUse', path.join(repo.folder, 'a.txt'))));
        const [latest] = await log(repo);
        assert.ok(latest);
        assert.equal(latest.mode, 'whole');
        assert.match(latest.message, /closes a gap/);
        assert.equal(held(repo, latest.oid, 'seen-by-nobody.txt'), 'changed meanwhile\n');
        assert.deepEqual(gaps(repo), []);
      }),
    );

    it(
      'killed at random moments, nothing is half done and the next hook covers it',
      inRepo(async (repo) => {
        const random = new Random(99);
        for (let round = 0; round < 25; round += 1) {
          repo.write(`file-${round % 5}.txt`, `round ${round}\n`);
          const payload =
            round % 2 === 0
              ? bash(repo, 'PostToolUse', 'make')
              : write(repo, 'PostToolUse', path.join(repo.folder, `file-${round % 5}.txt`));
          await spawnHook(payload, { killAfter: 40 + random.below(300) });
        }
        const open = gaps(repo).length > 0;
        repo.write('file-1.txt', 'after all of them\n');
        silent(hook('claude-code', write(repo, 'PostToolUse', path.join(repo.folder, 'file-1.txt'))));
        assert.equal((await log(repo))[0]?.mode, open ? 'whole' : 'paths');
        silent(hook('claude-code', claude(repo, 'Stop')));
        const [latest] = await log(repo);
        assert.ok(latest);
        assert.deepEqual(repo.treeEntries(latest.oid), repo.diskEntries());
        assert.deepEqual(gaps(repo), []);
        const { code, output } = repo.tryGit('fsck', '--no-dangling', '--connectivity-only');
        assert.equal(code, 0, output);
      }),
    );
  });

  it(
    'stores nothing of a payload but ids, names of tools and paths',
    inRepo(async (repo) => {
      const secret = 'S3CRET-MARK';
      const env = { MY_TOKEN: `${secret}-env`, ANTHROPIC_API_KEY: `${secret}-key` };
      const spread = {
        prompt: `${secret}-prompt`,
        transcript_path: `/home/${secret}-transcript`,
        tool_response: { stdout: `${secret}-output` },
        last_assistant_message: `${secret}-said`,
        error: `${secret}-error`,
        initialPrompt: `${secret}-initial`,
        prompt_response: `${secret}-response`,
      };
      for (const one of recorded()) {
        const from = eventOf(one)?.session ?? '-none-';
        const payload = placed(one.payload, repo.folder, { from, to: `of-${one.agent}` });
        assert.ok(typeof payload === 'object');
        repo.write('bench-a1.txt', `${one.agent} ${one.event} ${one.tool}\n`);
        silent(hook(one.agent, { ...payload, ...spread }, { event: one.event, env }));
      }
      const file = path.join(repo.folder, 'a.txt');
      const more = { ...spread, tool_input: { file_path: file, content: `${secret}-content` } };
      const command = `curl -H "Authorization: ${secret}-bearer" x; git reset --hard`;
      const odd = { ...bash(repo, 'PostToolUse', command, spread), tool_name: `${secret} odd name!` };
      const calls = [
        write(repo, 'PostToolUse', file, more),
        bash(repo, 'PreToolUse', command, spread),
        bash(repo, 'PostToolUse', command, { ...spread, agent_id: 'task' }),
        odd,
      ];
      for (const [at, call] of calls.entries()) {
        repo.write('a.txt', `change ${at}\n`);
        const count = (await log(repo)).length;
        silent(hook('claude-code', call, { env }));
        assert.equal((await log(repo)).length, count + 1);
      }
      assert.ok((await log(repo)).length > 10);

      const objects = repo
        .gitBytes(['cat-file', '--batch', '--batch-all-objects', '--unordered'])
        .toString('latin1');
      assert.doesNotMatch(objects, new RegExp(secret));
      assert.doesNotMatch(objects, /BENCH agent|Bench session/);
      assert.doesNotMatch(repo.git('for-each-ref'), new RegExp(secret));
      for (const entry of fs.readdirSync(repo.commonDir, { recursive: true, withFileTypes: true })) {
        if (entry.isFile()) {
          const text = fs.readFileSync(path.join(entry.parentPath, entry.name), 'latin1');
          assert.ok(!text.includes(secret), path.join(entry.parentPath, entry.name));
        }
      }
    }),
  );

  function gaps(repo: TestRepo): string[] {
    return fs.readdirSync(path.join(repo.commonDir, 'belay', 'agents', 'gaps', 'main'));
  }
});

/** Starts a hook and goes on at once. */
function spawnHook(
  payload: object,
  options: { readonly closeOutput?: boolean; readonly killAfter?: number } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [program, 'hook', 'claude-code'], { stdio: 'pipe' });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  if (options.closeOutput === true) {
    child.stdout.destroy();
  }
  const timer =
    options.killAfter === undefined
      ? undefined
      : setTimeout(() => {
          child.kill('SIGKILL');
        }, options.killAfter);
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(payload));
  return new Promise((resolve) => {
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, out, err });
    });
  });
}
