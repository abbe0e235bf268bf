import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Network } from '../../src/network/network';
import { defaultNetworkLimits } from '../../src/network/networkOutcome';
import { syncWorktree } from '../../src/sync/sync';
import { importCommit, type Files } from '../support/importing';
import { inRepo, type TestRepo } from '../support/repo';
import { sized } from '../support/size';
import { asking } from './upstream';

/** What both have at first: line ends, a filter like that of LFS, submodules, and files that a person wants left alone. */
const before: Files = {
  '.gitattributes': '*.txt eol=crlf\n*.bin filter=lfs\n',
  'changed.txt': 'one\ntwo\n',
  'same.txt': 'one\n',
  'sub/.gitattributes': '*.dat text eol=crlf\n',
  'sub/x.dat': 'one\ntwo\n',
  'more/.gitattributes': '*.dat text eol=crlf\n',
  'more/y.dat': 'one\ntwo\n',
  'late/z.dat': 'one\ntwo\n',
  'big.bin': 'pointer one\n',
  'local.conf': 'upstream\n',
  'other.conf': 'upstream\n',
};

/** What the upstream makes of it: each rule changes together with files that it is for. */
const after: Files = {
  '.gitattributes': '*.txt eol=lf\n*.bin filter=lfs\n*.png filter=lfs\n',
  'changed.txt': 'one\ntwo\nthree\n',
  'new.txt': 'new\n',
  'sub/.gitattributes': '*.dat -text\n',
  'sub/x.dat': 'one\ntwo\nthree\n',
  'more/.gitattributes': undefined,
  'more/y.dat': 'one\ntwo\nthree\n',
  'late/.gitattributes': '*.dat text eol=crlf\n',
  'late/z.dat': 'one\ntwo\nthree\n',
  'big.bin': 'pointer two\n',
  'new.bin': 'pointer new\n',
  'pic.png': 'pointer pic\n',
  'other.conf': 'upstream, later\n',
};

function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A repository with two commits, to be a submodule. */
function submodule(base: string, name: string): { readonly folder: string; readonly commits: string[] } {
  const folder = path.join(base, name);
  git(base, 'init', '--quiet', '--bare', folder);
  const first = importCommit(folder, { parents: [], files: { f: name }, message: 'One' });
  const second = importCommit(folder, {
    parents: [first],
    files: { f: 'two' },
    message: 'Two',
    branch: 'main',
  });
  return { folder, commits: [first, second] };
}

/** What is in a working folder and its index, byte for byte, its submodules' folders included. */
function stateOf(folder: string): unknown {
  const disk = fs
    .readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isFile() && !/\/\.git(?:\/|$)/.test(`${entry.parentPath}/${entry.name}`))
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .map((file) => [path.relative(folder, file), fs.readFileSync(file, 'latin1')])
    .sort();
  return {
    disk,
    index: git(folder, 'ls-files', '--stage', '-t'),
    status: git(folder, 'status', '--porcelain'),
    submodules: git(folder, 'submodule', 'status'),
  };
}

describe('sync: what changes with what it is for, as git pull has it', () => {
  const rebased = ['rebased', { 'own.txt': 'own\n' }] as const;
  const variants = sized<readonly (readonly [string, Readonly<Record<string, string>> | undefined])[]>({
    short: [rebased],
    long: [rebased, ['forward', undefined]],
  });
  for (const [name, own] of variants) {
    it(
      `line ends, filters, submodules, and what is to be skipped: ${name}`,
      inRepo(async (repo: TestRepo) => {
        const { base } = repo;
        const [moved, added, gone] = ['moved', 'added', 'gone'].map((one) => submodule(base, `${one}.git`));
        assert.ok(moved && added && gone);
        const link = (oid = ''): { mode: string; content: string } => ({ mode: '160000', content: oid });
        const modules = (...names: string[]): string =>
          names.map((one) => `[submodule "${one}"]\n\tpath = ${one}\n\turl = ../${one}.git\n`).join('');
        const bare = path.join(base, 'upstream.git');
        git(base, 'clone', '--quiet', '--bare', repo.folder, bare);
        const first = importCommit(bare, {
          parents: [git(bare, 'rev-parse', 'main').trim()],
          files: {
            ...before,
            '.gitmodules': modules('moved', 'gone'),
            moved: link(moved.commits[0]),
            gone: link(gone.commits[0]),
          },
          message: 'First',
          branch: 'main',
        });
        fs.rmSync(repo.folder, { recursive: true });
        const twin = path.join(base, 'twin');
        for (const folder of [repo.folder, twin]) {
          git(base, 'clone', '--quiet', '--no-checkout', bare, folder);
          git(folder, 'config', 'filter.lfs.clean', 'sed s/^BIG/pointer/');
          git(folder, 'config', 'filter.lfs.smudge', 'sed s/^pointer/BIG/');
          git(folder, 'config', 'filter.lfs.required', 'true');
          git(folder, 'reset', '--quiet', '--hard');
          git(folder, 'submodule', '--quiet', 'update', '--init');
          git(folder, 'update-index', '--skip-worktree', 'local.conf', 'other.conf');
          fs.writeFileSync(path.join(folder, 'local.conf'), 'mine\n');
          for (const [file, content] of Object.entries(own ?? {})) {
            fs.writeFileSync(path.join(folder, file), content);
            git(folder, 'add', file);
          }
          if (own !== undefined) {
            git(folder, 'commit', '--quiet', '-m', 'Own');
          }
        }
        importCommit(bare, {
          parents: [first],
          files: {
            ...after,
            '.gitmodules': modules('moved', 'added'),
            moved: link(moved.commits[1]),
            gone: undefined,
            added: link(added.commits[0]),
          },
          message: 'Later',
          branch: 'main',
        });
        git(twin, 'pull', '--quiet', '--rebase');
        const worktree = await repo.open();
        const network = new Network({ limits: defaultNetworkLimits });
        const outcome = await syncWorktree(worktree, network, asking);
        assert.equal(
          outcome.case,
          own === undefined ? 'fast_forwarded' : 'diverged_rebased',
          outcome.message,
        );
        assert.deepEqual(stateOf(repo.folder), stateOf(twin));
        assert.equal(repo.read('pic.png').toString(), 'BIG pic\n');
        assert.match(git(repo.folder, 'ls-files', '-t', '*.conf'), /^S local\.conf\nS other\.conf\n$/);
      }),
    );
  }
});
