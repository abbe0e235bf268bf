import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { applyChanges } from '../../src/connect/connectApply';
import { planConnect } from '../../src/connect/connectPlan';
import { inRepo } from '../support/repo';
import { connect, disconnect, listing, personOf, reasonOf, target } from './support';

describe('files that connecting leaves alone', () => {
  const cases: readonly (readonly [string, string | Buffer, string])[] = [
    ['no JSON', '{ "hooks": ', 'config_unreadable'],
    ['nothing at all', '', 'config_unreadable'],
    ['two values', '{} {}', 'config_unreadable'],
    ['not UTF-8', Buffer.from('{"name": "Zo\xeb"}\n', 'latin1'), 'config_unreadable'],
    ['a list', '[]\n', 'config_unexpected'],
    ['hooks that are a list', '{"hooks": []}\n', 'config_unexpected'],
    ['hooks that are nothing', '{"hooks": null}\n', 'config_unexpected'],
    ['an event that is an object', '{"hooks": {"Stop": {}}}\n', 'config_unexpected'],
    ['hooks twice', '{"hooks": {}, "hooks": {}}\n', 'config_unexpected'],
  ];
  for (const [what, content, reason] of cases) {
    it(
      `${what}: ${reason}, the others are still done`,
      inRepo(async (repo) => {
        const personal = personOf(repo);
        repo.write('.claude/settings.json', content);
        const plan = await connect(repo, personal, ['claude-code', 'codex']);
        assert.deepEqual(
          plan.obstacles.map((one) => [one.agent, one.file, one.reason]),
          [['claude-code', path.join(repo.folder, '.claude', 'settings.json'), reason]],
        );
        assert.deepEqual(repo.read('.claude/settings.json'), Buffer.from(content));
        assert.ok(fs.existsSync(path.join(repo.folder, '.codex', 'hooks.json')));
        // Nothing of Belay's is in it, so that it keeps nobody from disconnecting.
        assert.deepEqual((await disconnect(repo, personal)).obstacles, []);
        assert.deepEqual(repo.read('.claude/settings.json'), Buffer.from(content));
      }),
    );
  }

  it(
    'links, also a folder of the repository that is one: nothing is written through them',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      const outside = path.join(repo.base, 'outside');
      fs.mkdirSync(outside);
      fs.writeFileSync(path.join(outside, 'settings.json'), '{}\n');
      fs.mkdirSync(path.join(repo.folder, '.claude'));
      fs.symlinkSync(path.join(outside, 'settings.json'), path.join(repo.folder, '.claude', 'settings.json'));
      fs.symlinkSync(outside, path.join(repo.folder, '.codex'));
      fs.symlinkSync(path.join(outside, 'nothing'), path.join(repo.folder, '.gemini'));
      const before = listing(repo.base, ['.belay', 'home']);
      const plan = await connect(repo, personal, ['claude-code', 'codex', 'gemini']);
      assert.deepEqual(
        plan.obstacles.map(({ agent, reason }) => [agent, reason]),
        [
          ['claude-code', 'config_link'],
          ['codex', 'config_link'],
          ['gemini', 'config_link'],
        ],
      );
      assert.deepEqual(listing(repo.base, ['.belay', 'home']), before);
    }),
  );

  it(
    'a link to what says it all already is no obstacle',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      await connect(repo, personal, ['claude-code'], 'user');
      const file = path.join(personal.home, '.claude', 'settings.json');
      fs.renameSync(file, path.join(repo.base, 'dotfile'));
      fs.symlinkSync(path.join(repo.base, 'dotfile'), file);
      const again = await connect(repo, personal, ['claude-code'], 'user');
      assert.deepEqual([again.changes, again.obstacles], [[], []]);
      assert.deepEqual(
        (await disconnect(repo, personal)).obstacles.map(({ reason }) => reason),
        ['config_link'],
      );
    }),
  );

  it(
    'a file that may not be written, also by an administrator',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      repo.write('.claude/settings.json', '{}\n', 0o444);
      const plan = await connect(repo, personal, ['claude-code']);
      assert.deepEqual(
        plan.obstacles.map(({ reason }) => reason),
        ['config_read_only'],
      );
      assert.equal(repo.read('.claude/settings.json').toString(), '{}\n');
    }),
  );

  it(
    'a person’s own hook of cline’s and plugin of that name; the other events are connected',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      repo.write('.cline/hooks/PreToolUse', '#!/bin/sh\necho mine\n', 0o755);
      repo.write('.opencode/plugins/belay.js', 'export const Mine = 1;\n');
      const plan = await connect(repo, personal, ['cline', 'opencode']);
      assert.deepEqual(
        plan.obstacles.map(({ agent, reason }) => [agent, reason]),
        [
          ['cline', 'config_not_ours'],
          ['opencode', 'config_not_ours'],
        ],
      );
      assert.equal(repo.read('.cline/hooks/PreToolUse').toString(), '#!/bin/sh\necho mine\n');
      assert.ok(fs.existsSync(path.join(repo.folder, '.cline', 'hooks', 'PostToolUse')));
      assert.deepEqual((await disconnect(repo, personal)).obstacles, []);
      assert.deepEqual(fs.readdirSync(path.join(repo.folder, '.cline', 'hooks')), ['PreToolUse']);
      assert.equal(repo.read('.opencode/plugins/belay.js').toString(), 'export const Mine = 1;\n');
    }),
  );

  it(
    'a script of Belay’s that a person has changed is theirs to remove',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      await connect(repo, personal, ['cline', 'opencode']);
      for (const name of ['.cline/hooks/PreToolUse', '.opencode/plugins/belay.js']) {
        repo.write(name, `${repo.read(name).toString()}// more\n`);
      }
      assert.deepEqual((await connect(repo, personal, ['cline', 'opencode'])).changes, []);
      assert.deepEqual(
        (await disconnect(repo, personal)).obstacles.map(({ reason }) => reason),
        ['config_not_ours', 'config_not_ours'],
      );
      assert.match(repo.read('.cline/hooks/PreToolUse').toString(), /\/\/ more\n$/);
    }),
  );

  for (const [what, meddle] of [
    [
      'was changed',
      (file: string) => {
        fs.writeFileSync(file, '{"mine": 1}\n');
      },
    ],
    [
      'was removed',
      (file: string) => {
        fs.rmSync(file);
      },
    ],
    [
      'became a link',
      (file: string) => {
        fs.renameSync(file, `${file}.real`);
        fs.symlinkSync(`${file}.real`, file);
      },
    ],
  ] as const) {
    it(
      `a file that ${what} after it was looked at: nothing is written, the first file neither`,
      inRepo(async (repo) => {
        const personal = personOf(repo);
        repo.write('.gemini/settings.json', '{}\n');
        const worktree = await repo.worktree();
        const agents = ['claude-code', 'gemini'];
        const plan = await planConnect(worktree, { agents, level: 'project', personal, target });
        assert.equal(plan.changes.length, 2);
        meddle(path.join(repo.folder, '.gemini', 'settings.json'));
        const before = listing(repo.base);
        assert.equal(await reasonOf(applyChanges(worktree, plan, personal)), 'config_changed');
        assert.deepEqual(listing(repo.base), before);
      }),
    );
  }

  it(
    'a disk that refuses: the reason says so, what was written before is whole and undone by disconnecting',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      const before = listing(repo.folder);
      const worktree = await repo.worktree();
      const agents = ['claude-code', 'codex'];
      const plan = await planConnect(worktree, { agents, level: 'project', personal, target });
      // A file where the second one's folder is to be.
      const [first, second] = plan.changes;
      assert.ok(first && second);
      const elsewhere = { ...second, file: path.join(repo.folder, 'a.txt', 'hooks.json') };
      const reason = await reasonOf(
        applyChanges(worktree, { ...plan, changes: [first, elsewhere] }, personal),
      );
      assert.equal(reason, 'config_not_written');
      assert.notDeepEqual(listing(repo.folder), before);
      await disconnect(repo, personal);
      assert.deepEqual(listing(repo.folder), before);
    }),
  );

  it(
    'no half-written file is left beside another one',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      await connect(repo, personal);
      assert.deepEqual(
        listing(repo.base).filter((line) => line.includes('.new')),
        [],
      );
    }),
  );
});
