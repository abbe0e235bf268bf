import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A real VS Code to test in, from npm alone: code-server's package carries the unchanged VS Code server with its
 * workbench. It is installed on demand into a cache and kept out of package.json, where it would weigh on every
 * `npm ci`. `oldest` is the floor that package.json promises in engines.vscode, `current` a recent one.
 *
 * `native` are the compiled modules that matter here: log files (spdlog), the watchdog of the extension host, the
 * terminal (node-pty). The rest of them is left unbuilt: the server starts without it, and the build takes minutes.
 */
const servers = {
  oldest: { version: '4.100.3', node: 20, native: ['@vscode/spdlog', 'native-watchdog', 'node-pty'] },
  current: {
    version: '4.139.1',
    node: 24,
    native: ['@vscode/spdlog', '@vscode/native-watchdog', 'node-pty'],
  },
};

const repository = fileURLToPath(new URL('..', import.meta.url));

export function cacheFolder() {
  return path.resolve(process.env.BELAY_TEST_CACHE ?? path.join(repository, '.cache'));
}

/** Installs that VS Code where needed; code-server 4.N carries VS Code 1.N. Returns { version, node, serverMain }. */
export async function vscodeServer(which) {
  const wanted = servers[which];
  if (wanted === undefined) {
    throw new Error(`No such VS Code: ${which}. Use ${Object.keys(servers).join(' or ')}.`);
  }
  if (process.platform === 'win32') {
    throw new Error(
      'The VS Code server does not install on Windows. Set BELAY_DESKTOP=1 to test in desktop VS Code.',
    );
  }
  const node = await nodeOf(wanted.node);
  const home = await once(path.join(cacheFolder(), 'vscode-server', wanted.version), (folder, log) =>
    installServer(folder, log, wanted, node),
  );
  const code = codeFolder(home);
  await buildNative(code, wanted, node);
  return {
    version: wanted.version,
    node: node.executable,
    serverMain: path.join(code, 'out', 'server-main.js'),
  };
}

function codeFolder(home) {
  return path.join(home, 'node_modules', 'code-server', 'lib', 'vscode');
}

async function installServer(folder, log, wanted, node) {
  const npm = (args, cwd) => run('npm', args, { cwd, log, node });
  say(`VS Code ${wanted.version}: download`);
  await npm(['install', `code-server@${wanted.version}`, '--ignore-scripts', '--omit=dev'], folder);
  say(`VS Code ${wanted.version}: its dependencies`);
  const code = codeFolder(folder);
  await npm(['install', '--ignore-scripts', '--omit=dev'], code);
  // The server looks its modules up under this name too.
  await symlink('node_modules', path.join(code, 'node_modules.asar'));
  await npm(['install', '--ignore-scripts', '--omit=dev'], path.join(code, 'extensions'));
  await buildNative(code, wanted, node);
}

/**
 * Without a compiler the server still runs, but has no terminal and no log files. That is said once in a run, and each
 * run tries again, so that installing a compiler is all there is to do. The environment tells it to the tests' processes.
 */
async function buildNative(code, wanted, node) {
  const marker = path.join(code, 'native-modules-built');
  const failed = `BELAY_NATIVE_FAILED_${wanted.version.replaceAll('.', '_')}`;
  if (existsSync(marker) || process.env[failed] !== undefined) {
    return;
  }
  await systemPackages({ python3: 'python3', make: 'make', 'g++': 'g++' });
  const log = path.join(cacheFolder(), 'logs', `vscode-server-${wanted.version}-native.log`);
  try {
    for (const name of wanted.native) {
      const prebuilt = path.join(
        code,
        'node_modules',
        name,
        'prebuilds',
        `${process.platform}-${process.arch}`,
      );
      if (!existsSync(prebuilt)) {
        say(`VS Code ${wanted.version}: build ${name}`);
        const rebuild = ['explore', name, '--', `node-gyp rebuild --nodedir="${node.headers}"`];
        await run('npm', rebuild, { cwd: code, log, node });
      }
    }
    await writeFile(marker, '');
  } catch (error) {
    process.env[failed] = '1';
    say(`VS Code ${wanted.version}: goes on without terminal and log files. ${error.message}`);
  }
}

