import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EditorPage } from '../support/editorPage';
import { EditorServer } from '../support/editorServer';
import { Workspace } from '../support/workspace';
import { namesInArchive } from './archive';

const vsix = path.resolve('dist', 'belay.vsix');

/** What ships, all of it. A file that is not named here fails this test, and so does one that is missing. */
const shipped = [
  '[Content_Types].xml',
  'extension.vsixmanifest',
  'extension/CHANGELOG.md',
  'extension/LICENSE.txt',
  'extension/dist/cli.js',
  'extension/dist/extension.js',
  'extension/dist/hook.js',
  'extension/dist/hook/main.js',
  'extension/dist/hook/proper-lockfile.js',
  'extension/dist/hook/simple-git.js',
  'extension/dist/hook/unbash.js',
  'extension/l10n/bundle.l10n.json',
  'extension/media/belay.svg',
  'extension/media/icon.png',
  'extension/media/icon.svg',
  'extension/media/review.css',
  'extension/media/review.js',
  'extension/media/walkthrough/agents.svg',
  'extension/media/walkthrough/checkpoint.svg',
  'extension/media/walkthrough/diff.svg',
  'extension/media/walkthrough/restore.svg',
  'extension/package.json',
  'extension/package.nls.json',
  'extension/readme.md',
];

const made = [
  'dist/extension.js',
  'dist/cli.js',
  'dist/hook.js',
  'dist/hook/main.js',
  'package.json',
  'README.md',
  '.vscodeignore',
];

describe('the package', function () {
  this.timeout(400_000);

  before(() => {
    const size = (file: string) => statSync(file).mtimeMs;
    if (existsSync(vsix) && made.every((file) => size(file) <= size(vsix))) {
      return;
    }
    const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'package'], {
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    assert.equal(status, 0, `${stdout}${stderr}`);
  });

  it('holds what ships and nothing else', () => {
    const names = namesInArchive(vsix);
    console.log(`      ${(statSync(vsix).size / 1000).toFixed(0)} kB, ${names.length} files`);
    const same = (left: string, right: string) => (left.toLowerCase() < right.toLowerCase() ? -1 : 1);
    assert.deepEqual(
      names.map((name) => name.toLowerCase()).toSorted(same),
      shipped.map((name) => name.toLowerCase()).toSorted(same),
    );
  });

  for (const which of process.platform === 'win32' ? [] : (['oldest', 'current'] as const)) {
    describe(`installed in the ${which} VS Code`, () => {
      let workspace: Workspace;
      let server: EditorServer;
      let editor: EditorPage;
      let home: string;
      let launcher = '';

      before(async () => {
        workspace = Workspace.create();
        home = mkdtempSync(path.join(tmpdir(), 'belay-home-'));
        server = await EditorServer.start({ which, vsix });
        editor = await EditorPage.open(server, workspace.folder);
      });

      after(async () => {
        await editor.close();
        await server.stop();
        workspace.remove();
        rmSync(home, { recursive: true, force: true });
      });

      /** Runs the launcher where there is no `node`, and nothing else that is not named. */
      function belay(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
        return spawnSync(launcher, args, {
          cwd: workspace.folder,
          env: { PATH: '/nonexistent', HOME: home, ...env },
          encoding: 'utf8',
          timeout: 60_000,
        });
      }

      it('takes a checkpoint', async () => {
        await editor.palette('Belay: Checkpoint Now');
        await editor.notification('taken');
        await editor.focusView('Sessions');
        await editor.treeRow('Sessions', 'editor-');
        await editor.clearNotifications();
      });

      it('puts a launcher on disk that needs no node', async () => {
        await editor.palette('Belay: Install Command Line');
        const told = await (await editor.notification('The belay command is ready.')).innerText();
        launcher = /run it as (\S+)/.exec(told.replaceAll('\u200b', ''))?.[1] ?? '';
        assert.ok(existsSync(launcher), `${launcher} in: ${told}`);
        for (const env of [{}, { ELECTRON_RUN_AS_NODE: '1' }]) {
          const { status, stdout, stderr } = belay(['--version'], env);
          assert.equal(status, 0, stderr);
          assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
        }
      });

      it('takes a checkpoint by that launcher, which the view follows', async () => {
        workspace.write('by-an-agent.txt', 'new\n');
        const args = ['checkpoint', '--session', 'by-launcher', '--agent', 'codex', '--json'];
        const { status, stderr } = belay(args, { PATH: folderOfGit() });
        assert.equal(status, 0, stderr);
        await editor.treeRow('Sessions', 'by-launcher');
      });

      it('says what happened and what to do where there is no git', () => {
        const { status, stderr } = belay(['checkpoint', '--session', 's', '--agent', 'codex']);
        assert.equal(status, 3, stderr);
        assert.match(stderr, /git/);
        assert.match(stderr, /Nothing was changed/);
      });
    });
  }
});

function folderOfGit(): string {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return folders.find((folder) => existsSync(path.join(folder, 'git'))) ?? '';
}
