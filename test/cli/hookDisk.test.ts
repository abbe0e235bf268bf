import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { bash, gaps, hook, hookProgram, log, silent, startHook, write } from '../agents/support';
import { inRepo, type TestRepo } from '../support/repo';

/** What makes a private place for mounts, where this system lets us. */
const unshare = [['-m'], ['-rm']].find((args) => spawnSync('unshare', [...args, 'true']).status === 0);
const withMounts = unshare === undefined ? it.skip : it;
const mounts = unshare === undefined ? ' (skipped: this system allows no mounts of our own)' : '';

/** Whom permissions bind: the superuser they do not. */
const uid = process.getuid?.() === 0 ? 65_534 : undefined;

/** Runs a shell script where mounts are its own. `$NODE` and `$HOOK` are the hook's, the rest is `$1`, `$2` and so on. */
function inMounts(script: string, ...args: string[]): void {
  const { status, stderr } = spawnSync('unshare', [...(unshare ?? []), 'sh', '-euc', script, 'sh', ...args], {
    encoding: 'utf8',
    timeout: 120_000,
    env: { ...process.env, NODE: process.execPath, HOOK: hookProgram, NODE_V8_COVERAGE: undefined },
  });
  assert.equal(status, 0, stderr);
}

/** What a hook of the script said: its end, and all that it printed. */
function said(repo: TestRepo, name: string): string {
  return fs.readFileSync(path.join(repo.base, `said-${name}`), 'utf8');
}

/** A payload as a file. */
function payload(repo: TestRepo, name: string, call: object): string {
  const file = path.join(repo.base, `payload-${name}.json`);
  fs.writeFileSync(file, JSON.stringify(call));
  return file;
}

/** The line of a script that runs a hook and notes what it said. */
function line(repo: TestRepo, name: string, call: object): string {
  const out = path.join(repo.base, `said-${name}`);
  return `"$NODE" "$HOOK" claude-code < '${payload(repo, name, call)}' > '${out}' 2>&1 && echo ended well >> '${out}'`;
}

async function assertCovered(repo: TestRepo): Promise<void> {
  const [latest] = await log(repo);
  assert.ok(latest);
  assert.deepEqual(repo.treeEntries(latest.oid), repo.diskEntries());
  assert.deepEqual(gaps(repo), []);
}

