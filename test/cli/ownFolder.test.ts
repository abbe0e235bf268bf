import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { bash, log, silent, startHook, write } from '../agents/support';
import { inRepo, type TestRepo } from '../support/repo';
import { size } from '../support/size';

/** Whom permissions bind: the superuser they do not. */
const uid = process.getuid?.() === 0 ? 65_534 : undefined;

/** Every part of Belay's own folder; a folder unless it says so. */
const parts = {
  belay: '',
  locks: 'locks',
  'the private index': 'worktrees/main',
  heartbeats: 'heartbeats',
  agents: 'agents',
  marks: 'agents/gaps/main',
  'the mark (file)': 'agents/gaps/main/mark',
  tmp: 'tmp',
  'the pulse (file)': 'pulse',
  network: 'network',
} as const;

/** What may happen to each; every field of the table is run by the long suite, a quarter of them otherwise. */
const damages = {
  unreadable: (file: string) => {
    fs.chmodSync(file, 0o000);
  },
  unwritable: (file: string) => {
    fs.chmodSync(file, 0o500);
  },
  'of somebody else': (file: string) => {
    fs.chownSync(file, 0, 0);
    fs.chmodSync(file, fs.statSync(file).isDirectory() ? 0o700 : 0o600);
  },
  'a plain file': (file: string) => {
    fs.rmSync(file, { recursive: true });
    fs.writeFileSync(file, 'not what belongs here');
  },
  'a folder': (file: string) => {
    fs.rmSync(file, { recursive: true });
    fs.mkdirSync(path.join(file, 'inside'), { recursive: true });
  },
  'a link to nowhere': (file: string) => {
    fs.rmSync(file, { recursive: true });
    fs.symlinkSync('/nowhere/at/all', file);
  },
  gone: (file: string) => {
    fs.rmSync(file, { recursive: true });
  },
} as const;

const actions = ['hook before a shell', 'hook after an edit', 'belay checkpoint', 'belay doctor'] as const;

type Action = (typeof actions)[number];

describe('nothing below .git/belay is needed to take a checkpoint', function () {
  this.timeout(300_000);

  let field = 0;
  for (const [part, place] of Object.entries(parts)) {
    for (const [damage, harm] of Object.entries(damages)) {
      field += 1;
      for (const [index, action] of actions.entries()) {
        if (size === 'short' && field % 16 !== index * 4) {
          continue;
        }
        it(
          `${part}: ${damage}: ${action}`,
          inRepo(async (repo) => {
            await prepare(repo, place);
            const harmed = path.join(repo.commonDir, 'belay', place);
            harm(harmed);
            repo.write('a.txt', 'changed\n');
            await run(repo, action);
            open(path.join(repo.commonDir, 'belay'));
            const [latest] = await log(repo);
            if (action !== 'belay doctor') {
              assert.equal(repo.treeEntries(latest?.oid ?? '').get('a.txt'), repo.diskEntries().get('a.txt'));
            }
          }),
        );
      }
    }
  }
});

async function prepare(repo: TestRepo, place: string): Promise<void> {
  await repo.checkpoint();
  const belay = path.join(repo.commonDir, 'belay');
  for (const folder of ['locks', 'heartbeats', 'agents/gaps/main', 'tmp', 'network']) {
    fs.mkdirSync(path.join(belay, folder), { recursive: true });
  }
  if (place.endsWith('mark')) {
    fs.writeFileSync(path.join(belay, place), '');
  }
  fs.chmodSync(repo.base, 0o755);
  if (uid !== undefined) {
    giveTo(repo.folder, uid);
    repo.git('config', '--global', '--add', 'safe.directory', repo.folder);
  }
}

async function run(repo: TestRepo, action: Action): Promise<void> {
  const as = uid === undefined ? {} : { uid };
  const file = path.join(repo.folder, 'a.txt');
  switch (action) {
    case 'hook before a shell':
    case 'hook after an edit': {
      const call =
        action === 'hook after an edit' ? write(repo, 'PostToolUse', file) : bash(repo, 'PreToolUse', 'make');
      const { code, out, err } = await startHook(call, as).over;
      silent({ code, out, err });
      return;
    }
    case 'belay checkpoint':
    case 'belay doctor': {
      const args =
        action === 'belay doctor' ? ['doctor'] : ['checkpoint', '--session', 's', '--agent', 'claude-code'];
      const { status, stdout, stderr } = spawnSync(process.execPath, [path.resolve('dist/cli.js'), ...args], {
        cwd: repo.folder,
        encoding: 'utf8',
        ...(uid === undefined ? {} : { uid, gid: uid }),
      });
      assert.equal(status, 0, stdout + stderr);
      assert.doesNotMatch(stdout, /could not be looked at/);
    }
  }
}

/** So that the superuser's test, and the removal of the folder, see all of it. */
function open(folder: string): void {
  spawnSync('chmod', ['-R', 'u+rwX', folder]);
}

function giveTo(folder: string, owner: number): void {
  spawnSync('chown', ['-R', `${owner}:${owner}`, folder]);
}
