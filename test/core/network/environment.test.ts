import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Git } from '../../../src/git/git';
import { networkEnvironment } from '../../../src/network/environment';
import { Pool, type RemoteHealth } from '../../../src/network/pool';
import { cleaner, gist, withoutCredentials } from '../../../src/network/cleanOutput';
import { withEnvironment } from '../../support/environment';
import { inRepo, type TestRepo } from '../../support/repo';
import { because, withNetwork } from './support';

const options = '-oBatchMode=yes -oConnectTimeout=5 -oServerAliveInterval=15 -oServerAliveCountMax=4';

interface SshCase {
  readonly given: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, string>>;
  readonly command?: string;
  readonly program?: string;
}

const sshCases: readonly SshCase[] = [
  { given: {}, command: `ssh ${options}` },
  {
    given: { GIT_SSH_COMMAND: 'ssh -i "my key" -oBatchMode=no' },
    command: `ssh -i "my key" -oBatchMode=no ${options}`,
  },
  {
    given: { GIT_SSH_COMMAND: 'A=1 B="2 3" /usr/bin/ssh -v' },
    command: `A=1 B="2 3" /usr/bin/ssh -v ${options}`,
  },
  {
    given: { GIT_SSH_COMMAND: "'/opt/my tools/ssh' -v" },
    command: `'/opt/my tools/ssh' -v ${options}`,
  },
  {
    given: { GIT_SSH_COMMAND: '"C:\\Program Files\\OpenSSH\\ssh.exe"' },
    command: `"C:\\Program Files\\OpenSSH\\ssh.exe" ${options}`,
  },
  { given: {}, config: { 'core.sshCommand': 'ssh -4' }, command: `ssh -4 ${options}` },
  {
    given: { GIT_SSH_COMMAND: 'ssh -6', GIT_SSH: '/x/plink' },
    config: { 'core.sshCommand': 'ssh -4' },
    command: `ssh -6 ${options}`,
  },
  { given: { GIT_SSH: "/o'dd/ssh" }, command: `'/o'\\''dd/ssh' ${options}` },
  { given: { GIT_SSH: '/x/plink' }, command: `'/x/plink' -batch` },
  { given: { GIT_SSH_COMMAND: 'wrapper --a' }, command: 'wrapper --a' },
  {
    given: { GIT_SSH_COMMAND: 'wrapper --a' },
    config: { 'ssh.variant': 'ssh' },
    command: `wrapper --a ${options}`,
  },
  { given: { GIT_SSH_COMMAND: 'ssh', GIT_SSH_VARIANT: 'simple' }, command: 'ssh' },
  { given: { GIT_SSH: '/x/wrapper' }, program: '/x/wrapper' },
];

function configure(repo: TestRepo, config: Readonly<Record<string, string>> = {}): void {
  for (const [name, value] of Object.entries(config)) {
    repo.git('config', name, value);
  }
}

