import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {
  configuredNetworkLimits,
  defaultNetworkLimits,
  longestTime,
} from '../../../src/network/networkOutcome';
import { remoteStatus } from '../../../src/network/status';
import { inRepo, type TestRepo } from '../../support/repo';
import { gitIn } from '../states';
import { because, locked, statusFile, withNetwork } from './support';

describe('what network work does', () => {
  it(
    'fetches what the remote is configured to give, and touches nothing else',
    withNetwork(async ({ repo, network, lines, healthy }) => {
      const url = healthy();
      gitIn(repo.base, '-C', url.slice('file://'.length), 'branch', 'other');
      gitIn(repo.base, '-C', url.slice('file://'.length), 'tag', 'v1');
      repo.git('remote', 'add', 'origin', url);
      repo.git('config', 'remote.origin.fetch', '+refs/heads/*:refs/elsewhere/*');
      repo.script('hook', '#!/bin/sh\nexit 1\n');
      fs.mkdirSync(path.join(repo.gitDir, 'hooks'), { recursive: true });
      fs.copyFileSync(path.join(repo.base, 'hook'), path.join(repo.gitDir, 'hooks', 'reference-transaction'));
      const worktree = await repo.worktree();
      const before = Date.now();
      const outcome = await network.fetch(worktree, 'origin');
      assert.ok(outcome.kind === 'done', JSON.stringify(outcome));
      assert.ok(outcome.startedAt >= before && outcome.startedAt <= Date.now());
      const head = repo.git('rev-parse', 'HEAD');
      fs.rmSync(path.join(repo.gitDir, 'hooks'), { recursive: true });
      assert.deepEqual(
        [...repo.refs('others')].filter(([name]) => !name.startsWith('refs/heads/')),
        [
          ['refs/elsewhere/main', head],
          ['refs/elsewhere/other', head],
          ['refs/tags/v1', head],
        ],
      );
      assert.equal(fs.existsSync(path.join(repo.gitDir, 'FETCH_HEAD')), false);
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? '', /^Network: fetch origin \(file:.*done$/);

      await network.fetch(worktree, 'origin', { refspecs: ['refs/heads/other:refs/heads/named'] });
      assert.equal(repo.refs().get('refs/heads/named'), head);
      const listed = await network.listRemote(worktree, 'origin');
      assert.ok(listed.kind === 'done');
      assert.deepEqual(
        [...listed.value],
        [
          ['HEAD', head],
          ['refs/heads/main', head],
          ['refs/heads/other', head],
          ['refs/tags/v1', head],
        ],
      );
      const some = await network.listRemote(worktree, 'origin', { patterns: ['refs/heads/other'] });
      assert.ok(some.kind === 'done' && some.value.size === 1);
    }),
  );

  it(
    'pushes under the user’s own hook, clones whole or not at all',
    withNetwork(async ({ repo, network, healthy }) => {
      const url = healthy();
      const worktree = await repo.worktree();
      repo.git('remote', 'add', 'origin', url);
      repo.write('a.txt', 'changed\n');
      repo.git('commit', '--quiet', '--all', '--message=Change');
      const hook = path.join(repo.gitDir, 'hooks', 'pre-push');
      fs.mkdirSync(path.dirname(hook), { recursive: true });
      fs.writeFileSync(hook, '#!/bin/sh\necho no >&2\nexit 1\n', { mode: 0o755 });
      assert.equal(because(await network.push(worktree, 'origin', ['main'])), 'failed');
      fs.rmSync(hook);
      assert.equal(because(await network.push(worktree, 'origin', ['main'])), 'done');
      assert.equal(because(await network.push(worktree, 'origin', [])), 'failed');
      repo.git('commit', '--quiet', '--amend', '--message=Another');
      const rejected = await network.push(worktree, 'origin', ['main']);
      assert.ok(rejected.kind === 'not_done');
      assert.match(rejected.message, /rejected|failed to push/);
      assert.equal((await remoteStatus(worktree, 'origin')).failures, 0, 'it has answered');

      const target = path.join(repo.base, 'new', 'clone');
      assert.equal(because(await network.clone(worktree.git, url, target)), 'done');
      assert.equal(fs.readFileSync(path.join(target, 'a.txt'), 'utf8'), 'changed\n');
      assert.equal(gitIn(target, 'remote', 'get-url', 'origin').trim(), url);
      const again = await network.clone(worktree.git, url, target);
      assert.ok(again.kind === 'not_done');
      assert.match(again.message, /not empty/);
      const missing = path.join(repo.base, 'new', 'missing');
      assert.equal(because(await network.clone(worktree.git, `${url}-gone`, missing)), 'failed');
      assert.deepEqual(fs.readdirSync(path.dirname(target)), ['clone']);
    }),
  );

  it(
    'never takes a name for an option',
    withNetwork(async ({ repo, network }) => {
      const worktree = await repo.worktree();
      const evil = `--upload-pack=touch ${repo.base}/evil`;
      assert.equal(because(await network.fetch(worktree, evil)), 'failed');
      assert.equal(because(await network.fetch(worktree, '.', { refspecs: [evil] })), 'failed');
      assert.equal(because(await network.listRemote(worktree, evil)), 'failed');
      assert.equal(because(await network.clone(worktree.git, evil, `${repo.base}/c`)), 'failed');
      assert.equal(because(await network.fetch(worktree, '')), 'failed');
      assert.equal(fs.existsSync(path.join(repo.base, 'evil')), false);
    }),
  );
});

