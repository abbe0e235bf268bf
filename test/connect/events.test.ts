import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { expectAgent } from '../../src/agents/registry';
import { listCheckpoints } from '../../src/checkpoint/history';
import type { PersonalPlaces } from '../../src/agents/installation';
import { pluginText } from '../../src/agents/opencode/opencodePlugin';
import { eventOf, placed, recorded, type Recorded } from '../agents/support';
import { inRepo, type TestRepo } from '../support/repo';
import { asAgent, connect, personOf } from './support';

const silence = { code: 0, out: '', err: '' };
const session = { from: 'no-such-text', to: '' };

const grouped = v.object({
  hooks: v.record(
    v.string(),
    v.array(v.object({ hooks: v.array(v.object({ command: v.string(), timeout: v.number() })) })),
  ),
});
const flat = v.object({
  hooks: v.record(
    v.string(),
    v.array(v.object({ bash: v.optional(v.string()), command: v.optional(v.string()) })),
  ),
});

/** The events that a connected agent calls hooks for, with the command of each, as its own file says. */
function commandsOf(repo: Pick<TestRepo, 'folder'>, agent: string): Map<string, string> {
  const { installation } = expectAgent(agent);
  const folder = path.join(repo.folder, installation.project);
  const files = installation.files(agent).map(({ name }) => path.join(folder, name));
  if (agent === 'cline') {
    return new Map(files.map((file) => [path.basename(file), `'${file}'`]));
  }
  const value: unknown = JSON.parse(fs.readFileSync(files[0] ?? '', 'utf8'));
  const nested = v.safeParse(grouped, value);
  const entries = nested.success
    ? Object.entries(nested.output.hooks).map(([event, [one]]) => [event, one?.hooks[0]?.command] as const)
    : Object.entries(v.parse(flat, value).hooks).map(
        ([event, [one]]) => [event, one?.bash ?? one?.command] as const,
      );
  return new Map(entries.map(([event, command]) => [event, command ?? assert.fail(event)]));
}

/** A recorded call after an edit of a file of that name. */
function afterAnEdit(agent: string): { readonly one: Recorded; readonly file: string } {
  for (const one of recorded()) {
    const event = one.agent === agent && one.family === 'default' ? eventOf(one) : undefined;
    if (event?.kind === 'after_tool' && event.tool.reach === 'edit') {
      const [file = ''] = event.tool.paths;
      return { one, file: path.basename(file) };
    }
  }
  return assert.fail(agent);
}

async function checkpointed(repo: TestRepo): Promise<string[]> {
  const worktree = await repo.worktree();
  return (await listCheckpoints(worktree, { worktreeKey: worktree.key })).map(({ agent }) => agent);
}

const shells: Readonly<Record<string, readonly string[]>> = {
  'claude-code': ['/bin/sh'],
  codex: ['/bin/bash'],
  gemini: ['/bin/bash'],
  qwen: ['/bin/bash'],
  copilot: ['/bin/bash', '--norc', '--noprofile'],
  cline: ['/bin/sh'],
};

/** Loads the plugin as opencode does, calls it, and prints what came of each call. */
const harness = `
import { readFileSync } from 'node:fs';
const { Belay } = await import(process.argv[2]);
const { calls, directory } = JSON.parse(readFileSync(process.argv[3], 'utf8'));
const hooks = await Belay({ directory });
const results = [];
for (const [name, ...args] of calls) {
  try {
    await hooks[name](...args);
    results.push('went on');
  } catch (thrown) {
    results.push(thrown.message);
  }
}
process.stdout.write(JSON.stringify(results));
`;

