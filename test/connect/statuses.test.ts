import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { heardAt, noteHeard } from '../../src/agents/heard';
import { codexHash } from '../../src/agents/codex/codexTrust';
import { hookCommand } from '../../src/agents/hookCommand';
import type { PersonalPlaces } from '../../src/agents/installation';
import type { AgentStatus, NoteKind } from '../../src/connect/connectionModel';
import { agentStatuses } from '../../src/connect/statuses';
import { inRepo, type TestRepo } from '../support/repo';
import { connect, disconnect, personOf, target } from './support';

async function status(repo: TestRepo, personal: PersonalPlaces, agent: string): Promise<AgentStatus> {
  const found = (await agentStatuses(await repo.worktree(), personal)).find((one) => one.agent === agent);
  return found ?? assert.fail(agent);
}

async function kinds(repo: TestRepo, personal: PersonalPlaces, agent: string): Promise<NoteKind[]> {
  return (await status(repo, personal, agent)).notes.map(({ kind }) => kind);
}

async function about(
  repo: TestRepo,
  personal: PersonalPlaces,
  agent: string,
  kind: NoteKind,
): Promise<unknown[]> {
  const { notes } = await status(repo, personal, agent);
  return notes.filter((note) => note.kind === kind).map((note) => note.about);
}