describe('belay hook never harms the agent when the disk is against it', () => {
  withMounts(
    `read-only${mounts}`,
    inRepo(async (repo) => {
      await repo.checkpoint();
      repo.write('a.txt', 'changed before the disk was closed\n');
      const before = repo.fingerprint();
      const all = repo.refs();
      const file = path.join(repo.folder, 'a.txt');
      inMounts(
        [
          'mount --bind "$1" "$1"',
          'mount -o remount,bind,ro "$1"',
          line(repo, 'before', bash(repo, 'PreToolUse', 'git reset --hard')),
          line(repo, 'after', write(repo, 'PostToolUse', file)),
        ].join('\n'),
        repo.folder,
      );
      assert.deepEqual([said(repo, 'before'), said(repo, 'after')], ['ended well\n', 'ended well\n']);
      assert.equal(repo.fingerprint(), before);
      assert.deepEqual(repo.refs(), all);
      silent(hook('claude-code', write(repo, 'PostToolUse', file)));
      await assertCovered(repo);
    }),
  );

  withMounts(
    `full: it says so in its mark, and the next hook closes the gap${mounts}`,
    inRepo(async (repo) => {
      const place = path.join(repo.base, 'small');
      fs.mkdirSync(place);
      const there = { folder: path.join(place, 'repo') };
      await repo.checkpoint();
      const file = path.join(there.folder, 'new.txt');
      const doctor = `"$NODE" "${path.resolve('dist/cli.js')}" doctor --cwd "$2/repo" > '${path.join(repo.base, 'doctor')}'`;
      inMounts(
        [
          'mount -t tmpfs -o size=6m belay "$2"',
          'cp -a "$1" "$2/repo"',
          'echo written to the last byte > "$2/repo/new.txt"',
          'echo seen by nobody > "$2/repo/other.txt"',
          'dd if=/dev/urandom of="$2/repo/large.txt" bs=1k count=256 2> /dev/null',
          'cp "$2/repo/.git/index" "$2/index"',
          'dd if=/dev/zero of="$2/filler" bs=4k 2> /dev/null || true',
          line(repo, 'full', write(there, 'PostToolUse', file)),
          line(repo, 'full-whole', bash(there, 'PreToolUse', 'rm -rf .')),
          'cmp "$2/repo/.git/index" "$2/index"',
          doctor,
          'rm "$2/filler"',
          line(repo, 'again', write(there, 'PostToolUse', file)),
          'git -C "$2/repo" fsck --no-dangling --connectivity-only',
          'cp -a "$2/repo/." "$1/"',
        ].join('\n'),
        repo.folder,
        place,
      );
      assert.deepEqual(
        ['full', 'full-whole', 'again'].map((name) => said(repo, name)),
        ['ended well\n', 'ended well\n', 'ended well\n'],
      );
      assert.match(
        fs.readFileSync(path.join(repo.base, 'doctor'), 'utf8'),
        /PROBLEM .*not covered the files here/,
      );
      const [latest] = await log(repo);
      assert.match(latest?.message ?? '', /closes a gap/);
      await assertCovered(repo);
    }),
  );

  for (const [what, closed] of [
    ['Belay’s own folder may not be read', (repo: TestRepo) => path.join(repo.commonDir, 'belay')],
    ['the references may not be read', (repo: TestRepo) => path.join(repo.commonDir, 'refs', 'belay')],
    ['nothing may be stored', (repo: TestRepo) => path.join(repo.commonDir, 'objects')],
  ] as const) {
    it(
      `where ${what}`,
      inRepo(async (repo) => {
        await repo.checkpoint();
        fs.chmodSync(repo.base, 0o755);
        if (uid !== undefined) {
          giveTo(repo.folder, uid);
          // So that the superuser's git still answers this test.
          repo.git('config', '--global', '--add', 'safe.directory', repo.folder);
        }
        const as = uid === undefined ? {} : { uid };
        const file = path.join(repo.folder, 'a.txt');
        silentEnd(await startHook(write(repo, 'PostToolUse', file), as).over);
        repo.write('a.txt', 'changed\n');
        repo.write('other.txt', 'changed as well\n');
        const before = repo.fingerprint();
        const folder = closed(repo);
        const mode = what === 'nothing may be stored' ? 0o500 : 0o000;
        fs.chmodSync(folder, mode);
        silentEnd(await startHook(write(repo, 'PostToolUse', file), as).over);
        silentEnd(await startHook(bash(repo, 'PreToolUse', 'git reset --hard'), as).over);
        fs.chmodSync(folder, 0o755);
        assert.equal(repo.fingerprint(), before);
        silentEnd(await startHook(bash(repo, 'PostToolUse', 'ls'), as).over);
        await assertCovered(repo);
      }),
    );
  }

  it(
    'where Belay’s own folder is deleted under it again and again',
    inRepo(async (repo) => {
      await repo.checkpoint();
      for (let round = 0; round < 6; round += 1) {
        repo.write(`file-${round}.txt`, `round ${round}\n`);
        const before = repo.fingerprint();
        const { over } = startHook(
          round % 2 === 0
            ? bash(repo, 'PostToolUse', 'make')
            : write(repo, 'PostToolUse', path.join(repo.folder, `file-${round}.txt`)),
        );
        const deleting = setInterval(() => {
          // The hook may be faster with what it makes anew.
          spawnSync('rm', ['-rf', path.join(repo.commonDir, 'belay')]);
        }, 15);
        silentEnd(await over);
        clearInterval(deleting);
        assert.equal(repo.fingerprint(), before);
      }
      silent(hook('claude-code', bash(repo, 'PostToolUse', 'ls')));
      await assertCovered(repo);
      assert.equal(repo.tryGit('fsck', '--no-dangling', '--connectivity-only').code, 0);
    }),
  );
});

function silentEnd({ code, out, err }: Awaited<ReturnType<typeof startHook>['over']>): void {
  silent({ code, out, err });
}

function giveTo(folder: string, owner: number): void {
  fs.lchownSync(folder, owner, owner);
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    fs.lchownSync(path.join(entry.parentPath, entry.name), owner, owner);
  }
}