describe('the environment of network work', () => {
  it('adds to the user’s own ssh what keeps it from asking, where it takes it', async function () {
    for (const { given, config, command, program } of sshCases) {
      await inRepo(async (repo) => {
        configure(repo, config);
        const env = await networkEnvironment(new Git(), repo.folder, 4_100, given);
        assert.equal(env['GIT_SSH_COMMAND'], command, JSON.stringify({ given, config }));
        assert.equal(env['GIT_SSH'], program);
      }).call(this);
    }
  });

  it(
    'keeps the user’s proxies and certificates, no other variables of git’s, and nothing that asks',
    inRepo(async (repo) => {
      const env = await networkEnvironment(new Git(), repo.folder, 0, {
        GIT_SSL_CAINFO: '/ca',
        GIT_HTTP_LOW_SPEED_LIMIT: '9',
        GIT_PROXY_COMMAND: 'p',
        GIT_DIR: '/elsewhere',
        GIT_TRACE_CURL: '1',
        GIT_ASKPASS: 'asks',
        SSH_ASKPASS: 'asks',
        DISPLAY: ':7',
        https_proxy: 'http://p',
      });
      const settings = Object.keys(env).filter((name) => name.startsWith('GIT_CONFIG_'));
      assert.deepEqual(Object.fromEntries(Object.entries(env).filter(([name]) => !settings.includes(name))), {
        BELAY_GIT: '1',
        LC_ALL: 'C',
        LANGUAGE: 'en',
        GIT_SSL_CAINFO: '/ca',
        GIT_HTTP_LOW_SPEED_LIMIT: '9',
        GIT_PROXY_COMMAND: 'p',
        GIT_ASKPASS: '',
        SSH_ASKPASS: '',
        SSH_ASKPASS_REQUIRE: 'never',
        GCM_INTERACTIVE: 'never',
        GIT_TERMINAL_PROMPT: '0',
        GIT_NO_LAZY_FETCH: '0',
        GIT_ALLOW_PROTOCOL: 'file:git:http:https:ssh',
        GIT_SSH_COMMAND: `ssh ${options.replace('=5', '=30')}`,
        DISPLAY: ':7',
        https_proxy: 'http://p',
      });
      // All that is set is which hooks do not run.
      const values = settings.filter((name) => name.startsWith('GIT_CONFIG_VALUE_'));
      assert.equal(env['GIT_CONFIG_COUNT'], String(values.length));
      assert.deepEqual([...new Set(values.map((name) => env[name]))], ['false']);
    }),
  );

  it('allows the protocols that the user allows, and never ext', async function () {
    const cases: readonly (readonly [Record<string, string>, string | undefined, string])[] = [
      [{ 'protocol.http.allow': 'never' }, undefined, 'file:git:https:ssh'],
      [{ 'protocol.allow': 'never', 'protocol.ssh.allow': 'always' }, undefined, 'file:ssh'],
      [
        { 'protocol.codecommit.allow': 'always', 'protocol.ext.allow': 'always' },
        undefined,
        'file:git:http:https:ssh:codecommit',
      ],
      [{}, 'https:ext', 'https'],
      [{}, 'ext', 'none'],
    ];
    for (const [config, inherited, expected] of cases) {
      await inRepo(async (repo) => {
        configure(repo, config);
        const given = inherited === undefined ? {} : { GIT_ALLOW_PROTOCOL: inherited };
        const all = await networkEnvironment(new Git(), repo.folder, 0, given);
        assert.equal(all['GIT_ALLOW_PROTOCOL'], expected);
      }).call(this);
    }
  });

  it(
    'reaches the ssh of a fetch: batch mode, no askpass, no terminal',
    withNetwork(async ({ repo, network }) => {
      const seen = path.join(repo.base, 'seen');
      const text = `#!/bin/sh\n(echo "$@"; env; (: </dev/tty) 2>/dev/null && echo TERMINAL) > ${seen}\nexit 255\n`;
      const ssh = repo.script('ssh', text);
      repo.git('config', 'core.sshCommand', `${ssh} -v`);
      repo.git('remote', 'add', 'origin', 'person@host.invalid:x.git');
      await withEnvironment({ SSH_ASKPASS: 'asks', GIT_ASKPASS: 'asks' }, async () => {
        assert.equal(because(await network.fetch(await repo.worktree(), 'origin')), 'failed');
      });
      const lines = fs.readFileSync(seen, 'utf8').split('\n');
      assert.match(lines[0] ?? '', /^-v -oBatchMode=yes -oConnectTimeout=30 .* person@host\.invalid /);
      for (const line of ['SSH_ASKPASS=', 'SSH_ASKPASS_REQUIRE=never', 'GIT_ASKPASS=']) {
        assert.ok(lines.includes(line), line);
      }
      assert.ok(!lines.includes('TERMINAL'));
    }),
  );
});

