import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { shellLauncher, windowsLauncher } from '../../src/ui/features/commandLine/launcherTexts';

function inFolder(work: (folder: string) => void): () => void {
  return () => {
    // A name that a careless launcher would trip over.
    const folder = fs.mkdtempSync(path.join(tmpdir(), `belay launcher's $HOME -`));
    try {
      work(folder);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  };
}

function launch(
  folder: string,
  executable: string,
  searchPath: string,
): { code: number | null; out: string; err: string } {
  const script = path.join(folder, 'cli.js');
  fs.writeFileSync(
    script,
    'console.log(JSON.stringify([process.argv.slice(2), process.env.ELECTRON_RUN_AS_NODE ?? null]));',
  );
  const launcher = path.join(folder, 'belay');
  fs.writeFileSync(launcher, shellLauncher({ executable, script }), { mode: 0o755 });
  const { status, stdout, stderr } = spawnSync('/bin/sh', [launcher, 'a b', '$x', "it's"], {
    encoding: 'utf8',
    env: { PATH: searchPath },
  });
  return { code: status, out: stdout, err: stderr };
}

(process.platform === 'win32' ? describe.skip : describe)('the launcher', () => {
  it(
    'runs the editor’s own program as Node, with no node on PATH',
    inFolder((folder) => {
      const { code, out } = launch(folder, process.execPath, '/nonexistent');
      assert.equal(code, 0);
      assert.deepEqual(JSON.parse(out), [['a b', '$x', "it's"], '1']);
    }),
  );

  it(
    'falls back to node when that program is gone, and says so when there is none',
    inFolder((folder) => {
      const withNode = launch(folder, path.join(folder, 'gone'), path.dirname(process.execPath));
      assert.equal(withNode.code, 0, withNode.err);
      const without = launch(folder, path.join(folder, 'gone'), '/nonexistent');
      assert.equal(without.code, 3);
      assert.match(without.err, /is gone\. Nothing was run\./);
    }),
  );

  it('escapes for Windows', () => {
    const text = windowsLauncher({ executable: 'C:\\100%\\Code.exe', script: 'C:\\x y\\cli.js' });
    assert.match(text, /set "BELAY_EXECUTABLE=C:\\100%%\\Code\.exe"/);
    assert.ok(text.split('\n').every((line) => line === '' || line.endsWith('\r')));
  });
});
