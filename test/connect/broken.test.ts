import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { agentStatuses } from '../../src/connect/statuses';
import { hookFiles } from '../../src/connect/hookFiles';
import { knownAgents } from '../../src/agents/registry';
import { inRepo } from '../support/repo';
import { sized } from '../support/size';
import { allAgents, connect, disconnect, personOf } from './support';

/** What may stand where one agent's file is read. */
const harms = {
  'nested so deeply that a parser overflows': (file: string) => {
    fs.writeFileSync(file, '{"hooks":'.repeat(100_000));
  },
  'lists in lists': (file: string) => {
    fs.writeFileSync(file, `{"a": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`);
  },
  'not UTF-8': (file: string) => {
    fs.writeFileSync(file, Buffer.from('{"name": "Zo\xeb"}\n', 'latin1'));
  },
  'a folder': (file: string) => {
    fs.mkdirSync(file);
  },
  'a pipe that nobody writes to': (file: string) => {
    assert.equal(spawnSync('mkfifo', [file]).status, 0);
  },
  'a link to itself': (file: string) => {
    fs.symlinkSync(path.basename(file), file);
  },
  'more than anybody reads': (file: string) => {
    fs.writeFileSync(file, '');
    fs.truncateSync(file, 5 * 1024 ** 3);
  },
} as const;

describe('one broken file of one agent', function () {
  this.timeout(120_000);

  for (const [index, [what, harm]] of Object.entries(harms).entries()) {
    const broken = knownAgents.filter((_, at) => sized({ short: at === index, long: true }));
    it(
      `${what}: is named, and all the others are connected, listed and disconnected`,
      inRepo(async (repo) => {
        for (const agent of broken) {
          const personal = personOf(repo, {}, `home-${agent.name}`);
          const place = { key: 'main', root: repo.folder };
          const [first] = hookFiles(agent, 'project', [place], personal);
          assert.ok(first);
          fs.mkdirSync(path.dirname(first.file), { recursive: true });
          harm(first.file);
          // The agent's own settings in the person's home are read, too.
          const own = path.join(personal.home, '.claude.json');
          harm(own);

          const plan = await connect(repo, personal);
          assert.deepEqual([...new Set(plan.obstacles.map(({ file }) => file))], [first.file], agent.name);
          const statuses = await agentStatuses(await repo.worktree(), personal);
          const connected = statuses
            .filter(({ connections }) => connections.some(({ state }) => state === 'connected'))
            .map(({ agent }) => agent);
          const others = allAgents.filter((name) => name !== agent.name);
          assert.deepEqual(
            connected.filter((name) => name !== agent.name),
            others,
          );
          await disconnect(repo, personal);
          fs.rmSync(first.file, { recursive: true });
        }
      }),
    );
  }

  for (const name of ['agents', 'agents/connected.json']) {
    it(
      `Belay's own ${name} that cannot be read or written keeps nobody from connecting`,
      inRepo(async (repo) => {
        const file = path.join(repo.commonDir, 'belay', name);
        fs.mkdirSync(path.dirname(file), { recursive: true });
        // In the way in a manner that holds for an administrator, too.
        if (name === 'agents') {
          fs.symlinkSync('agents', file);
        } else {
          fs.mkdirSync(path.join(file, 'inside'), { recursive: true });
        }
        const personal = personOf(repo);
        const plan = await connect(repo, personal, ['claude-code', 'codex']);
        assert.deepEqual(plan.obstacles, []);
        assert.ok(fs.existsSync(path.join(repo.folder, '.codex', 'hooks.json')));
        assert.deepEqual((await disconnect(repo, personal)).obstacles, []);
        assert.ok(!fs.existsSync(path.join(repo.folder, '.codex', 'hooks.json')));
      }),
    );
  }
});