function plugin(
  repo: TestRepo,
  personal: PersonalPlaces,
  calls: readonly (readonly unknown[])[],
): { readonly results: unknown; readonly err: string } {
  const script = path.join(repo.base, 'harness.mjs');
  const module = path.join(repo.base, 'belay-plugin.mjs');
  fs.writeFileSync(script, harness);
  fs.writeFileSync(module, pluginText('opencode'));
  const given = path.join(repo.base, 'calls.json');
  fs.writeFileSync(given, JSON.stringify({ calls, directory: repo.folder }));
  const { stdout, stderr } = spawnSync(process.execPath, [script, pathToFileURL(module).href, given], {
    env: { ...process.env, NODE_V8_COVERAGE: undefined, HOME: personal.home },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { results: JSON.parse(stdout), err: stderr };
}

describe('what connected agents run', () => {
  for (const [agent, shell] of Object.entries(shells)) {
    it(
      `${agent}: its configured command takes the checkpoint, and does nothing once Belay is gone`,
      inRepo(async (repo) => {
        const personal = personOf(repo, {}, 'a home with spaces');
        await connect(repo, personal, [agent]);
        const { one, file } = afterAnEdit(agent);
        const command = commandsOf(repo, agent).get(one.event) ?? assert.fail(one.event);
        repo.write(file, 'by the agent\n');
        const input = JSON.stringify(placed(one.payload, repo.folder, session));
        const options = { home: personal.home, input, cwd: repo.base };
        assert.deepEqual(asAgent(shell, command, options), silence);
        assert.deepEqual(await checkpointed(repo), [agent]);
        fs.rmSync(path.join(personal.home, '.belay'), { recursive: true });
        repo.write(file, 'and again\n');
        assert.deepEqual(asAgent(shell, command, options), silence);
        assert.deepEqual(asAgent(shell, command, { ...options, path: '/nonexistent' }), silence);
        assert.equal((await checkpointed(repo)).length, 1);
      }),
    );
  }

  it(
    'every event that an adapter reads is told, and no other one',
    inRepo(async (repo) => {
      await connect(repo, personOf(repo));
      for (const agent of Object.keys(shells)) {
        const told = new Set(commandsOf(repo, agent).keys());
        for (const one of recorded().filter((example) => example.agent === agent)) {
          assert.equal(told.has(one.event), eventOf(one) !== undefined, `${agent} ${one.event} ${one.tool}`);
        }
      }
    }),
  );

  it('copilot and VS Code read one folder, and do not fire for each other', () => {
    const copilot = { sessionId: 's', cwd: '/repo', timestamp: 1 };
    const vscode = {
      session_id: 's',
      cwd: '/repo',
      timestamp: '2026-11-20T12:00:00Z',
      hook_event_name: 'SessionStart',
    };
    // VS Code runs copilot's file, whose commands name the event.
    for (const event of ['sessionStart', 'agentStop', 'sessionEnd']) {
      const call = { event, environment: {} };
      assert.ok(expectAgent('copilot').adapter.read(copilot, call));
      assert.equal(expectAgent('copilot').adapter.read(vscode, call), undefined);
    }
    // copilot runs VS Code's file, whose events are in Pascal case: it then sends what claude would.
    const environment = { COPILOT_CLI: '1', COPILOT_HOOK_DIR: '/repo/.github/hooks' };
    const claudes = { ...vscode, source: 'new' };
    assert.ok(expectAgent('vscode').adapter.read(vscode, { event: undefined, environment: {} }));
    for (const name of ['vscode', 'claude-code']) {
      assert.equal(expectAgent(name).adapter.read(claudes, { event: undefined, environment }), undefined);
    }
  });

  describe('opencode’s plugin', () => {
    const edit = { tool: 'write', sessionID: 'ses_1', callID: 'c' };
    const args = (repo: TestRepo, name: string): object => ({
      filePath: path.join(repo.folder, name),
      content: 'x',
    });

    it(
      'takes checkpoints through the real hook, and does nothing once Belay is gone',
      inRepo(async (repo) => {
        const personal = personOf(repo, {}, 'a home with spaces');
        await connect(repo, personal, ['opencode']);
        assert.equal(repo.read('.opencode/plugins/belay.js').toString(), pluginText('opencode'));
        repo.write('new.txt', 'by opencode\n');
        const created = { type: 'session.created', properties: { info: { id: 'ses_1' } } };
        const calls = [
          ['event', { event: created }],
          ['event', { event: { type: 'file.edited', properties: { file: 'x' } } }],
          ['event', {}],
          ['tool.execute.before', edit, { args: args(repo, 'new.txt') }],
          ['tool.execute.after', { ...edit, args: args(repo, 'new.txt') }, { output: 'done' }],
          ['event', { event: { type: 'session.idle', properties: { sessionID: 'ses_1' } } }],
        ];
        const every = calls.map(() => 'went on');
        assert.deepEqual(plugin(repo, personal, calls), { results: every, err: '' });
        const taken = await checkpointed(repo);
        assert.ok(taken.length >= 1 && taken.every((agent) => agent === 'opencode'), taken.join());
        fs.rmSync(path.join(personal.home, '.belay'), { recursive: true });
        repo.write('new.txt', 'more\n');
        assert.deepEqual(plugin(repo, personal, calls), { results: every, err: '' });
        assert.equal((await checkpointed(repo)).length, taken.length);
      }),
    );

    for (const [what, script, results] of [
      [
        'a refusal is thrown, before a tool only',
        `cat >/dev/null; echo '{"deny": "not now"}'`,
        ['not now', 'went on'],
      ],
      ['a hook that fails', 'exit 3', ['went on', 'went on']],
      ['a hook that is killed', 'kill -9 $$', ['went on', 'went on']],
      ['a hook that prints something else', 'echo "no JSON"; echo "{}" >&2', ['went on', 'went on']],
      ['a hook that refuses in another way', `echo '{"deny": 1}'`, ['went on', 'went on']],
      ['a hook whose interpreter is gone', '', ['went on', 'went on']],
    ] as const) {
      it(
        what,
        inRepo((repo) => {
          const personal = personOf(repo);
          const file = path.join(personal.home, '.belay', 'hook');
          fs.mkdirSync(path.dirname(file));
          fs.writeFileSync(file, script === '' ? '#!/nonexistent/sh\n' : `#!/bin/sh\n${script}\n`);
          fs.chmodSync(file, 0o755);
          // More than a pipe takes, which nobody may read.
          const large = { args: { content: 'x'.repeat(90_000) } };
          const calls = [
            ['tool.execute.before', edit, large],
            ['tool.execute.after', { ...edit, ...large }, {}],
          ];
          assert.deepEqual(plugin(repo, personal, calls), { results, err: '' });
        }),
      );
    }
  });
});