describe('words about remotes', () => {
  it('carry no credentials', () => {
    const cases: readonly (readonly [string, string])[] = [
      [
        "unable to access 'https://me:p@ss@host:1/x.git/': no",
        "unable to access 'https://host:1/x.git/': no",
      ],
      ['ssh://git:word@host/x and git@host:x', 'ssh://git@host/x and git@host:x'],
      ['helper::https://token@host/x?key=1#2 end', 'helper::https://host/x end'],
      ['https://host/a@b', 'https://host/a@b'],
    ];
    for (const [text, expected] of cases) {
      assert.equal(withoutCredentials(text), expected);
    }
    const clean = cleaner(['https://me:a%20secret@host/x']);
    assert.equal(clean('it says "a secret" and\u001b[31m a%20secret\u202e'), 'it says "***" and [31m ***');
  });

  it('are a few lines that tell why, as one', () => {
    const text =
      'noise\nremote: Repository not found.\r\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n';
    assert.equal(
      gist(text, cleaner([])),
      'remote: Repository not found. / fatal: Could not read from remote repository.',
    );
    assert.equal(gist(`fatal: ${'x'.repeat(1_000)}`, cleaner([])).length, 300);
    assert.equal(gist('', cleaner([])), '');
    // A branch x stands where the remote has x/y by now.
    const advised =
      "error: cannot lock ref 'refs/remotes/origin/x/y': there is x\nFrom ../o\n   abcd123..def4567  main -> origin/main\n ! [new branch] x/y -> origin/x/y  (unable to update local ref)\nerror: some local refs could not be updated; try running\n 'git remote prune origin' to remove any old, conflicting branches\n";
    assert.equal(
      gist(advised, cleaner([])),
      "error: cannot lock ref 'refs/remotes/origin/x/y': there is x ! [new branch] x/y -> origin/x/y  (unable to update local ref) / error: some local refs could not be updated; try running 'git remote prune origin' to remove any old, conflicting branches",
    );
    const long = Array.from({ length: 20 }, (_, at) => `remote: line ${at}`).join('\n');
    assert.equal(
      gist(`${long}\nerror: refused\nhint: do this`, cleaner([])),
      'remote: line 0 / remote: line 1 … / remote: line 18 / remote: line 19 / error: refused / hint: do this',
    );
  });
});

describe('the places of network work', () => {
  async function enter(pool: Pool, standing: RemoteHealth, urgent = false): Promise<{ leave?: () => void }> {
    const place: { leave?: () => void } = {};
    void pool.enter(standing, urgent, new AbortController().signal).then((leave) => {
      if (leave !== undefined) {
        place.leave = leave;
      }
    });
    await new Promise((resolve) => setImmediate(resolve));
    return place;
  }

  async function fill(pool: Pool, standing: RemoteHealth, count: number): Promise<{ leave?: () => void }[]> {
    return Promise.all(Array.from({ length: count }, () => enter(pool, standing)));
  }

  const entered = (places: readonly { leave?: () => void }[]): number =>
    places.filter(({ leave }) => leave !== undefined).length;

  it('are bounded, and dead remotes leave some to those that are not known to be', async () => {
    const pool = new Pool(10);
    const failing = await fill(pool, 'failing', 20);
    assert.equal(entered(failing), 7);
    const unknown = await fill(pool, 'unknown', 20);
    assert.equal(entered(unknown), 1);
    const steady = await fill(pool, 'steady', 20);
    assert.equal(entered(steady), 2);
    steady.find(({ leave }) => leave !== undefined)?.leave?.();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(entered(steady), 3, 'who waits comes in');
    pool.resize(20);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(entered([...failing, ...unknown, ...steady]), 21);
  });

  it('go to who was asked for explicitly first, and with one place to everybody in turn', async () => {
    const pool = new Pool(1);
    const first = await enter(pool, 'failing');
    const second = await enter(pool, 'steady');
    const third = await enter(pool, 'failing', true);
    assert.deepEqual(
      [first, second, third].map((place) => entered([place])),
      [1, 0, 0],
    );
    first.leave?.();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(
      [second, third].map((place) => entered([place])),
      [0, 1],
    );
    third.leave?.();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(entered([second]), 1);
  });
});