describe('what is known of a remote', () => {
  it(
    'a success counts from its start; a failure backs off, which an explicit request passes by and a success clears',
    withNetwork(async ({ repo, network, lines, healthy }) => {
      const url = healthy();
      const folder = url.slice('file://'.length);
      repo.git('remote', 'add', 'origin', url);
      const worktree = await repo.worktree();
      assert.deepEqual(await remoteStatus(worktree, 'origin'), {
        lastFetched: undefined,
        lastAnswered: undefined,
        failures: 0,
        retryAfter: undefined,
        lastFailure: undefined,
      });
      const first = await network.fetch(worktree, 'origin');
      assert.ok(first.kind === 'done');
      assert.equal((await remoteStatus(worktree, 'origin')).lastFetched, first.startedAt);

      fs.renameSync(folder, `${folder}.away`);
      assert.equal(because(await network.fetch(worktree, 'origin')), 'failed');
      const failed = await remoteStatus(worktree, 'origin');
      assert.equal(failed.lastFetched, first.startedAt);
      assert.equal(failed.failures, 1);
      assert.match(failed.lastFailure ?? '', /does not appear to be a git repository/);
      const wait = (failed.retryAfter ?? 0) - Date.now();
      assert.ok(wait > 20_000 && wait <= 30_000, `${wait} ms`);

      const count = lines.length;
      const held = await network.fetch(worktree, 'origin');
      assert.ok(held.kind === 'not_done' && held.reason === 'backing_off');
      assert.match(held.message, /failed once. It is tried again in \d+ s/);
      assert.equal(lines.length, count, 'no line for what was not even tried');
      assert.equal(because(await network.listRemote(worktree, 'origin')), 'backing_off');
      assert.equal(because(await network.fetch(worktree, 'origin', { explicit: true })), 'failed');
      assert.equal((await remoteStatus(worktree, 'origin')).failures, 2);

      fs.renameSync(`${folder}.away`, folder);
      assert.equal(because(await network.fetch(worktree, 'origin')), 'backing_off');
      const back = await network.fetch(worktree, 'origin', { explicit: true });
      assert.ok(back.kind === 'done');
      const { lastAnswered = 0, ...status } = await remoteStatus(worktree, 'origin');
      assert.ok(lastAnswered >= back.startedAt && lastAnswered <= Date.now());
      assert.deepEqual(status, {
        lastFetched: back.startedAt,
        failures: 0,
        retryAfter: undefined,
        lastFailure: undefined,
      });
      assert.equal(because(await network.listRemote(worktree, 'origin')), 'done');
      assert.equal((await remoteStatus(worktree, 'origin')).lastFetched, back.startedAt, 'by fetches only');
    }),
  );

  it(
    'is capped, stands a clock that steps, a restart, and a file that is broken',
    withNetwork(async ({ repo, network }) => {
      repo.git('remote', 'add', 'origin', path.join(repo.base, 'nothing.git'));
      const worktree = await repo.worktree();
      await network.fetch(worktree, 'origin');
      const file = statusFile(repo);
      const text = fs.readFileSync(file, 'utf8');
      const wait = async (change: (text: string) => string): Promise<number | undefined> => {
        fs.writeFileSync(file, change(text));
        const { retryAfter } = await remoteStatus(worktree, 'origin');
        return retryAfter === undefined ? undefined : retryAfter - Date.now();
      };
      const number = (name: string, shift: number) => (of: string) =>
        of.replace(new RegExp(`"${name}":(\\d+)`), (_, value) => `"${name}":${Number(value) + shift}`);
      const hour = 3_600_000;
      const day = 24 * hour;
      assert.ok(((await wait(number('failures', 0))) ?? 0) > 0);
      const most = (await wait(number('failures', 900))) ?? 0;
      assert.ok(most > 29 * 60_000 && most <= 30 * 60_000, `${most} ms`);
      // The clock was set back by a day after the failure, or was wrong by a day when it happened.
      assert.ok(((await wait(number('at', day))) ?? 0) <= 30_000);
      assert.equal(await wait(number('at', -day)), undefined);
      // The machine was started anew; where that cannot be told, its count began again.
      assert.equal(await wait((of) => of.replace(/"host":"[^"]*"/, '"host":"another"')), undefined);
      assert.equal(await wait(number('uptime', 1e9 * hour)), undefined);
      for (const broken of [
        '',
        '{',
        '[]',
        'null',
        '{"version":2}',
        text.replace('"failures":1', '"failures":-1'),
      ]) {
        assert.equal(await wait(() => broken), undefined, broken);
        assert.equal(because(await network.fetch(worktree, 'origin')), 'failed', 'it is tried');
        assert.equal((await remoteStatus(worktree, 'origin')).failures, 1);
      }
    }),
  );

  it(
    'is about the remote: what fails on this side, or is refused by a remote that is there, does not count',
    withNetwork(async ({ repo, network, healthy }) => {
      repo.git('remote', 'add', 'origin', healthy());
      const worktree = await repo.worktree();
      assert.equal(
        because(await network.fetch(worktree, 'origin', { refspecs: ['refs/heads/nothing'] })),
        'failed',
      );
      assert.equal((await remoteStatus(worktree, 'origin')).failures, 0);
      const asFiles = (await worktree.repository.refFormat()) === 'files';
      const name = asFiles ? 'refs/remotes/origin/main.lock' : 'reftable/tables.list.lock';
      const lock = path.join(repo.commonDir, name);
      fs.mkdirSync(path.dirname(lock), { recursive: true });
      fs.writeFileSync(lock, '');
      assert.equal(because(await network.fetch(worktree, 'origin')), 'failed');
      assert.equal((await remoteStatus(worktree, 'origin')).failures, 0);
      fs.rmSync(lock);
      assert.equal(because(await network.fetch(worktree, 'origin')), 'done');
    }),
  );

  it(
    'holds no credentials, nor do words, log and what is shown',
    withNetwork(async ({ repo, network, lines, serve }) => {
      const port = await serve(locked());
      const secret = 's3cret%2Dword';
      const token = 'ghp_tokentoken';
      const urls = [
        `http://person:${secret}@127.0.0.1:${port}/x.git`,
        `http://${token}@127.0.0.1:${port}/y.git`,
        `http://127.0.0.1:${port}/z.git?access_token=${token}`,
      ];
      const worktree = await repo.worktree();
      const said: string[] = [];
      for (const [index, url] of urls.entries()) {
        repo.git('remote', 'add', `r${index}`, url);
        for (const remote of [`r${index}`, url]) {
          const fetch = network.fetch(worktree, remote, { explicit: true });
          while (network.operations.length === 0) {
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
          said.push(JSON.stringify(network.operations), JSON.stringify(await fetch));
          said.push(JSON.stringify(await remoteStatus(worktree, remote)));
        }
        said.push(JSON.stringify(await network.clone(worktree.git, url, path.join(repo.base, 'clone'))));
      }
      const belay = path.join(repo.commonDir, 'belay');
      const files = fs
        .readdirSync(path.join(belay, 'network'))
        .map((name) => name + fs.readFileSync(path.join(belay, 'network', name), 'utf8'));
      const all = [...lines, ...said, ...files, ...fs.readdirSync(path.join(belay, 'locks'))].join('\n');
      assert.match(all, new RegExp(`127\\.0\\.0\\.1:${port}/x\\.git`));
      assert.doesNotMatch(all, /s3cret|ghp_|access_token/);
      assert.equal(files.length, 3);
    }),
  );

  it(
    'stays usable where the disk refuses to keep it',
    withNetwork(async ({ repo, network, lines, healthy }) => {
      repo.git('remote', 'add', 'origin', healthy());
      fs.mkdirSync(path.join(repo.commonDir, 'belay'));
      fs.writeFileSync(path.join(repo.commonDir, 'belay', 'network'), 'in the way');
      const worktree = await repo.worktree();
      assert.equal(because(await network.fetch(worktree, 'origin')), 'done');
      assert.ok(lines.length > 1);
      fs.rmSync(path.join(repo.commonDir, 'belay', 'locks'), { recursive: true });
      fs.writeFileSync(path.join(repo.commonDir, 'belay', 'locks'), 'in the way');
      assert.notEqual(because(await network.fetch(worktree, 'origin')), 'done');
      assert.equal(network.operations.length, 0);
    }),
  );
});

describe('the limits of network work', () => {
  const cases: readonly (readonly [string, string, number, number])[] = [
    ['7', '3', 7_000, 3],
    ['0', '0', 0, 1],
    ['1.5', 'many', defaultNetworkLimits.timeLimit, defaultNetworkLimits.maxOperations],
    ['-1', '-1', defaultNetworkLimits.timeLimit, defaultNetworkLimits.maxOperations],
    ['999999999', '99', longestTime, 99],
  ];
  for (const [timeout, most, timeLimit, maxOperations] of cases) {
    it(
      `from git's configuration: ${timeout} s, ${most} at once`,
      inRepo(async (repo: TestRepo) => {
        repo.git('config', 'belay.networkTimeout', timeout);
        repo.git('config', 'belay.maxNetworkOperations', most);
        assert.deepEqual(configuredNetworkLimits(await repo.open()), { timeLimit, maxOperations });
      }),
    );
  }
});