/** A Node of that major version with its C headers: this one, or one from npm, so that npm is the only source. */
export async function nodeOf(major) {
  const own = path.dirname(path.dirname(process.execPath));
  if (
    process.versions.node.startsWith(`${major}.`) &&
    existsSync(path.join(own, 'include', 'node', 'node.h'))
  ) {
    return { executable: process.execPath, headers: own };
  }
  const home = await once(path.join(cacheFolder(), 'node', String(major)), async (folder, log) => {
    say(`Node ${major}: download`);
    await run('npm', ['install', `node@${major}`, '--ignore-scripts'], { cwd: folder, log });
    // Its install script, run by hand, because newer npm versions hold install scripts back.
    const script = path.join(folder, 'node_modules', 'node');
    await run(process.execPath, ['installArchSpecificPackage.js'], { cwd: script, log });
  });
  const modules = path.join(home, 'node_modules', 'node', 'node_modules');
  const distribution = (await readdir(modules)).find((name) =>
    existsSync(path.join(modules, name, 'bin', 'node')),
  );
  if (distribution === undefined) {
    throw new Error(
      `npm brought no Node ${major} for ${process.platform}-${process.arch}. Remove ${home} to retry.`,
    );
  }
  const headers = path.join(modules, distribution);
  return { executable: path.join(headers, 'bin', 'node'), headers };
}

/**
 * Installs into a folder of its own and renames it into place when complete, so a folder that exists is whole, and two
 * runs that install at the same time do not meet. What a killed run left behind is removed.
 */
export async function once(target, install) {
  if (existsSync(target)) {
    return target;
  }
  const parent = path.dirname(target);
  const prefix = `${path.basename(target)}.partial-`;
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    if (name.startsWith(prefix) && !alive(Number(name.slice(prefix.length)))) {
      await rm(path.join(parent, name), { recursive: true, force: true });
    }
  }
  const partial = path.join(parent, `${prefix}${process.pid}`);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial);
  await writeFile(path.join(partial, 'package.json'), '{ "private": true }\n');
  const log = path.join(cacheFolder(), 'logs', `${path.basename(parent)}-${path.basename(target)}.log`);
  await install(partial, log);
  try {
    await rename(partial, target);
  } catch (error) {
    if (!existsSync(target)) {
      throw error;
    }
    await rm(partial, { recursive: true, force: true });
  }
  return target;
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

export function say(line) {
  console.log(`- ${line}`);
}

export function onPath(command) {
  const names = process.platform === 'win32' ? [`${command}.exe`, `${command}.cmd`] : [command];
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .flatMap((folder) => names.map((name) => path.join(folder, name)))
    .find((file) => path.isAbsolute(file) && existsSync(file));
}

/** Takes { command: package }; installs with apt the packages whose command is missing, where this may be done. */
export async function systemPackages(wanted) {
  const missing = Object.keys(wanted).filter((command) => onPath(command) === undefined);
  if (missing.length === 0) {
    return true;
  }
  const names = missing.map((command) => wanted[command]);
  if (process.getuid?.() !== 0 || onPath('apt-get') === undefined) {
    say(`missing: ${missing.join(', ')}. On Debian: apt-get install ${names.join(' ')}`);
    return false;
  }
  say(`apt-get install ${names.join(' ')}`);
  const log = path.join(cacheFolder(), 'logs', 'apt.log');
  try {
    await run('apt-get', ['update'], { log });
    await run('apt-get', ['install', '-y', '--no-install-recommends', ...names], { log });
  } catch (error) {
    say(error.message);
    return false;
  }
  return true;
}

/** Runs a step with its output going to a log file; the error of a failed step names the file and its last lines. */
export async function run(command, args, { cwd = cacheFolder(), log, node, env: own = {} }) {
  await mkdir(path.dirname(log), { recursive: true });
  // An enclosing `npm test` hands its own settings down by environment; those of this project do not belong here.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', ...own };
  for (const name of Object.keys(env)) {
    if (
      /^npm_(package_|lifecycle_|config_(local_prefix|prefix|engine_strict|omit|include|ignore_scripts)$)/i.test(
        name,
      )
    ) {
      delete env[name];
    }
  }
  if (node !== undefined) {
    env.PATH = `${path.dirname(node.executable)}${path.delimiter}${env.PATH ?? ''}`;
  }
  const output = createWriteStream(log, { flags: 'a' });
  output.write(`\n$ ${command} ${args.join(' ')}\n`);
  let tail = '';
  const code = await new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output.write(chunk);
        tail = (tail + chunk.toString()).slice(-800);
      });
    }
    child.on('error', reject);
    child.on('close', resolve);
  });
  output.end();
  if (code !== 0) {
    throw new Error(`\`${command} ${args.join(' ')}\` failed (${code}); see ${log}\n${tail}`);
  }
}

/** Whether that program starts at all; a package may be a mere stub (Ubuntu's chromium without snap is one). */
export function starts(executable) {
  return spawnSync(executable, ['--version'], { stdio: 'ignore', timeout: 20_000 }).status === 0;
}
