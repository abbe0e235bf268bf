import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { coverage, type Field, type Moment } from '../../src/agents/coverage';
import { expectAgent, knownAgents } from '../../src/agents/registry';
import { inRepo } from '../support/repo';
import { makers, type Maker } from './calls';
import { savedIn, tell } from './reach';
import { log } from './support';

/** What can be saved around a call. */
const things = ['named', 'rest', 'worktree', 'neighbour'] as const;
type Thing = (typeof things)[number];

/** What is saved before and after a call of each kind, whatever the agent. */
const rows: Readonly<Record<Field, Readonly<Record<Moment, readonly Thing[]>>>> = {
  read: { before: [], after: [] },
  edit: { before: ['named'], after: ['named'] },
  edit_unnamed: {
    before: ['named', 'rest', 'worktree', 'neighbour'],
    after: ['named', 'rest', 'neighbour'],
  },
  shell: { before: ['named', 'rest', 'worktree', 'neighbour'], after: ['named', 'rest', 'neighbour'] },
  other: { before: ['named', 'rest', 'worktree', 'neighbour'], after: ['named', 'rest', 'neighbour'] },
};

const moments: readonly Moment[] = ['before', 'after'];

function makerOf(agent: string): Maker {
  return makers.get(agent) ?? assert.fail(`no row says how ${agent} tells of its calls`);
}

/** The names of a table's rows, which the type keeps complete. */
function fieldsOf(table: Readonly<Record<Field, unknown>>): string[] {
  return Object.keys(table).toSorted();
}

const fields: readonly Field[] = ['read', 'edit', 'edit_unnamed', 'shell', 'other'];