function put(file: string, text: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

/** A process that is called as an agent's program is, and does nothing. */
async function pretend(
  repo: TestRepo,
  name: string,
  cwd: string,
  interpreted: boolean,
): Promise<ChildProcess> {
  const file = path.join(repo.base, 'bin', name);
  if (interpreted) {
    put(file, 'process.stdout.write("up"); setTimeout(() => undefined, 120000);');
  } else {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.copyFileSync(process.execPath, file);
  }
  const idle = 'process.stdout.write("up"); setTimeout(() => undefined, 120000);';
  const args = interpreted ? ['--no-warnings', file] : ['-e', idle];
  const child = spawn(interpreted ? process.execPath : file, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  const over = once(child, 'exit');
  child.kill('SIGKILL');
  await over;
}

describe('what is told about agents', () => {
  it(
    'where each is connected, whether it is installed, used, and heard of',
    inRepo(async (repo) => {
      const bin = path.join(repo.base, 'bin');
      const personal = personOf(repo, { PATH: `relative${path.delimiter}${bin}` });
      put(path.join(bin, 'codex'), '#!/bin/sh\n');
      put(path.join(bin, 'gemini'), '#!/bin/sh\n');
      fs.chmodSync(path.join(bin, 'codex'), 0o755);
      repo.link('other');
      await connect(repo, personal, ['codex']);
      const before = await status(repo, personal, 'codex');
      assert.equal(before.program, path.join(bin, 'codex'));
      assert.equal((await status(repo, personal, 'gemini')).program, undefined, 'it may not be run');
      assert.deepEqual(
        before.connections.map(({ level, worktree, state }) => [level, worktree, state]),
        [
          ['project', 'main', 'connected'],
          ['project', 'other', 'connected'],
        ],
      );
      assert.deepEqual([before.used, before.heardAt], [true, undefined]);
      assert.ok(before.notes.some(({ kind }) => kind === 'never_heard'));
      // A file's time is as coarse as the kernel's tick.
      const start = Date.now() - 100;
      await noteHeard((await repo.worktree()).repository, 'codex');
      const after = await status(repo, personal, 'codex');
      assert.ok(after.heardAt !== undefined && after.heardAt >= start && after.heardAt <= Date.now() + 1);
      assert.ok(!after.notes.some(({ kind }) => kind === 'never_heard'));
      assert.equal((await status(repo, personal, 'claude-code')).used, false);
      await repo.checkpoint({ session: 's', agent: 'claude-code' });
      assert.equal((await status(repo, personal, 'claude-code')).used, true);
      assert.deepEqual((await status(repo, personal, 'vscode')).connections, []);
    }),
  );

  it(
    'both levels, a worktree that is missing, entries that are missing, a file that cannot be understood',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      await connect(repo, personal, ['claude-code', 'cline']);
      const other = repo.link('other');
      assert.deepEqual(await about(repo, personal, 'claude-code', 'worktree_missing'), [other.folder]);
      await connect(repo, personal, ['claude-code'], 'user');
      assert.deepEqual(await about(repo, personal, 'claude-code', 'worktree_missing'), []);
      assert.ok((await kinds(repo, personal, 'claude-code')).includes('double'));
      assert.ok(!(await kinds(repo, personal, 'cline')).includes('double'));
      const file = path.join(repo.folder, '.claude', 'settings.json');
      fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('"Stop"', '"Other"'));
      assert.deepEqual(await about(repo, personal, 'claude-code', 'partial'), [file]);
      fs.rmSync(path.join(repo.folder, '.cline', 'hooks', 'PreToolUse'));
      assert.deepEqual(await about(repo, personal, 'cline', 'partial'), [
        path.join(repo.folder, '.cline', 'hooks'),
      ]);
      fs.writeFileSync(file, '{');
      assert.deepEqual(await about(repo, personal, 'claude-code', 'config_unreadable'), [file]);
    }),
  );

  it(
    'a worktree whose commit holds the connected file needs nothing',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      await connect(repo, personal, ['claude-code', 'cline']);
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=Connected');
      repo.link('other');
      assert.deepEqual((await connect(repo, personal, ['claude-code', 'cline'])).changes, []);
    }),
  );

  it(
    'the program that the hooks call is gone',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      await connect(repo, personal, ['qwen']);
      assert.ok(!(await kinds(repo, personal, 'qwen')).includes('launcher_missing'));
      fs.rmSync(path.join(personal.home, '.belay'), { recursive: true });
      assert.ok((await kinds(repo, personal, 'qwen')).includes('launcher_missing'));
      assert.deepEqual(await kinds(repo, personal, 'claude-code'), [], 'it is not connected');
      assert.equal(
        (await connect(repo, personal, ['qwen'])).program?.file,
        path.join(personal.home, '.belay', 'hook'),
      );
    }),
  );

  it(
    'a process that works here and is not heard, whether a program or a script of one',
    inRepo(async (repo) => {
      if (process.platform !== 'linux') {
        return;
      }
      const personal = personOf(repo);
      const agents = ['claude-code', 'gemini'];
      await connect(repo, personal, agents);
      const { repository } = await repo.worktree();
      const children = [
        await pretend(repo, 'claude', repo.folder, false),
        await pretend(repo, 'gemini', repo.folder, true),
      ];
      const silent = async (): Promise<unknown[]> => [
        await about(repo, personal, 'claude-code', 'not_firing'),
        await about(repo, personal, 'gemini', 'not_firing'),
      ];
      try {
        assert.deepEqual(await silent(), [[], []], 'they have only just started');
        await new Promise((resolve) => setTimeout(resolve, 15_500));
        const both = children.map(({ pid }) => [`process ${pid}`]);
        assert.deepEqual(await silent(), both);
        await Promise.all(agents.map((agent) => noteHeard(repository, agent)));
        assert.deepEqual(await silent(), [[], []]);
        // What was heard before it started was of another one.
        const long = new Date(Date.now() - 3_600_000);
        fs.utimesSync(path.join(repository.belayDir, 'agents', 'heard', 'gemini'), long, long);
        assert.deepEqual(await silent(), [[], both[1]]);
        await disconnect(repo, personal);
        assert.deepEqual(await silent(), [[], []], 'who is not connected is not expected to tell');
      } finally {
        await Promise.all(children.map(end));
      }
    }),
  );

  it(
    'a process in a subfolder, whose agent does not load the project’s hooks there',
    inRepo(async (repo) => {
      if (process.platform !== 'linux') {
        return;
      }
      const personal = personOf(repo);
      await connect(repo, personal, ['gemini', 'codex']);
      const below = path.join(repo.folder, 'folder');
      const children = [
        await pretend(repo, 'gemini', below, true),
        await pretend(repo, 'codex', below, true),
        await pretend(repo, 'qwen', repo.base, true),
      ];
      try {
        assert.deepEqual(await about(repo, personal, 'gemini', 'wrong_level'), [below]);
        assert.deepEqual(await about(repo, personal, 'codex', 'wrong_level'), []);
        await connect(repo, personal, ['qwen']);
        assert.deepEqual(await about(repo, personal, 'qwen', 'wrong_level'), [], 'it works elsewhere');
        await connect(repo, personal, ['gemini'], 'user');
        assert.deepEqual(await about(repo, personal, 'gemini', 'wrong_level'), []);
      } finally {
        await Promise.all(children.map(end));
      }
    }),
  );

  it(
    'that an agent was heard is put down once in a while, and never fails',
    inRepo(async (repo) => {
      const { repository } = await repo.worktree();
      await noteHeard(repository, 'codex');
      const file = path.join(repository.belayDir, 'agents', 'heard', 'codex');
      const first = fs.statSync(file, { bigint: true });
      await noteHeard(repository, 'codex');
      const second = fs.statSync(file, { bigint: true });
      assert.deepEqual([second.mtimeNs, second.ctimeNs], [first.mtimeNs, first.ctimeNs]);
      // A time to come, as after a step of the clock, does not silence it for ever.
      const later = new Date(Date.now() + 3_600_000);
      fs.utimesSync(file, later, later);
      await noteHeard(repository, 'codex');
      assert.ok(((await heardAt(repository, 'codex')) ?? Infinity) <= Date.now() + 1);
      fs.rmSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(path.dirname(file), 'in the way');
      await noteHeard(repository, 'codex');
      assert.equal(await heardAt(repository, 'codex'), undefined);
    }),
  );
});

