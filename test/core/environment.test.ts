import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { changesBetween, changesOf, readBlob } from '../../src/checkpoint/changes';
import {
  checkpointsAt,
  latestCheckpoint,
  listCheckpoints,
  readCheckpoint,
} from '../../src/checkpoint/history';
import { BelayError } from '../../src/errors';
import { Git } from '../../src/git/git';
import { readHead, readOperation } from '../../src/git/head';
import { openWorktree, type Worktree } from '../../src/git/worktree';
import { listWorktrees } from '../../src/git/worktreeList';
import { shadowPrefix, shadowRef } from '../../src/refs/names';
import { withEnvironment } from '../support/environment';
import { inRepo, referencesAsFiles, TestRepo } from '../support/repo';

/** Everything of the core that runs git, once: two checkpoints, every way to read them, and what fails on purpose. */
async function everything(repo: TestRepo, worktree: Worktree): Promise<void> {
  repo.write('a.txt', `${process.hrtime.bigint()}\n`);
  repo.write('untracked.txt', 'untracked\n');
  const whole = await repo.checkpoint({}, worktree);
  assert.equal(whole.created, true);
  assert.deepEqual(repo.treeEntries(whole.checkpoint.oid), repo.diskEntries());
  repo.write('a.txt', `${process.hrtime.bigint()}\n`);
  const paths = await repo.checkpoint({ paths: ['a.txt'] }, worktree);
  assert.equal(paths.checkpoint.mode, 'paths');
  assert.deepEqual(repo.treeEntries(paths.checkpoint.oid), repo.diskEntries());
  assert.equal(repo.refs().get(shadowRef(worktree.key)), paths.checkpoint.oid);

  assert.deepEqual(await readCheckpoint(worktree, paths.checkpoint.oid), paths.checkpoint);
  assert.deepEqual(
    (await listCheckpoints(worktree, { limit: 2 })).map(({ oid }) => oid),
    [paths.checkpoint.oid, whole.checkpoint.oid],
  );
  assert.equal((await latestCheckpoint(worktree, worktree.key))?.oid, paths.checkpoint.oid);
  assert.ok((await checkpointsAt(worktree, shadowPrefix)).size > 0);
  assert.ok((await listCheckpoints(worktree, { session: 'session-1' })).length >= 2);
  const changes = await changesOf(worktree, paths.checkpoint);
  assert.deepEqual(
    changes.map(({ path: name, kind }) => `${name} ${kind}`),
    ['a.txt modified'],
  );
  assert.equal((await changesBetween(worktree, whole.checkpoint.oid, paths.checkpoint.oid)).length, 1);
  assert.deepEqual(await readBlob(worktree, changes[0]?.newOid ?? ''), repo.read('a.txt'));
  await readHead(worktree);
  await readOperation(worktree);
  assert.equal((await listWorktrees(worktree)).length, 1);
  await assert.rejects(readCheckpoint(worktree, 'f'.repeat(worktree.repository.zeroOid.length)), BelayError);
  await assert.rejects(changesBetween(worktree, 'f'.repeat(40), whole.checkpoint.oid), BelayError);
}