describe('what is saved around an agent’s calls', function () {
  this.timeout(120_000);

  it('each field of the table has a row', () => {
    assert.deepEqual(fieldsOf(rows), fieldsOf(coverage));
    assert.deepEqual([...fields].toSorted(), fieldsOf(coverage));
  });

  for (const [at, { name: agent }] of knownAgents.entries()) {
    // Where a call leads does not depend on the agent: all of them look beyond their worktree in the long suite only.
    const beyond = at === 0 || process.env['BELAY_TEST_SIZE'] === 'long';
    it(
      `${agent}: every kind of call, before and after${beyond ? ', here and elsewhere' : ''}`,
      inRepo(async (repo) => {
        const maker = makerOf(agent);
        const neighbour = path.join(repo.base, 'neighbour');
        const linked = beyond ? repo.link('beside') : undefined;
        if (beyond) {
          repo.git('init', '--quiet', neighbour);
        }
        const looked = path.join(repo.commonDir, 'belay', 'agents', 'looked');
        const watched = things.filter((thing) => beyond || thing === 'named' || thing === 'rest');
        // Without a checkpoint, nothing but a look at everything could save a path.
        await repo.checkpoint({ session: 'earlier' });
        for (const field of fields) {
          for (const moment of moments) {
            const content = (thing: Thing): string => `${agent} ${field} ${moment} ${thing}\n`;
            repo.write('a.txt', content('named'));
            repo.write('rest.txt', content('rest'));
            linked?.write('unsaved.txt', content('worktree'));
            if (beyond) {
              fs.writeFileSync(path.join(neighbour, 'there.txt'), content('neighbour'));
            }
            // As if the last look were long ago.
            fs.rmSync(looked, { recursive: true, force: true });
            const tool = maker.tool(field, 'a.txt', neighbour);
            const told = maker.call(moment, repo.folder, tool) ?? assert.fail(`${agent} tells nothing`);
            assert.equal(await tell(agent, told), true, `${agent} ${field} ${moment}`);
            const here = savedIn(repo, repo.folder);
            const there = beyond ? savedIn(repo, neighbour) : here;
            const saved = watched.filter((thing) => (thing === 'neighbour' ? there : here)(content(thing)));
            const expected = rows[field][moment].filter((thing) => watched.includes(thing));
            assert.deepEqual(saved, expected, `${agent} ${field} ${moment}`);
          }
        }
      }),
    );
  }

  it('what an agent does not tell is put down as such, and nothing else', () => {
    for (const { name, adapter } of knownAgents) {
      const maker = makerOf(name);
      const tool = maker.tool('shell', 'a.txt', '/repo');
      const failed = maker.call('failed', '/repo', tool);
      const prompt = maker.prompt('/repo', 'do it');
      const untold = [
        ...(failed === undefined ? ['failed_call'] : []),
        ...(prompt === undefined ? ['prompt'] : []),
      ];
      assert.deepEqual(untold, adapter.neverTells, name);
      for (const [told, kind] of [
        [failed, 'after_tool'],
        [prompt, 'prompted'],
      ] as const) {
        const event = told && adapter.read(told.payload, { event: told.event, environment: {} });
        assert.equal(event?.kind, told === undefined ? undefined : kind, name);
      }
      const empty = maker.prompt('/repo', ' \n');
      assert.equal(
        empty && adapter.read(empty.payload, { event: empty.event, environment: {} }),
        undefined,
        `${name}: an empty prompt is none`,
      );
    }
  });

  it(
    'a prompt: what changed since the last look is a person’s, once in a while, and its text is nowhere',
    inRepo(async (repo) => {
      const secret = 'the-text-of-the-prompt';
      // One of each way in which a prompt is told; that each agent's is read, the row above says.
      for (const name of ['claude-code', 'copilot', 'opencode']) {
        const maker = makerOf(name);
        const told = maker.prompt(repo.folder, secret) ?? assert.fail(name);
        fs.rmSync(path.join(repo.commonDir, 'belay', 'agents', 'prompted'), { recursive: true, force: true });
        repo.write('a.txt', `by a person, before ${name}\n`);
        await tell(name, told);
        const [taken, ...before] = await log(repo);
        assert.deepEqual(
          [taken?.session, taken?.agent, taken?.tool, taken?.task],
          ['person', 'editor', 'prompt', undefined],
        );
        assert.match(taken?.message ?? '', /nobody that Belay saw/);
        fs.rmSync(path.join(repo.commonDir, 'belay', 'agents', 'prompted'), { recursive: true });
        await tell(name, told);
        assert.equal((await log(repo)).length, before.length + 1, 'nothing changed: no checkpoint');
        repo.write('a.txt', `and once more before ${name}\n`);
        await tell(name, told);
        assert.equal((await log(repo)).length, before.length + 1, 'not again so soon');
      }
      const belay = path.join(repo.commonDir, 'belay');
      assert.equal(repo.git('log', '--all', '-p').includes(secret), false);
      for (const file of fs.readdirSync(belay, { recursive: true, encoding: 'utf8' })) {
        const full = path.join(belay, file);
        assert.ok(!fs.statSync(full).isFile() || !fs.readFileSync(full, 'latin1').includes(secret), file);
      }
    }),
  );

  it(
    'claude’s shell lines of a skill are covered before they run, and its answer names their event',
    inRepo(async (repo) => {
      repo.write('a.txt', 'not saved anywhere\n');
      const payload = {
        session_id: 's-1',
        cwd: repo.folder,
        hook_event_name: 'PreSkillShellCommand',
        tool_name: 'Bash',
        tool_input: { command: 'git checkout .' },
        tool_use_id: 't',
        command_name: 'wipe',
        invoked_by: 'user',
      };
      await tell('claude-code', { payload });
      assert.ok(savedIn(repo, repo.folder)('not saved anywhere\n'));
      const claude = expectAgent('claude-code').adapter;
      const event = claude.read(payload, { event: undefined, environment: {} });
      assert.ok(event?.kind === 'before_tool');
      const answer = JSON.stringify(
        claude.refuse({
          kind: 'deny',
          reason: 'why',
          ...(event.told === undefined ? {} : { told: event.told }),
        }),
      );
      assert.match(answer, /"hookEventName":"PreSkillShellCommand","permissionDecision":"deny"/);
    }),
  );

  it('codex’s interrupt ends a turn', () => {
    const codex = expectAgent('codex').adapter;
    const payload = { session_id: 's-1', cwd: '/repo', hook_event_name: 'Interrupt' };
    const event = codex.read(payload, { event: undefined, environment: {} });
    assert.deepEqual(
      [event?.kind, event !== undefined && 'outcome' in event && event.outcome],
      ['turn_ended', 'interrupted'],
    );
  });
});
