import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { hookCommand } from '../../src/agents/hookCommand';
import { allAgents, asAgent, listing } from '../connect/support';
import { belay, json, type Ended } from '../support/cli';
import { inRepo, type TestRepo } from '../support/repo';

const note = v.strictObject({
  agent: v.string(),
  kind: v.picklist([
    'wants_folder_trust',
    'wants_hash_approval',
    'wrong_level',
    'double',
    'partial',
    'lacks_events',
    'worktree_missing',
    'never_heard',
    'heard_unknown',
    'not_firing',
    'hooks_off',
    'launcher_missing',
    'not_verified',
    'config_unreadable',
  ]),
  about: v.nullable(v.string()),
  what: v.string(),
  next: v.nullable(v.string()),
});
const level = v.picklist(['project', 'user']);
const plan = v.strictObject({
  level: v.nullable(level),
  agents: v.array(v.string()),
  dryRun: v.boolean(),
  changes: v.array(
    v.strictObject({
      agent: v.nullable(v.string()),
      level: v.nullable(level),
      worktree: v.nullable(v.string()),
      file: v.string(),
      leadsTo: v.nullable(v.string()),
      change: v.picklist(['created', 'changed', 'removed']),
      executable: v.boolean(),
      diff: v.string(),
    }),
  ),
  obstacles: v.array(
    v.strictObject({
      agent: v.string(),
      file: v.string(),
      reason: v.picklist([
        'config_unreadable',
        'config_unexpected',
        'config_not_ours',
        'config_link',
        'config_read_only',
      ]),
      detail: v.string(),
      next: v.string(),
    }),
  ),
  notes: v.array(note),
});
const agents = v.array(
  v.strictObject({
    agent: v.string(),
    verified: v.boolean(),
    program: v.nullable(v.string()),
    used: v.boolean(),
    connections: v.array(
      v.strictObject({
        level,
        worktree: v.nullable(v.string()),
        file: v.string(),
        state: v.picklist(['connected', 'partial', 'unreadable']),
      }),
    ),
    heardAt: v.nullable(v.pipe(v.string(), v.isoTimestamp())),
    notes: v.array(note),
    /** That looks take too long is tested where they do (test/cli/slowScans.test.ts). */
    slow: v.null(),
  }),
);
const refusal = v.object({ error: v.object({ reason: v.string(), message: v.string() }) });

function refused(ended: Ended, reason: string, code: number): string {
  assert.equal(ended.code, code, ended.err + ended.out);
  assert.match(
    ended.err,
    /^belay: .+\n(?: {2}Done before that: .+\n)? {2}(?:Nothing was changed\.|Unchanged: |May have changed|Nothing is known).*\n {2}What to do: .+\n$/,
  );
  const { error } = v.parse(refusal, JSON.parse(ended.out));
  assert.equal(error.reason, reason);
  return error.message;
}

/** The person of this test: a home of their own, and no agent on PATH but git's folder's. */
function person(
  repo: TestRepo,
  more: NodeJS.ProcessEnv = {},
): { readonly env: NodeJS.ProcessEnv & { readonly PATH: string }; readonly home: string } {
  const home = path.join(repo.base, 'home');
  fs.mkdirSync(home, { recursive: true });
  const bin = path.join(repo.base, 'bin');
  fs.mkdirSync(bin, { recursive: true });
  const git = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, 'git'))
    .find((file) => fs.existsSync(file));
  if (!fs.existsSync(path.join(bin, 'git'))) {
    fs.symlinkSync(git ?? assert.fail('no git'), path.join(bin, 'git'));
  }
  return { home, env: { HOME: home, PATH: bin, ...more } };
}

