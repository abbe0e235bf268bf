import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bash, write } from '../agents/support';
import { TestRepo } from '../support/repo';

const long = process.env['BELAY_TEST_SIZE'] === 'long';

/** Two users of one group, who have a repository together. Only the superuser can take their places. */
const group = 64_201;
const users = { ada: 64_202, ben: 64_203 } as const;
type User = keyof typeof users;

function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) {
    return 'only the superuser can be two users';
  }
  const { error } = spawnSync(process.execPath, ['--version'], { uid: users.ada, gid: group, cwd: tmpdir() });
  return error === undefined
    ? undefined
    : 'other users cannot start this Node, or not reach the folder of the tests';
}

/** A repository that git was told to share with a group, and the built programs where both can read them. */
class Together {
  readonly repo = TestRepo.create();
  private readonly program: string;

  constructor(shared: string) {
    const { repo } = this;
    const { base, folder } = repo;
    fs.chmodSync(base, 0o755);
    this.program = path.join(base, 'program');
    fs.cpSync(path.resolve('dist'), this.program, { recursive: true });
    repo.git('config', 'core.sharedRepository', shared);
    for (const user of ['ada', 'ben'] as const) {
      fs.mkdirSync(this.home(user));
      fs.writeFileSync(
        path.join(this.home(user), '.gitconfig'),
        `[safe]\n\tdirectory = *\n[user]\n\tname = ${user}\n\temail = ${user}@example.com\n`,
      );
      spawnSync('chown', ['-R', `${users[user]}:${group}`, this.home(user)]);
    }
    spawnSync('chown', ['-R', `${users.ada}:${group}`, folder]);
    spawnSync('chmod', ['-R', 'g+rwX', folder]);
    spawnSync('find', [folder, '-type', 'd', '-exec', 'chmod', 'g+s', '{}', '+']);
  }

  private home(user: User): string {
    return path.join(this.repo.base, user);
  }

  /** Runs something as one of them, with the umask that most people have. */
  async as(user: User, script: string, args: readonly string[], input = ''): Promise<string> {
    const child = spawn('sh', ['-c', `umask 022; exec "$@"`, 'sh', ...command(this.program, script, args)], {
      cwd: this.repo.folder,
      uid: users[user],
      gid: group,
      env: { PATH: process.env['PATH'], HOME: this.home(user), LANG: 'C.UTF-8' },
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    // One that ends before it has read all says why itself.
    child.stdin.on('error', () => undefined).end(input);
    await once(child, 'close');
    assert.equal(child.exitCode, 0, `${user}: ${script} ${args.join(' ')}\n${said}`);
    return said;
  }

  /** What git says, to one of the two. */
  async git(...args: readonly string[]): Promise<string> {
    return (await this.as('ada', 'git', args)).trim();
  }

  belay(user: User, ...args: readonly string[]): Promise<string> {
    return this.as(user, 'cli.js', args);
  }

  hook(user: User, payload: object): Promise<string> {
    return this.as(
      user,
      'hook.js',
      ['claude-code'],
      JSON.stringify({ ...payload, session_id: `of-${user}` }),
    );
  }

  /** A file as one of them writes it, whose group may write it, too. */
  write(user: User, name: string, content: string): void {
    this.repo.write(name, content);
    fs.chownSync(this.repo.at(name), users[user], group);
    fs.chmodSync(this.repo.at(name), 0o664);
  }
}

function command(program: string, script: string, args: readonly string[]): string[] {
  return script === 'git' ? ['git', ...args] : [process.execPath, path.join(program, script), ...args];
}

describe('two users in one repository that git shares between them', function () {
  this.timeout(120_000);
  const reason = whyNot();
  if (reason !== undefined) {
    it(`skipped: ${reason}`);
    return;
  }

  for (const shared of long ? ['group', '0660', 'all'] : ['group']) {
    it(`core.sharedRepository=${shared}: checkpoints, hooks, leases, a restore and the doctor, in turn and at once`, async () => {
      const together = new Together(shared);
      const { repo } = together;
      try {
        for (const user of ['ada', 'ben', 'ada', 'ben'] as const) {
          together.write(user, `${user}.txt`, `by ${user}, ${Math.random()}\n`);
          assert.match(
            await together.belay(user, 'checkpoint', '--session', user, '--agent', 'tool'),
            /^[0-9a-f]{40}(?:[0-9a-f]{24})?|taken|Checkpoint/,
          );
          await together.hook(user, bash(repo, 'PreToolUse', 'make'));
          together.write(user, `${user}-by-hook.txt`, `by ${user}, ${Math.random()}\n`);
          await together.hook(user, write(repo, 'PostToolUse', `${user}-by-hook.txt`));
          assert.equal(
            await together.git('show', `refs/belay/shadow/main/current:${user}-by-hook.txt`),
            repo.read(`${user}-by-hook.txt`).toString().trim(),
          );
        }
        await Promise.all(
          (['ada', 'ben'] as const).flatMap((user) =>
            [1, 2, 3].map((number) => {
              together.write(user, `${user}${number}.txt`, `${number}\n`);
              return together.belay(
                user,
                'checkpoint',
                '--session',
                user,
                '--agent',
                'tool',
                '--path',
                `${user}${number}.txt`,
              );
            }),
          ),
        );
        await together.as('ada', 'git', ['branch', 'of-ada']);
        await together.hook('ben', bash(repo, 'PreToolUse', 'git branch -D of-ada'));
        await together.as('ben', 'git', ['branch', '-D', 'of-ada']);
        await together.hook('ben', bash(repo, 'PostToolUse', 'git branch -D of-ada'));
        const first = await together.git('rev-parse', 'refs/belay/shadow/main/current~4');
        await together.belay('ben', 'restore', first, '--include-drifted');
        await together.belay('ada', 'undo-restore');
        for (const user of ['ada', 'ben'] as const) {
          const found = await together.belay(user, 'doctor');
          assert.doesNotMatch(found, /cannot be|unreadable|unwritable|owned by/, found);
        }
        assert.match(await together.git('fsck', '--strict', '--no-dangling'), /^$/);
        const closed = spawnSync('find', [path.join(repo.commonDir, 'belay'), '!', '-perm', '-g=w'], {
          encoding: 'utf8',
        });
        assert.equal(closed.stdout, '', 'everything of Belay’s is open to the group');
      } finally {
        repo.dispose();
      }
    });
  }
});
