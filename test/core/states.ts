import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { UncoveredReason } from '../../src/checkpoint/checkpoint';
import type { GitPath } from '../../src/git/path';
import { shadowRef } from '../../src/refs/names';
import {
  entryText,
  gitPath,
  testHome,
  type FileName,
  type TestRepo,
  type TestRepoOptions,
} from '../support/repo';

/** What a checkpoint of a state must hold where it is not simply every file on disk. */
export interface Expected {
  /** Every gap that the checkpoint must name, and no other. */
  readonly uncovered?: readonly (readonly [FileName, UncoveredReason])[];
  /** Paths whose place in the tree differs from the disk: what the tree holds there, or undefined for nothing. */
  readonly tree?: readonly (readonly [FileName, string | undefined])[];
  /** Paths that this very checkpoint makes appear or vanish on disk (a filter does, not Belay). */
  readonly sideEffects?: readonly FileName[];
  readonly operation?: string;
  readonly detached?: boolean;
}

/** A state of a worktree in which a checkpoint must change nothing and hold everything. */
export interface State {
  readonly name: string;
  readonly options?: TestRepoOptions;
  /** Brings the repository into the state and says what to expect. */
  readonly prepare: (repo: TestRepo) => Expected;
}

const plain: Expected = {};

/** Runs the user's git in some folder. */
export function gitIn(folder: string, ...args: string[]): string {
  return execFileSync('git', args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trimEnd();
}

function makeRepository(folder: string, commits: boolean): string {
  fs.mkdirSync(folder, { recursive: true });
  gitIn(folder, 'init', '--quiet');
  fs.writeFileSync(path.join(folder, 'inner.txt'), 'inner\n');
  if (!commits) {
    return '';
  }
  gitIn(folder, 'add', '--all');
  gitIn(folder, 'commit', '--quiet', '--message=Inner');
  return gitIn(folder, 'rev-parse', 'HEAD');
}

function conflict(repo: TestRepo, how: 'merge' | 'rebase' | 'cherry-pick' | 'revert'): void {
  repo.git('switch', '--quiet', '--create', 'other');
  repo.write('a.txt', 'theirs\n');
  repo.write('theirs.txt', 'only theirs\n');
  repo.git('add', '--all');
  repo.git('commit', '--quiet', '--message=Theirs');
  repo.git('switch', '--quiet', 'main');
  repo.write('a.txt', 'ours\n');
  repo.git('commit', '--quiet', '--all', '--message=Ours');
  if (how === 'revert') {
    repo.write('a.txt', 'ours again\n');
    repo.git('commit', '--quiet', '--all', '--message=Ours again');
  }
  repo.tryGit(how, how === 'revert' ? 'HEAD~1' : 'other');
}

const oddNames: readonly FileName[] = [
  'with space',
  ' leading and trailing ',
  'line\nend',
  'tab\tand\rreturn',
  "quote\"s and 'single'",
  'back\\slash',
  '"quoted"',
  ':colon',
  ':(exclude)magic',
  ':/top',
  '-dash',
  '--all',
  '!bang',
  '#hash',
  '*star?',
  '[a-b]',
  'ünïcode-日本',
  'e\u0301 decomposed',
  '\u2028line separator',
  '\ufeffbyte order mark',
  '{brace}',
  '$dollar `tick`',
  '\u0001control\u007f',
  Buffer.from([0x6e, 0xff, 0xfe, 0x80]),
  Buffer.concat([Buffer.from([0xe9]), Buffer.from('/in/'), Buffer.from([0xc3])]),
  'deep/ spaced /-x/:y',
];

/** A clean filter that turns content round and a smudge filter that turns it back, as LFS stands in for content. */
function filter(
  repo: TestRepo,
  name: string,
  clean: string,
  settings: Readonly<Record<string, string>> = {},
): void {
  repo.git('config', `filter.${name}.clean`, clean);
  for (const [key, value] of Object.entries(settings)) {
    repo.git('config', `filter.${name}.${key}`, value);
  }
  repo.write('.gitattributes', `*.${name} filter=${name}\n`);
}

const states: readonly State[] = [
  { name: 'a clean tree', prepare: () => plain },
  {
    name: 'staged, unstaged and untracked changes in the same and in different files',
    prepare: (repo) => {
      repo.write('a.txt', 'staged\n');
      repo.write('new-staged.txt', 'staged\n');
      repo.git('add', '--all');
      repo.write('a.txt', 'staged and edited\n');
      repo.write('folder/b.txt', 'edited\n');
      repo.write('untracked/deep/file.txt', 'untracked\n');
      return plain;
    },
  },
  {
    name: 'staged and unstaged deletions, and a file removed from the index only',
    prepare: (repo) => {
      for (const name of ['gone-staged', 'gone-unstaged', 'index-only']) {
        repo.write(name, `${name}\n`);
      }
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=More');
      repo.git('rm', '--quiet', 'gone-staged');
      repo.remove('gone-unstaged');
      repo.git('rm', '--quiet', '--cached', 'index-only');
      return plain;
    },
  },
  {
    name: 'a renamed file and files that changed places with folders',
    prepare: (repo) => {
      repo.write('was-file', 'file\n');
      repo.write('was-folder/x', 'x\n');
      repo.write('was-folder/y', 'y\n');
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=More');
      repo.git('mv', 'a.txt', 'renamed.txt');
      repo.remove('was-file');
      repo.write('was-file/inside', 'inside\n');
      repo.remove('was-folder');
      repo.write('was-folder', 'now a file\n');
      return plain;
    },
  },
  {
    name: 'a merge conflict',
    prepare: (repo) => {
      conflict(repo, 'merge');
      return { operation: 'merge' };
    },
  },
  {
    name: 'a merge conflict of deletion against change, half resolved',
    prepare: (repo) => {
      repo.git('switch', '--quiet', '--create', 'other');
      repo.git('rm', '--quiet', 'a.txt');
      repo.write('folder/b.txt', 'theirs\n');
      repo.git('commit', '--quiet', '--all', '--message=Theirs');
      repo.git('switch', '--quiet', 'main');
      repo.write('a.txt', 'ours\n');
      repo.write('folder/b.txt', 'ours\n');
      repo.git('commit', '--quiet', '--all', '--message=Ours');
      repo.tryGit('merge', 'other');
      repo.write('folder/b.txt', 'resolved\n');
      repo.git('add', 'folder/b.txt');
      return { operation: 'merge' };
    },
  },
  {
    name: 'a rebase stopped in the middle',
    prepare: (repo) => {
      conflict(repo, 'rebase');
      return { operation: 'rebase', detached: true };
    },
  },
  {
    name: 'a cherry-pick in conflict',
    prepare: (repo) => {
      conflict(repo, 'cherry-pick');
      return { operation: 'cherry-pick' };
    },
  },
  {
    name: 'a revert in conflict',
    prepare: (repo) => {
      conflict(repo, 'revert');
      return { operation: 'revert' };
    },
  },
  {
    name: 'a bisect under way',
    prepare: (repo) => {
      repo.git('commit', '--quiet', '--allow-empty', '--message=Two');
      repo.git('commit', '--quiet', '--allow-empty', '--message=Three');
      repo.git('bisect', 'start', 'HEAD', 'HEAD~2');
      return { operation: 'bisect', detached: true };
    },
  },
  {
    name: 'a detached HEAD',
    prepare: (repo) => {
      repo.git('checkout', '--quiet', '--detach');
      repo.write('a.txt', 'edited\n');
      return { detached: true };
    },
  },
  { name: 'an unborn branch without files', options: { unborn: true }, prepare: () => plain },
  {
    name: 'an unborn branch with staged and untracked files',
    options: { unborn: true },
    prepare: (repo) => {
      repo.write('staged.txt', 'staged\n');
      repo.git('add', '--all');
      repo.write('staged.txt', 'edited since\n');
      repo.write('untracked.txt', 'untracked\n');
      return plain;
    },
  },
  {
    name: 'an orphan branch in a repository with history',
    prepare: (repo) => {
      repo.git('switch', '--quiet', '--orphan', 'fresh');
      repo.write('only.txt', 'only\n');
      return plain;
    },
  },
  {
    name: 'an empty repository with every file deleted',
    prepare: (repo) => {
      repo.remove('a.txt');
      repo.remove('folder');
      return plain;
    },
  },
  {
    name: 'a sparse checkout (cone)',
    prepare: (repo) => {
      repo.write('inside/in.txt', 'in\n');
      repo.write('outside/out.txt', 'out\n');
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=Both');
      repo.git('sparse-checkout', 'set', '--cone', 'inside');
      repo.write('inside/in.txt', 'edited\n');
      repo.write('inside/new.txt', 'new\n');
      repo.write('elsewhere/new.txt', 'outside of the cone\n');
      return {
        tree: [
          ['outside/out.txt', entryText('100644', 'out\n')],
          ['folder/b.txt', entryText('100644', 'second\n')],
        ],
      };
    },
  },
  {
    name: 'a sparse checkout set in other words, with a file present outside of the patterns',
    prepare: (repo) => {
      repo.write('outside/out.txt', 'out\n');
      repo.write('outside/back.txt', 'back\n');
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=Both');
      repo.git('sparse-checkout', 'set', '--no-cone', '/a.txt');
      repo.git('config', '--worktree', 'core.sparseCheckout', 'yes');
      repo.write('outside/back.txt', 'written in spite of it\n');
      return {
        tree: [
          ['outside/out.txt', entryText('100644', 'out\n')],
          ['folder/b.txt', entryText('100644', 'second\n')],
        ],
      };
    },
  },
  {
    name: 'a sparse index',
    prepare: (repo) => {
      repo.write('inside/in.txt', 'in\n');
      repo.write('outside/deep/out.txt', 'out\n');
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=Both');
      repo.git('sparse-checkout', 'set', '--cone', '--sparse-index', 'inside');
      repo.write('inside/in.txt', 'edited\n');
      return {
        tree: [
          ['outside/deep/out.txt', entryText('100644', 'out\n')],
          ['folder/b.txt', entryText('100644', 'second\n')],
        ],
      };
    },
  },
  {
    name: 'files added with intent only',
    prepare: (repo) => {
      repo.write('intended.txt', 'intended\n');
      repo.write('intended-empty.txt', '');
      repo.git('add', '--intent-to-add', 'intended.txt', 'intended-empty.txt');
      return plain;
    },
  },
  {
    name: 'a submodule that has moved and is dirty inside',
    prepare: (repo) => {
      makeRepository(path.join(repo.base, 'module'), true);
      repo.git('submodule', '--quiet', 'add', path.join(repo.base, 'module'), 'sub');
      repo.git('commit', '--quiet', '--message=Submodule');
      const folder = path.join(repo.folder, 'sub');
      gitIn(folder, 'commit', '--quiet', '--allow-empty', '--message=Moved');
      fs.writeFileSync(path.join(folder, 'inner.txt'), 'edited inside\n');
      return {
        uncovered: [['sub', 'submodule']],
        tree: [
          ['sub/.git', undefined],
          ['sub/inner.txt', undefined],
          ['sub', `160000 ${gitIn(folder, 'rev-parse', 'HEAD')}`],
        ],
      };
    },
  },
  {
    name: 'a submodule that is not checked out',
    prepare: (repo) => {
      const commit = makeRepository(path.join(repo.base, 'module'), true);
      repo.git('submodule', '--quiet', 'add', path.join(repo.base, 'module'), 'sub');
      repo.git('commit', '--quiet', '--message=Submodule');
      repo.git('submodule', '--quiet', 'deinit', '--force', 'sub');
      return { uncovered: [['sub', 'submodule']], tree: [['sub', `160000 ${commit}`]] };
    },
  },
  {
    name: 'nested repositories with and without commits',
    prepare: (repo) => {
      makeRepository(path.join(repo.folder, 'nested-with'), true);
      makeRepository(path.join(repo.folder, 'nested-without'), false);
      makeRepository(path.join(repo.folder, 'deep/er/nested'), true);
      repo.write('deep/beside.txt', 'beside\n');
      const hidden = [...repo.disk().keys()].filter((name) => /(^|\/)nested/.test(name));
      return {
        uncovered: [
          ['deep/er/nested', 'nested_repository'],
          ['nested-with', 'nested_repository'],
          ['nested-without', 'nested_repository'],
        ],
        tree: hidden.map((name): [Buffer, undefined] => [Buffer.from(name, 'latin1'), undefined]),
      };
    },
  },
  {
    name: 'a linked worktree of the same repository inside the folder, which has checkpoints of its own',
    prepare: (repo) => {
      const hidden = worktreeInside(repo);
      repo.git('update-ref', shadowRef('one'), 'HEAD');
      return { tree: hidden };
    },
  },
  {
    name: 'a linked worktree of the same repository inside the folder, which has none',
    prepare: (repo) => ({ tree: worktreeInside(repo), uncovered: [['trees/one', 'nested_repository']] }),
  },
  {
    name: 'a filter that stores something else than the file (LFS-style)',
    prepare: (repo) => {
      filter(repo, 'big', 'tr a-z A-Z', { smudge: 'tr A-Z a-z', required: 'true' });
      repo.write('committed.big', 'committed\n');
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=Filtered');
      repo.write('committed.big', 'edited\n');
      repo.write('untracked.big', 'untracked\n');
      return {
        tree: [
          ['committed.big', entryText('100644', 'EDITED\n')],
          ['untracked.big', entryText('100644', 'UNTRACKED\n')],
        ],
      };
    },
  },
  {
    name: 'a required filter that fails',
    prepare: (repo) => {
      filter(repo, 'bad', 'cat', { required: 'true' });
      repo.write('committed.bad', 'committed\n');
      repo.write('touched.bad', 'same size\n');
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=Filtered');
      repo.git('config', 'filter.bad.clean', 'false');
      repo.write('committed.bad', 'edited to another size\n');
      repo.write('touched.bad', 'SAME SIZE\n');
      repo.write('untracked.bad', 'untracked\n');
      repo.write('a.txt', 'edited\n');
      repo.write('zz-after.txt', 'after\n');
      return {
        uncovered: [
          ['committed.bad', 'filter_failed'],
          ['touched.bad', 'filter_failed'],
          ['untracked.bad', 'filter_failed'],
        ],
        tree: [
          ['committed.bad', entryText('100644', 'committed\n')],
          ['touched.bad', entryText('100644', 'same size\n')],
          ['untracked.bad', undefined],
        ],
      };
    },
  },
  {
    name: 'a filter that is not required and fails',
    prepare: (repo) => {
      filter(repo, 'weak', 'false');
      repo.write('file.weak', 'as it is\n');
      return plain;
    },
  },
  {
    name: 'names with spaces, line ends, quotes, backslashes, colons, dashes, and bytes that are not UTF-8',
    prepare: (repo) => {
      const half = Math.ceil(oddNames.length / 2);
      for (const [index, name] of oddNames.entries()) {
        if (index === half) {
          repo.git('add', '--all');
          repo.git('commit', '--quiet', '--message=Odd names');
        }
        repo.write(name, `content ${index}\n`);
      }
      for (const name of oddNames.slice(0, half)) {
        repo.write(name, 'edited afterwards\n');
      }
      return plain;
    },
  },
  {
    name: 'symbolic links to a file, to a folder, to nothing, to themselves and out of the worktree',
    prepare: (repo) => {
      fs.symlinkSync('a.txt', repo.at('tracked-link'));
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=Link');
      fs.rmSync(repo.at('tracked-link'));
      fs.symlinkSync('folder/b.txt', repo.at('tracked-link'));
      fs.symlinkSync('a.txt', repo.at('to-file'));
      fs.symlinkSync('folder', repo.at('to-folder'));
      fs.symlinkSync('nowhere/at all\n', repo.at('dangling'));
      fs.symlinkSync('loop', repo.at('loop'));
      fs.symlinkSync(testHome, repo.at('outside'));
      fs.symlinkSync(Buffer.from([0xff, 0xfe]), repo.at('to-bytes'));
      return plain;
    },
  },
  {
    name: 'a file that became a link, a link that became a file, a folder that became a link',
    prepare: (repo) => {
      fs.symlinkSync('a.txt', repo.at('link'));
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=Link');
      fs.rmSync(repo.at('link'));
      repo.write('link', 'a file now\n');
      repo.remove('a.txt');
      fs.symlinkSync('link', repo.at('a.txt'));
      fs.renameSync(repo.at('folder'), repo.at('moved'));
      fs.symlinkSync('moved', repo.at('folder'));
      return plain;
    },
  },
  {
    name: 'execute bits set and taken away',
    prepare: (repo) => {
      repo.write('tool', '#!/bin/sh\n', 0o755);
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=Tool');
      fs.chmodSync(repo.at('tool'), 0o644);
      fs.chmodSync(repo.at('a.txt'), 0o755);
      repo.write('new-tool', '#!/bin/sh\n', 0o755);
      return plain;
    },
  },
  {
    name: 'an edited executable where git does not trust execute bits',
    prepare: (repo) => {
      repo.write('tool', '#!/bin/sh\n', 0o755);
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=Tool');
      repo.git('config', 'core.fileMode', 'No');
      repo.write('tool', '#!/bin/sh\nedited\n');
      fs.chmodSync(repo.at('tool'), 0o644);
      fs.chmodSync(repo.at('a.txt'), 0o755);
      repo.write('a.txt', 'edited\n');
      return {
        tree: [
          ['tool', entryText('100755', '#!/bin/sh\nedited\n')],
          ['a.txt', entryText('100644', 'edited\n')],
        ],
      };
    },
  },
  {
    name: 'a file that vanishes during the capture',
    prepare: (repo) => {
      filter(repo, 'eats', `sh -c 'rm -f "${repo.folder}/zz-victim.txt"; cat'`);
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=Filter');
      repo.write('first.eats', 'content\n');
      repo.write('zz-victim.txt', 'vanishes\n');
      repo.write('zzz-after.txt', 'stays\n');
      return { sideEffects: ['zz-victim.txt'], tree: [['zz-victim.txt', undefined]] };
    },
  },
  {
    name: 'a named pipe and a socket-like thing among the files',
    prepare: (repo) => {
      execFileSync('mkfifo', [path.join(repo.folder, 'pipe')]);
      repo.write('beside.txt', 'beside\n');
      return plain;
    },
  },
  {
    name: 'a tracked file that a named pipe has taken the place of',
    prepare: (repo) => {
      repo.remove('a.txt');
      execFileSync('mkfifo', [path.join(repo.folder, 'a.txt')]);
      return plain;
    },
  },
  {
    name: 'assume-unchanged and skip-worktree files with edits',
    prepare: (repo) => {
      repo.write('skipped.txt', 'skipped\n');
      repo.write('both.txt', 'both\n');
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=More');
      repo.git('update-index', '--assume-unchanged', 'a.txt', 'both.txt');
      repo.git('update-index', '--skip-worktree', 'skipped.txt', 'both.txt');
      for (const name of ['a.txt', 'skipped.txt', 'both.txt']) {
        repo.write(name, 'edited all the same\n');
      }
      return plain;
    },
  },
  {
    name: 'a split index',
    prepare: (repo) => {
      repo.git('config', 'core.splitIndex', 'true');
      repo.git('update-index', '--split-index');
      repo.write('later.txt', 'later\n');
      repo.git('add', 'later.txt');
      repo.write('a.txt', 'edited\n');
      repo.write('untracked.txt', 'untracked\n');
      return plain;
    },
  },
  {
    name: 'an untracked cache and a file system monitor setting',
    prepare: (repo) => {
      repo.git('config', 'core.untrackedCache', 'true');
      repo.git('update-index', '--force-untracked-cache');
      repo.git('status');
      repo.write('untracked.txt', 'untracked\n');
      return plain;
    },
  },
  {
    name: 'ignored files, and one of them added by force',
    prepare: (repo) => {
      repo.write('.gitignore', '*.secret\nbuild/\n');
      repo.write('forced.secret', 'forced\n');
      repo.write('build/forced.txt', 'forced\n');
      repo.git('add', '.gitignore');
      repo.git('add', '--force', 'forced.secret', 'build/forced.txt');
      repo.write('forced.secret', 'forced and edited\n');
      repo.write('build/forced.txt', 'forced and edited\n');
      repo.write('kept.secret', 'stays out\n');
      repo.write('build/out.txt', 'stays out\n');
      return {
        tree: [
          ['kept.secret', undefined],
          ['build/out.txt', undefined],
        ],
      };
    },
  },
  {
    name: 'files whose line ends git converts',
    prepare: (repo) => {
      repo.write('.gitattributes', '*.txt text\n');
      repo.write('crlf.txt', 'one\r\ntwo\r\n');
      repo.write('binary.bin', Buffer.from([0, 13, 10, 255]));
      return { tree: [['crlf.txt', entryText('100644', 'one\ntwo\n')]] };
    },
  },
  {
    name: 'a file with Windows line ends that was committed before git converted them',
    prepare: (repo) => {
      repo.write('old.txt', 'one\r\ntwo\r\n');
      repo.git('add', '--all');
      repo.git('commit', '--quiet', '--message=As they are');
      repo.write('.gitattributes', '* text=auto\n');
      repo.write('old.txt', 'one\r\ntwo\r\nthree\r\n');
      return plain;
    },
  },
  {
    name: 'settings that make git print otherwise',
    prepare: (repo) => {
      for (const [name, value] of [
        ['status.showUntrackedFiles', 'no'],
        ['status.short', 'true'],
        ['status.branch', 'true'],
        ['status.showStash', 'true'],
        ['status.relativePaths', 'true'],
        ['status.renames', 'copies'],
        ['core.quotePath', 'false'],
        ['color.ui', 'always'],
        ['core.ignoreStat', 'true'],
        ['core.checkStat', 'minimal'],
        ['diff.ignoreSubmodules', 'all'],
        ['column.ui', 'always'],
        ['core.safecrlf', 'true'],
        ['i18n.commitEncoding', 'ISO-8859-1'],
        ['commit.gpgSign', 'true'],
        ['core.abbrev', '4'],
      ] as const) {
        repo.git('config', name, value);
      }
      repo.write('a.txt', 'edited\n');
      repo.write('ü b.txt', 'untracked\n');
      return plain;
    },
  },
  {
    name: 'a stash, tags and notes beside the work',
    prepare: (repo) => {
      repo.write('a.txt', 'stashed\n');
      repo.git('stash');
      repo.git('tag', '--annotate', '--message=Tag', 'v1');
      repo.git('notes', 'add', '--message=Note');
      repo.write('a.txt', 'edited\n');
      return plain;
    },
  },
  {
    name: 'a linked worktree with staged and unstaged work',
    options: { linked: 'topic' },
    prepare: (repo) => {
      repo.write('a.txt', 'staged\n');
      repo.git('add', 'a.txt');
      repo.write('folder/b.txt', 'edited\n');
      repo.write('untracked.txt', 'untracked\n');
      return { detached: true };
    },
  },
  {
    name: 'a SHA-256 repository with staged and unstaged work',
    options: { objectFormat: 'sha256' },
    prepare: (repo) => {
      repo.write('a.txt', 'staged\n');
      repo.git('add', 'a.txt');
      repo.write('a.txt', 'edited\n');
      repo.write('untracked.txt', 'untracked\n');
      return plain;
    },
  },
];

/** Makes one. @returns what a checkpoint of the outer one does not hold. */
function worktreeInside(repo: TestRepo): [Buffer, undefined][] {
  repo.git('worktree', 'add', '--quiet', '--detach', path.join(repo.folder, 'trees/one'));
  const hidden = [...repo.disk().keys()].filter((name) => name.startsWith('trees/'));
  return hidden.map((name) => [Buffer.from(name, 'latin1'), undefined]);
}

/** What the tree of a checkpoint must hold, from the disk and from what the state expects otherwise. */
export function expectedTree(repo: TestRepo, expected: Expected): Map<GitPath, string> {
  const entries = repo.diskEntries();
  for (const [name, entry] of expected.tree ?? []) {
    if (entry === undefined) {
      entries.delete(gitPath(name));
    } else {
      entries.set(gitPath(name), entry);
    }
  }
  return entries;
}

/** Every state that the suite knows. */
export function allStates(): readonly State[] {
  return states;
}
