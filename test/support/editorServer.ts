import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';
import * as v from 'valibot';
import { vscodeServer, type WhichVSCode } from '../../scripts/vscode-server.mjs';
import { launchBrowser, marked, screenshotFile } from './browser';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Which VS Code this run is for: the scripts set it, and a test started by hand gets the current one. */
export function whichVSCode(): WhichVSCode {
  return process.env['BELAY_TEST_VSCODE'] === 'oldest' ? 'oldest' : 'current';
}

export interface ServerOptions {
  which?: WhichVSCode;
  /**
   * `installed`: the built extension lies in the extensions folder, as on a user's machine.
   * `development`: it is loaded from the repository, as the tests inside the extension host need it. In newer versions
   * that takes the smoke-test mode, which shows no notification toasts.
   */
  extension?: 'installed' | 'development';
  /** The folder that the extension comes from, when it is not this repository: an unpacked package, a fixture. */
  extensionFolder?: string;
  /** A package (.vsix) that the server installs by itself, as for a person; nothing else is installed then. */
  vsix?: string;
  /** User settings, on top of those that keep the editor quiet. */
  settings?: Readonly<Record<string, unknown>>;
  /** Environment of the server, and so of the extension host, on top of this process's own. */
  env?: Readonly<Record<string, string>>;
  /** Workspace trust as users have it: a new folder is untrusted. Off by default, so every folder is trusted. */
  workspaceTrust?: boolean;
  /** Which of the extensions that come with the editor are there; all of them where this is not said. */
  builtIn?: readonly string[];
}

const quietSettings = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.editor.useModal': 'off',
  // The oldest version asks at the start whether to trust a folder, newer ones only say that they do not.
  'security.workspace.trust.startupPrompt': 'never',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'update.showReleaseNotes': false,
  'chat.disableAIFeatures': true,
  'git.autofetch': false,
  // What moves for nothing is drawn sixty times a second, by the processor.
  'workbench.reduceMotion': 'on',
  'editor.cursorBlinking': 'solid',
  'terminal.integrated.cursorBlinking': false,
};

/** One VS Code server in a process group of its own, with data, extensions and home folders that end with it. */
export class EditorServer {
  private constructor(
    readonly which: WhichVSCode,
    readonly version: string,
    readonly host: string,
    private readonly developed: string | undefined,
    readonly dataDir: string,
    private readonly child: ChildProcess,
    private readonly lines: string[],
  ) {}