describe('the command line: connecting agents', () => {
  it(
    'connects, lists and disconnects as the contract says, in all worktrees, from a subfolder',
    inRepo((repo) => {
      const { env, home } = person(repo);
      const other = repo.link('other');
      const options = { env, cwd: path.join(repo.folder, 'folder') };
      const before = listing(repo.base);
      const dry = json(plan, belay(repo, ['connect', ...allAgents, '--dry-run', '--json'], options));
      assert.deepEqual([dry.level, dry.dryRun, dry.agents], ['project', true, allAgents]);
      assert.deepEqual(listing(repo.base), before, 'a dry run writes nothing');

      const done = json(plan, belay(repo, ['connect', ...allAgents, '--json'], options));
      assert.deepEqual(done, { ...dry, dryRun: false });
      const [program, first, second] = done.changes;
      assert.deepEqual(
        [program?.agent, program?.file, program?.executable],
        [null, path.join(home, '.belay', 'hook'), true],
      );
      assert.match(fs.readFileSync(program?.file ?? '', 'utf8'), /dist\/hook\.js/);
      assert.deepEqual(
        [first?.file, first?.worktree, second?.file, second?.worktree],
        [
          path.join(repo.folder, '.claude', 'settings.json'),
          'main',
          path.join(other.folder, '.claude', 'settings.json'),
          'other',
        ],
      );
      assert.match(
        first?.diff ?? '',
        /^--- \/dev\/null\n\+\+\+ \/.+\/\.claude\/settings\.json\n@@ -0,0 \+1,\d+ @@\n\+\{\n/,
      );

      const twice = belay(repo, ['connect', ...allAgents, '--json'], options);
      assert.deepEqual(json(plan, twice).changes, []);
      assert.match(belay(repo, ['connect', 'codex'], options).out, /^Nothing to change\.\n/);

      const listed = json(agents, belay(repo, ['agents', '--json'], options));
      assert.deepEqual(
        listed.map((one) => [one.agent, one.connections.map(({ state }) => state)]),
        allAgents.map((agent) => [agent, ['connected', 'connected']]),
      );
      assert.match(
        belay(repo, ['agents'], options).out,
        /^AGENT +PROGRAM +CONNECTED +LAST HEARD\nclaude-code +- +main, other +-\n/,
      );

      const undone = json(plan, belay(repo, ['disconnect', '--json'], options));
      assert.ok(undone.changes.every(({ change }) => change === 'removed'));
      assert.deepEqual(
        listing(repo.base).filter((line) => !line.startsWith(path.join(home, '.belay'))),
        before,
      );
      assert.match(belay(repo, ['disconnect'], options).out, /^Nothing to change\.\n/);
    }),
  );

  it(
    'says in text what is written, where, and what is still wanted',
    inRepo((repo) => {
      const { env } = person(repo);
      repo.write('.claude/settings.json', '{\r\n  "model": "x" // \u001b[2J\r\n}\r\n');
      const dry = belay(repo, ['connect', 'claude-code', '--dry-run'], { env }).out;
      assert.match(dry, /^Would write:\n {2}created {2}\/.+\/\.belay\/hook/);
      assert.match(dry, /\n {2}changed {2}\/.+settings\.json {2}\(claude-code, worktree main\)\n/);
      assert.match(dry, /\n\+ {2}"hooks": \{\n/);
      assert.match(dry, /\nThis was a dry run: nothing was written\.\n/);
      assert.match(
        dry,
        /\nBefore they run the hooks:\n {2}claude-code runs a project's hooks only in a folder that it trusts/,
      );
      assert.ok(!dry.includes('\r') && !dry.includes('\u001b') && dry.includes('\ufffd[2J'));
      assert.match(belay(repo, ['connect', 'claude-code'], { env }).out, /^Written:\n/);
    }),
  );

  it(
    'refuses what it does not know, and finds nothing where there is nothing',
    inRepo((repo) => {
      const { env } = person(repo);
      const unknown = belay(repo, ['connect', 'claude', '--json'], { env });
      assert.match(refused(unknown, 'unknown_agent', 2), /claude-code, codex, gemini, copilot, opencode/);
      refused(belay(repo, ['disconnect', 'x', '--json'], { env }), 'unknown_agent', 2);
      refused(belay(repo, ['disconnect', '--user', '--project', '--json'], { env }), 'usage', 2);
      const none = refused(belay(repo, ['connect', '--json'], { env }), 'no_agents', 1);
      for (const agent of allAgents) {
        assert.ok(none.includes(agent), agent);
      }
      assert.equal(belay(repo, ['connect', '--nonsense'], { env }).code, 2);
      refused(belay(repo, ['connect', 'codex', '--json'], { env, cwd: repo.base }), 'not_a_repository', 1);
    }),
  );

  it(
    'finds the agents by PATH, by their folder in the home, and by their traces in the repository',
    inRepo(async (repo) => {
      const { env, home } = person(repo);
      fs.writeFileSync(path.join(repo.base, 'bin', 'codex'), '#!/bin/sh\n', { mode: 0o755 });
      fs.mkdirSync(path.join(home, '.qwen'));
      repo.write('.gemini/notes.md', 'x\n');
      await repo.checkpoint({ session: 's', agent: 'cline' });
      assert.deepEqual(json(plan, belay(repo, ['connect', '--dry-run', '--json'], { env })).agents, [
        'codex',
        'gemini',
        'qwen',
        'cline',
      ]);
    }),
  );

  it(
    'one file that is left alone: the others are done, and the exit code says that something is left to do',
    inRepo((repo) => {
      const { env } = person(repo);
      repo.write('.claude/settings.json', '{ "hooks": [] }');
      const ended = belay(repo, ['connect', 'claude-code', 'codex', '--json'], { env });
      assert.equal(ended.code, 1, ended.err);
      const found = v.parse(plan, JSON.parse(ended.out));
      assert.deepEqual(
        found.obstacles.map(({ agent, reason }) => [agent, reason]),
        [['claude-code', 'config_unexpected']],
      );
      assert.ok(fs.existsSync(path.join(repo.folder, '.codex', 'hooks.json')));
      const text = belay(repo, ['connect', 'claude-code', 'codex'], { env });
      assert.equal(text.code, 1);
      assert.match(
        text.out,
        /^Nothing else to change\.\n\nLeft alone:\n {2}\/.+settings\.json {2}\(claude-code\): /,
      );
    }),
  );

  it(
    'a home that refuses: it fails, and nothing is connected',
    inRepo((repo) => {
      const { env, home } = person(repo);
      fs.writeFileSync(path.join(home, '.belay'), 'in the way');
      const before = listing(repo.folder);
      refused(belay(repo, ['connect', 'codex', '--json'], { env }), 'config_not_written', 3);
      assert.deepEqual(listing(repo.folder), before);
    }),
  );

  it(
    'the user’s level: where the environment says, outside of repositories too, and loudly taken away',
    inRepo((repo) => {
      const elsewhere = path.join(repo.base, 'elsewhere');
      const { env, home } = person(repo, {
        CLAUDE_CONFIG_DIR: path.join(elsewhere, 'claude'),
        CODEX_HOME: path.join(elsewhere, 'codex'),
        COPILOT_HOME: path.join(elsewhere, 'copilot'),
        XDG_CONFIG_HOME: path.join(elsewhere, 'config'),
      });
      const before = listing(repo.base);
      const options = { env, cwd: repo.base };
      const done = json(plan, belay(repo, ['connect', ...allAgents, '--user', '--json'], options));
      const places = new Set(done.changes.map(({ file }) => path.dirname(path.relative(repo.base, file))));
      assert.deepEqual([...places].sort(), [
        'elsewhere/claude',
        'elsewhere/codex',
        'elsewhere/config/opencode/plugins',
        'elsewhere/copilot/hooks',
        'home/.belay',
        'home/.cline/hooks',
        'home/.cursor',
        'home/.gemini',
        'home/.qwen',
      ]);
      assert.ok(done.notes.every(({ kind }) => kind === 'not_verified' || kind === 'wants_hash_approval'));
      const listed = json(agents, belay(repo, ['agents', '--json'], options));
      assert.ok(listed.every(({ connections: [one] }) => one?.level === 'user' && one.state === 'connected'));

      belay(repo, ['connect', 'codex'], { env });
      assert.doesNotMatch(
        belay(repo, ['disconnect', 'codex', '--project'], { env }).out,
        /ALL of your repositories/,
      );
      assert.match(
        belay(repo, ['disconnect', '--dry-run'], { env }).out,
        /\nNOTE: claude-code, codex, .+ were connected in your home, for ALL of your repositories/,
      );
      assert.equal(belay(repo, ['disconnect'], { env }).code, 0);
      assert.deepEqual(
        listing(repo.base).filter((line) => !line.startsWith(path.join(home, '.belay'))),
        before,
      );
    }),
  );

  it(
    'is heard from its hook on',
    inRepo((repo) => {
      const { env, home } = person(repo);
      belay(repo, ['connect', 'codex'], { env });
      assert.equal(json(agents, belay(repo, ['agents', '--json'], { env }))[1]?.heardAt, null);
      const input = JSON.stringify({ session_id: 's', cwd: repo.folder, hook_event_name: 'SessionStart' });
      const options = { home, input, path: env.PATH };
      assert.deepEqual(asAgent(['/bin/bash'], hookCommand('codex'), options), { code: 0, out: '', err: '' });
      assert.ok(json(agents, belay(repo, ['agents', '--json'], { env }))[1]?.heardAt);
    }),
  );
});