describe('the environment that Belay is started in', () => {
  it(
    'may name another repository, index, work tree, object store and settings: they are not touched, nor looked at',
    inRepo(async (repo) => {
      const other = TestRepo.create();
      try {
        other.write('a.txt', 'not ours\n');
        const before = other.fingerprint();
        const foreign = {
          GIT_DIR: other.gitDir,
          GIT_COMMON_DIR: other.gitDir,
          GIT_INDEX_FILE: path.join(other.gitDir, 'index'),
          GIT_WORK_TREE: other.folder,
          GIT_OBJECT_DIRECTORY: path.join(other.gitDir, 'objects'),
          GIT_ALTERNATE_OBJECT_DIRECTORIES: path.join(other.gitDir, 'objects'),
          GIT_PREFIX: 'folder/',
          GIT_NAMESPACE: 'elsewhere',
          GIT_CEILING_DIRECTORIES: repo.base,
          GIT_CONFIG_COUNT: '1',
          GIT_CONFIG_KEY_0: 'core.worktree',
          GIT_CONFIG_VALUE_0: other.folder,
          GIT_CONFIG_PARAMETERS: `'core.worktree=${other.folder}'`,
          GIT_LITERAL_PATHSPECS: '1',
          GIT_ICASE_PATHSPECS: '1',
          GIT_REFLOG_ACTION: 'foreign',
          GIT_AUTHOR_DATE: 'nonsense',
          GIT_COMMITTER_NAME: '',
          GIT_OPTIONAL_LOCKS: '0',
          GIT_TRACE: path.join(repo.base, 'trace'),
          GIT_PAGER: 'false',
          GIT_EDITOR: 'false',
          GIT_ASKPASS: 'false',
          GIT_SSH_COMMAND: 'false',
          GIT_EXTERNAL_DIFF: 'false',
          SSH_ASKPASS: 'false',
          EDITOR: 'false',
          VISUAL: 'false',
          PAGER: 'false',
          PREFIX: '/nowhere',
        };
        // The environment is asked at every call, so what the test itself runs must not see it.
        const opened = await repo.open();
        repo.write('a.txt', 'ours\n');
        const taken = await withEnvironment(foreign, async () => {
          const worktree = await repo.open();
          assert.equal(worktree.root, repo.folder);
          const result = await repo.checkpoint({}, worktree);
          assert.equal((await listCheckpoints(worktree)).length, 1);
          assert.equal((await changesOf(worktree, result.checkpoint)).length, 1);
          assert.equal((await listWorktrees(worktree)).length, 1);
          return result;
        });
        assert.equal(other.fingerprint(), before);
        assert.equal(other.refs('belay').size, 0);
        assert.deepEqual(repo.treeEntries(taken.checkpoint.oid), repo.diskEntries());
        assert.ok(!fs.existsSync(path.join(repo.base, 'trace')));
        await everything(repo, opened);
      } finally {
        other.dispose();
      }
    }),
  );

  for (const variables of [
    { LANG: 'C.UTF-8', LANGUAGE: 'de' },
    { LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8', LANGUAGE: 'de:fr' },
    { LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', LANGUAGE: 'zh_CN' },
    { LANG: 'no_such_locale', LC_MESSAGES: 'nonsense' },
  ]) {
    it(
      `may speak another language: ${JSON.stringify(variables)}`,
      inRepo(async (repo) => {
        await withEnvironment(variables, async () => {
          await everything(repo, await repo.worktree());
          // Failures are told apart by git's words.
          await assert.rejects(repo.open(new Git(), repo.base), { reason: 'not_a_repository' });
          const lock = path.join(repo.commonDir, `${shadowRef('main')}.lock`);
          fs.writeFileSync(lock, '');
          const beside = await repo.checkpoint({ always: true });
          assert.match(beside.ref, /overflow/);
          fs.rmSync(lock);
          repo.git('update-ref', '-d', shadowRef('main'));
          repo.write('a.txt', 'after a foreign deletion\n');
          assert.equal((await repo.checkpoint()).checkpoint.step, 4);
        });
      }, referencesAsFiles),
    );
  }

  it(
    'may be a folder below the root, behind a link, with odd characters, or in a linked worktree',
    inRepo(async (repo) => {
      repo.write('odd \' " $(x) ü/deep/file.txt', 'deep\n');
      const link = path.join(repo.base, 'link');
      fs.symlinkSync(path.join(repo.folder, 'folder'), link);
      const folders = [
        path.join(repo.folder, 'folder'),
        link,
        path.join(repo.folder, 'odd \' " $(x) ü', 'deep'),
      ];
      for (const [number, folder] of folders.entries()) {
        const worktree = await openWorktree(new Git(), folder);
        assert.equal(worktree.root, repo.folder);
        repo.write('a.txt', `${number}\n`);
        const { checkpoint } = await repo.checkpoint({}, worktree);
        assert.deepEqual(repo.treeEntries(checkpoint.oid), repo.diskEntries());
        worktree.git.endAll();
      }
    }),
  );
});

describe('invariant: hostile settings of a repository run nothing because of Belay', () => {
  it(
    'hooks, monitors, aliases, pagers, signatures, diff programs, text conversions and remotes',
    inRepo(async (repo) => {
      const witness = path.join(repo.base, 'witness');
      fs.mkdirSync(witness);
      const evil = (name: string): string =>
        repo.script(`evil-${name}`, `#!/bin/sh\ntouch "${witness}/${name}"\ncat 2>/dev/null\nexit 0\n`);
      const hooks = path.join(repo.base, 'hooks');
      fs.mkdirSync(hooks);
      const hookNames = [
        'reference-transaction',
        'post-index-change',
        'pre-commit',
        'post-commit',
        'commit-msg',
        'prepare-commit-msg',
        'post-checkout',
        'post-update',
        'update',
        'pre-receive',
        'pre-auto-gc',
        'fsmonitor-watchman',
        'push-to-checkout',
        'proc-receive',
      ];
      for (const folder of [hooks, path.join(repo.gitDir, 'hooks')]) {
        fs.mkdirSync(folder, { recursive: true });
        for (const hook of hookNames) {
          const file = path.join(folder, hook);
          fs.writeFileSync(file, `#!/bin/sh\ntouch "${witness}/hook-${hook}"\n`);
          fs.chmodSync(file, 0o755);
        }
      }
      repo.write('.gitattributes', '*.txt diff=evil\n');
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=Attributes');
      const commands = [
        'status',
        'update-ref',
        'cat-file',
        'hash-object',
        'mktree',
        'log',
        'for-each-ref',
        'ls-files',
        'write-tree',
        'diff-tree',
        'rev-parse',
        'worktree',
        'config',
        'update-index',
        'merge-tree',
      ];
      const settings: readonly (readonly [string, string])[] = [
        ['core.hooksPath', hooks],
        ['core.fsmonitor', evil('fsmonitor')],
        ['core.fsmonitorHookVersion', '1'],
        ['core.pager', evil('pager')],
        ['core.editor', evil('editor')],
        ['core.askPass', evil('askpass')],
        ['core.sshCommand', evil('ssh')],
        ['core.gitProxy', evil('proxy')],
        ['core.alternateRefsCommand', evil('alternates')],
        ['credential.helper', evil('credential')],
        ['gpg.program', evil('gpg')],
        ['gpg.ssh.program', evil('gpg-ssh')],
        ['log.showSignature', 'true'],
        ['commit.gpgSign', 'true'],
        ['diff.external', evil('diff-external')],
        ['diff.evil.textconv', evil('textconv')],
        ['diff.evil.command', evil('diff-command')],
        ['interactive.diffFilter', evil('diff-filter')],
        ['merge.tool', evil('mergetool')],
        ['uploadpack.packObjectsHook', evil('pack-objects')],
        ['sequence.editor', evil('sequence-editor')],
        ['trailer.sign.command', evil('trailer')],
        ['maintenance.auto', 'true'],
        ['gc.auto', '1'],
        ...commands.flatMap((name): [string, string][] => [
          [`alias.${name}`, `!touch "${witness}/alias-${name}"`],
          [`pager.${name}`, evil(`pager-${name}`)],
        ]),
      ];
      // A partial clone fetches what is missing, and a remote's address or programs can be anything.
      const remotes: readonly (readonly [string, string])[] = [
        ['core.repositoryFormatVersion', '1'],
        ['extensions.partialClone', 'evil'],
        ['remote.evil.promisor', 'true'],
        ['remote.evil.partialCloneFilter', 'blob:none'],
      ];
      for (const [name, value] of [...settings, ...remotes]) {
        repo.git('config', name, value);
      }
      fs.writeFileSync(path.join(repo.gitDir, 'objects/info/alternates'), `${repo.gitDir}/objects\n`);
      const addresses: readonly (readonly [string, string])[] = [
        ['remote.evil.url', `ext::${evil('ext')}`],
        ['remote.evil.url', 'ssh://example.invalid/x'],
        ['remote.evil.url', repo.folder],
        ['remote.evil.url', 'git://example.invalid/x'],
      ];
      repo.git('config', 'remote.evil.uploadpack', evil('uploadpack'));
      repo.git('config', 'protocol.ext.allow', 'always');
      repo.git('config', 'protocol.file.allow', 'always');
      fs.rmSync(witness, { recursive: true });
      fs.mkdirSync(witness);
      for (const [name, value] of addresses) {
        const config = path.join(repo.gitDir, 'config');
        const before = fs.readFileSync(config, 'utf8');
        fs.writeFileSync(
          config,
          `${before}[remote "evil"]\n\t${name.slice(name.lastIndexOf('.') + 1)} = ${value}\n`,
        );
        const worktree = await repo.open();
        repo.write('a.txt', `${process.hrtime.bigint()}\n`);
        const taken = await repo.checkpoint({}, worktree);
        assert.equal(taken.created, true);
        await readCheckpoint(worktree, taken.checkpoint.oid);
        await listCheckpoints(worktree);
        await listCheckpoints(worktree, { session: 'session-1' });
        await latestCheckpoint(worktree, 'main');
        await checkpointsAt(worktree, shadowPrefix);
        const [change] = await changesOf(worktree, taken.checkpoint);
        await readBlob(worktree, change?.newOid ?? '');
        await listWorktrees(worktree);
        repo.write('a.txt', `${process.hrtime.bigint()}\n`);
        await repo.checkpoint({ paths: ['a.txt'] }, worktree);
        const missing = 'f'.repeat(40);
        await assert.rejects(readCheckpoint(worktree, missing), BelayError);
        await assert.rejects(readBlob(worktree, missing), BelayError);
        await assert.rejects(changesBetween(worktree, missing, taken.checkpoint.oid), BelayError);
        assert.deepEqual(fs.readdirSync(witness), [], `with ${value}`);
        fs.writeFileSync(config, before);
      }
      // The test itself would notice: the user's own git does run them.
      repo.tryGit('commit', '--allow-empty', '--message=x');
      assert.ok(fs.readdirSync(witness).length > 0);
    }),
  );
});