  static async start(options: ServerOptions = {}): Promise<EditorServer> {
    const which = options.which ?? whichVSCode();
    const extension = options.extension ?? 'installed';
    const folder = options.extensionFolder ?? repository;
    const server = await vscodeServer(which);
    const dataDir = mkdtempSync(path.join(tmpdir(), 'belay-vscode-'));
    const home = path.join(dataDir, 'home');
    mkdirSync(home);
    writeSettings(dataDir, options.settings);
    if (options.vsix !== undefined) {
      installPackage(server, options.vsix, dataDir, home);
    } else if (extension === 'installed') {
      installExtension(folder, path.join(dataDir, 'extensions'));
    }
    const port = await freePort();
    const args = [
      server.serverMain,
      ...['--host', '127.0.0.1', '--port', String(port), '--without-connection-token'],
      ...['--accept-server-license-terms', '--disable-telemetry', '--server-data-dir', dataDir],
      // Else a login shell sets the environment anew, PATH above all.
      '--force-disable-user-env',
      ...(options.workspaceTrust === true ? [] : ['--disable-workspace-trust']),
      ...(options.builtIn === undefined
        ? []
        : ['--builtin-extensions-dir', onlyBuiltIn(server.serverMain, options.builtIn, dataDir)]),
      // Newer versions take an extension from a folder only in this mode. The oldest has no need of it.
      ...(extension === 'development' && which !== 'oldest' ? ['--enable-smoke-test-driver'] : []),
    ];
    const child = spawn(server.node, args, {
      // The person's own home, with settings of git and of agents, stays out of the tests, and so does the gallery.
      env: { ...marked(), HOME: home, USERPROFILE: home, EXTENSIONS_GALLERY: '{}', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
    }
    const host = `127.0.0.1:${port}`;
    const developed = extension === 'development' ? folder : undefined;
    const started = new EditorServer(which, server.version, host, developed, dataDir, child, lines);
    process.once('exit', started.kill);
    await started.answers();
    return started;
  }

  /** What the server has printed. */
  output(): string {
    return this.lines.join('');
  }

  /** The address of the editor with that folder, or .code-workspace file, open. `payload` is how the desktop's command line arguments go in. */
  address(folder: string, payload: readonly (readonly [string, string])[] = []): string {
    const all = [['skipWelcome', 'true'], ['skipReleaseNotes', 'true'], ...payload];
    if (this.developed !== undefined) {
      all.push(['extensionDevelopmentPath', this.remote(this.developed)]);
    }
    const what = folder.endsWith('.code-workspace') ? { workspace: folder } : { folder };
    const query = new URLSearchParams({ ...what, payload: JSON.stringify(all) });
    return `http://${this.host}/?${query.toString()}`;
  }

  /**
   * Runs the test module (a .js file) in the extension host and returns its exit code: 0 is success.
   * @param silence For so long, in milliseconds, the editor may print nothing: then it hangs, and that is thrown.
   */
  async runTests(
    folder: string,
    module: string,
    print: (line: string) => void,
    silence: number,
  ): Promise<number> {
    const hanging = new AbortController();
    const watch = setTimeout(() => {
      hanging.abort();
    }, silence);
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage({ reducedMotion: 'reduce' });
      // VS Code calls these two functions of the page where it finds them.
      await page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) => {
        watch.refresh();
        print(format(...args));
      });
      const ended = new EventEmitter();
      const result = once(ended, 'exit', { signal: hanging.signal });
      await page.exposeFunction('codeAutomationExit', (code: number) => ended.emit('exit', code));
      page.on('crash', () => ended.emit('error', new Error('The page with the editor crashed.')));
      await page.goto(this.address(folder, [['extensionTestsPath', this.remote(module)]]), {
        timeout: 90_000,
      });
      try {
        return Number((await result)[0]);
      } catch (cause) {
        const picture = screenshotFile(`failure-host-tests-${this.which}`);
        await page.screenshot({ path: picture });
        const text = `The tests in VS Code ${this.version} hung, or their page did. See ${picture}.`;
        throw new Error(`${text}\n${this.output()}`, { cause });
      }
    } finally {
      clearTimeout(watch);
      await browser.close();
    }
  }

  /**
   * As if it had just been started for the first time, with these user settings: no home folder's content, no user data, no
   * settings of before. What an editor's window keeps besides lies in the browser. No window may be open.
   */
  renew(settings: ServerOptions['settings']): void {
    const home = path.join(this.dataDir, 'home');
    for (const name of readdirSync(home)) {
      rmSync(path.join(home, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    }
    rmSync(userFolder(this.dataDir), { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    writeSettings(this.dataDir, settings);
  }

  /** Whether the extension host of every window that was opened has ended, by what the server itself says, in time. */
  async isVacant(limitMs: number): Promise<boolean> {
    const end = Date.now() + limitMs;
    for (;;) {
      const said = (words: RegExp): number => this.output().match(words)?.length ?? 0;
      if (said(/Launched Extension Host Process\b/g) === said(/Extension Host Process exited with code\b/g)) {
        return true;
      }
      if (Date.now() > end) {
        return false;
      }
      await sleep(100);
    }
  }

  async stop(): Promise<void> {
    process.off('exit', this.kill);
    const ended =
      this.child.exitCode !== null || this.child.signalCode !== null
        ? Promise.resolve()
        : new Promise<void>((resolve) => {
            this.child.once('exit', () => {
              resolve();
            });
          });
    this.signal('SIGTERM');
    await Promise.race([ended, sleep(5_000, undefined, { ref: false })]);
    // Also when the server itself is gone: what it started may not be.
    this.signal('SIGKILL');
    await ended;
    rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  private readonly kill = (): void => {
    this.signal('SIGKILL');
    rmSync(this.dataDir, { recursive: true, force: true });
  };

  private signal(name: 'SIGTERM' | 'SIGKILL'): void {
    if (this.child.pid === undefined) {
      return;
    }
    try {
      process.kill(-this.child.pid, name);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) {
        throw error;
      }
    }
  }

  private remote(file: string): string {
    return `vscode-remote://${this.host}${file}`;
  }

  private async answers(): Promise<void> {
    const end = Date.now() + 60_000;
    for (;;) {
      if (this.child.exitCode !== null || this.child.signalCode !== null || Date.now() > end) {
        await this.stop();
        throw new Error(`VS Code ${this.version} did not come up.\n${this.output()}`);
      }
      const answer = await fetch(`http://${this.host}/version`).catch(() => undefined);
      if (answer?.ok === true) {
        return;
      }
      await sleep(100);
    }
  }
}

function userFolder(dataDir: string): string {
  return path.join(dataDir, 'data', 'User');
}

function writeSettings(dataDir: string, settings: ServerOptions['settings']): void {
  mkdirSync(userFolder(dataDir), { recursive: true });
  const all = { ...quietSettings, ...settings };
  writeFileSync(path.join(userFolder(dataDir), 'settings.json'), JSON.stringify(all, undefined, 2));
}

/** A folder with those of the editor's own extensions that its version has. */
function onlyBuiltIn(serverMain: string, names: readonly string[], dataDir: string): string {
  const from = path.join(path.dirname(serverMain), '..', 'extensions');
  const to = path.join(dataDir, 'built-in');
  mkdirSync(to);
  for (const name of names.filter((one) => existsSync(path.join(from, one)))) {
    symlinkSync(path.join(from, name), path.join(to, name));
  }
  return to;
}

const Identity = v.object({ publisher: v.string(), name: v.string(), version: v.string() });

function installExtension(from: string, extensions: string): void {
  const manifest: unknown = JSON.parse(readFileSync(path.join(from, 'package.json'), 'utf8'));
  const { publisher, name, version } = v.parse(Identity, manifest);
  const target = path.join(extensions, `${publisher}.${name}-${version}`);
  const parts = ['package.json', 'package.nls.json', 'dist', 'media', 'l10n', 'README.md', 'LICENSE'];
  mkdirSync(target, { recursive: true });
  for (const part of parts.filter((file) => existsSync(path.join(from, file)))) {
    cpSync(path.join(from, part), path.join(target, part), { recursive: true });
  }
}

/** The editor's own installation, which checks the package's manifest and its engine. */
function installPackage(
  server: { node: string; serverMain: string },
  vsix: string,
  dataDir: string,
  home: string,
): void {
  const args = ['--install-extension', vsix, '--server-data-dir', dataDir, '--accept-server-license-terms'];
  const { status, stdout, stderr } = spawnSync(server.node, [server.serverMain, ...args], {
    env: { ...marked(), HOME: home, USERPROFILE: home, EXTENSIONS_GALLERY: '{}' },
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (status !== 0 || !stdout.includes('successfully installed')) {
    throw new Error(`${vsix} could not be installed.\n${stdout}${stderr}`);
  }
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address === null || typeof address === 'string') {
          reject(new Error('No port on the loopback address.'));
        } else {
          resolve(address.port);
        }
      });
    });
  });
}