describe('what agents want before they run hooks', () => {
  it('codex: the hash of each hook, by the rule that the real program was seen to follow', () => {
    // {"event_name":"stop","hooks":[{"async":false,"command":"true","timeout":600,"type":"command"}]}
    assert.equal(
      codexHash({ event: 'stop', matcher: undefined, command: 'true', timeout: undefined }),
      'sha256:2ba34c7a02841fada06b868a093d041fd3d9de81883c789a321916b0aa118851',
    );
    assert.notEqual(
      codexHash({ event: 'session_end', matcher: undefined, command: 'true', timeout: undefined }),
      codexHash({ event: 'session_end', matcher: undefined, command: 'true', timeout: 600 }),
    );
  });

  it(
    'codex: every hook must be approved, in the place where it stands, and the project trusted',
    inRepo(async (repo) => {
      const home = path.join(repo.base, 'codex-home');
      const personal = personOf(repo, { CODEX_HOME: home });
      repo.write(
        '.codex/hooks.json',
        '{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "mine"}]}]}}\n',
      );
      const plan = await connect(repo, personal, ['codex']);
      const file = path.join(repo.folder, '.codex', 'hooks.json');
      const kindsOf = (notes: readonly { readonly kind: NoteKind }[]): NoteKind[] =>
        notes.map(({ kind }) => kind);
      assert.deepEqual(kindsOf(plan.notes), ['wants_folder_trust', 'wants_hash_approval']);
      const events = [
        'session_start',
        'pre_tool_use',
        'post_tool_use',
        'stop',
        'subagent_start',
        'subagent_stop',
        'user_prompt_submit',
        'interrupt',
        'session_end',
      ];
      const config = (groupOfStop: number): string =>
        [
          `[projects."${repo.folder}"]\ntrust_level = "trusted"\n`,
          ...events.map((event) => {
            const hash = codexHash({ event, matcher: undefined, command: hookCommand('codex'), timeout: 30 });
            const group = event === 'stop' ? groupOfStop : 0;
            return `[hooks.state."${file}:${event}:${group}:0"]\ntrusted_hash = "${hash}"\n`;
          }),
        ].join('\n');
      put(path.join(home, 'config.toml'), config(0));
      assert.ok((await kinds(repo, personal, 'codex')).includes('wants_hash_approval'), 'not in its place');
      put(path.join(home, 'config.toml'), config(1));
      assert.deepEqual(await kinds(repo, personal, 'codex'), ['never_heard']);
      fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('"timeout":30', '"timeout":31'));
      assert.ok((await kinds(repo, personal, 'codex')).includes('wants_hash_approval'), 'another definition');
      put(path.join(home, 'config.toml'), 'this is = = no TOML');
      assert.ok((await kinds(repo, personal, 'codex')).includes('wants_hash_approval'));
      put(path.join(home, 'config.toml'), '[features]\nhooks = false\n');
      assert.deepEqual(await about(repo, personal, 'codex', 'hooks_off'), [path.join(home, 'config.toml')]);
      // Belay never writes an approval.
      assert.deepEqual(fs.readdirSync(home), ['config.toml']);
    }),
  );

  it(
    'trust in a folder, where each agent records it',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      const agents = ['claude-code', 'gemini', 'copilot', 'qwen', 'opencode', 'cline'];
      await connect(repo, personal, agents);
      const wanting = async (): Promise<string[]> =>
        (await agentStatuses(await repo.worktree(), personal))
          .filter(({ notes }) => notes.some(({ kind }) => kind === 'wants_folder_trust'))
          .map(({ agent }) => agent);
      assert.deepEqual(await wanting(), ['claude-code', 'gemini', 'copilot']);
      put(
        path.join(personal.home, '.claude.json'),
        JSON.stringify({ projects: { [repo.folder]: { hasTrustDialogAccepted: false } } }),
      );
      assert.deepEqual(await wanting(), ['claude-code', 'gemini', 'copilot']);
      put(
        path.join(personal.home, '.claude.json'),
        JSON.stringify({ projects: { [repo.folder]: { hasTrustDialogAccepted: true } } }),
      );
      assert.deepEqual(await wanting(), ['gemini', 'copilot']);
      put(
        path.join(personal.home, '.gemini', 'trustedFolders.json'),
        JSON.stringify({ [repo.base]: 'TRUST_FOLDER' }),
      );
      assert.deepEqual(await wanting(), ['copilot']);
      put(
        path.join(personal.home, '.gemini', 'trustedFolders.json'),
        JSON.stringify({ [repo.base]: 'TRUST_FOLDER', [repo.folder]: 'DO_NOT_TRUST' }),
      );
      assert.deepEqual(await wanting(), ['gemini', 'copilot']);
      put(
        path.join(personal.home, '.copilot', 'config.json'),
        JSON.stringify({ trusted_folders: [repo.folder] }),
      );
      assert.deepEqual(await wanting(), ['gemini']);
      await disconnect(repo, personal, undefined, 'project');
      await connect(repo, personal, agents, 'user');
      assert.deepEqual(await wanting(), [], 'a person’s own hooks need no trust in a folder');
    }),
  );

  it(
    'hooks that the agent’s own settings switch off',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      repo.write('.claude/settings.local.json', '{ "disableAllHooks": true } // for now\n');
      repo.write('.gemini/settings.json', '{ "hooksConfig": { "enabled": false } }');
      const plan = await connect(repo, personal, ['claude-code', 'gemini']);
      assert.deepEqual(
        plan.notes.filter(({ kind }) => kind === 'hooks_off').map((note) => note.about),
        [
          path.join(repo.folder, '.claude', 'settings.local.json'),
          path.join(repo.folder, '.gemini', 'settings.json'),
        ],
      );
      assert.deepEqual(
        plan.notes.filter(({ kind }) => kind === 'wrong_level').map(({ agent }) => agent),
        ['claude-code', 'gemini'],
      );
    }),
  );

  it(
    'what is connected in the home, and switched off in a worktree',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      const other = repo.link('other');
      await connect(repo, personal, ['claude-code', 'gemini', 'codex'], 'user');
      assert.deepEqual(await about(repo, personal, 'claude-code', 'hooks_off'), []);
      repo.write('.claude/settings.local.json', '{ "disableAllHooks": true }');
      other.write('.claude/settings.json', '{ "disableAllHooks": true }');
      other.write('.gemini/settings.json', '{ "hooksConfig": { "enabled": false } }');
      assert.deepEqual(
        (await about(repo, personal, 'claude-code', 'hooks_off')).toSorted(),
        [
          path.join(other.folder, '.claude', 'settings.json'),
          path.join(repo.folder, '.claude', 'settings.local.json'),
        ].toSorted(),
      );
      assert.deepEqual(await about(repo, personal, 'gemini', 'hooks_off'), [
        path.join(other.folder, '.gemini', 'settings.json'),
      ]);
    }),
  );

  for (const [what, settings, off] of [
    ['hooks at all', { 'chat.useHooks': false }, { project: true, user: true }],
    [
      'the project’s folder',
      { 'chat.hookFilesLocations': { '.github/hooks': false } },
      { project: true, user: false },
    ],
    [
      'the home’s folder',
      { 'chat.hookFilesLocations': { '~/.copilot/hooks': false } },
      { project: false, user: true },
    ],
    ['nothing', { 'chat.hookFilesLocations': { '.github/hooks': true } }, { project: false, user: false }],
  ] as const) {
    it(
      `VS Code’s settings, of the person or the project, that switch off ${what}`,
      inRepo(async (repo) => {
        const personal = personOf(repo, {
          XDG_CONFIG_HOME: path.join(repo.base, 'config'),
          APPDATA: path.join(repo.base, 'config'),
        });
        const machine = path.join(personal.home, '.vscode-server', 'data', 'Machine', 'settings.json');
        const project = path.join(repo.folder, '.vscode', 'settings.json');
        const text = `// mine\n${JSON.stringify(settings)}`;
        for (const level of ['project', 'user'] as const) {
          await connect(repo, personal, ['vscode'], level);
          for (const file of [machine, project]) {
            put(file, text);
            assert.deepEqual(
              await about(repo, personal, 'vscode', 'hooks_off'),
              off[level] ? [file] : [],
              `${level} ${file}`,
            );
            fs.rmSync(file);
          }
          await disconnect(repo, personal);
        }
      }),
    );
  }

  it(
    'agents that were not tried with the real program say so',
    inRepo(async (repo) => {
      const plan = await connect(repo, personOf(repo));
      assert.deepEqual(
        plan.notes.filter(({ kind }) => kind === 'not_verified').map(({ agent }) => agent),
        ['cursor', 'vscode'],
      );
      assert.equal(target.script, path.resolve('dist/hook.js'));
    }),
  );
});
