import { spawnSync } from 'node:child_process';
import { tsImport } from 'tsx/esm/api';
import { onPath } from '../vscode-server.mjs';

/** Opens the folder in VS Code with Belay loaded: the desktop's if there is one, else a server for the browser. */
export async function openEditor(repository, folder) {
  if (!openDesktop(repository, folder)) {
    await serve(folder);
  }
}

function openDesktop(repository, folder) {
  const code = onPath('code');
  const screen = process.platform !== 'linux' || Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY);
  // Inside VS Code's remote terminal `code` is another program, which loads no extension from a folder.
  if (code === undefined || !screen || process.env.VSCODE_IPC_HOOK_CLI !== undefined) {
    return false;
  }
  const windows = process.platform === 'win32';
  const args = ['--new-window', `--extensionDevelopmentPath=${repository}`, folder];
  const { status } = spawnSync(windows ? `"${code}"` : code, windows ? args.map((arg) => `"${arg}"`) : args, {
    stdio: 'inherit',
    shell: windows,
    timeout: 60_000,
  });
  if (status !== 0) {
    console.log('- desktop VS Code did not open; going on with a server for the browser');
    return false;
  }
  console.log(
    '\nVS Code opens a new window with the demo repository and Belay. Look for the Belay icon at its side: something needs you there.',
  );
  return true;
}

async function serve(folder) {
  console.log('\n- VS Code for the browser (the first time it is downloaded, which takes minutes)');
  const asked = new Promise((resolve) => {
    process.once('SIGINT', resolve).once('SIGTERM', resolve).once('SIGHUP', resolve);
  });
  const server = await Promise.race([asked, startServer()]);
  if (typeof server === 'object') {
    console.log(`\nVS Code with Belay: ${server.address(folder)}`);
    console.log('Look for the Belay icon at its side: something needs you there. Ctrl-C ends it.');
    await asked;
    console.log('\n- ending VS Code');
    await server.stop();
  }
  // Not by the end of the event loop, which a stuck handle could keep from coming. A server that was just about to
  // start is ended by this, too.
  process.exit(0);
}

async function startServer() {
  const { EditorServer } = await tsImport('../../test/support/editorServer.ts', import.meta.url);
  return EditorServer.start({ which: 'current', extension: 'installed' });
}
