import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Installs the dependencies when they are missing or are not those of package-lock.json. Needs nothing but Node and
 * npm, so that everything else may need everything else. Also a command: node scripts/setup.mjs
 */
const repository = fileURLToPath(new URL('..', import.meta.url));
const lockFile = path.join(repository, 'package-lock.json');
const modules = path.join(repository, 'node_modules');
const stamp = path.join(modules, '.belay-setup');
/** npm itself may wait for a network for ever. */
const limit = 15 * 60_000;

export function setup() {
  const wanted = createHash('sha256').update(readFileSync(lockFile)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) {
    return;
  }
  if (!existsSync(stamp) && installedByHand()) {
    writeFileSync(stamp, wanted);
    return;
  }
  console.log('- npm ci');
  const { command, args, shell } = npm(['ci']);
  const { status, error } = spawnSync(command, args, {
    cwd: repository,
    stdio: 'inherit',
    shell,
    timeout: limit,
  });
  if (status !== 0) {
    throw new Error(`npm ci failed (${error?.message ?? status}). Is the registry to be reached?`);
  }
  writeFileSync(stamp, wanted);
}

/** Somebody ran `npm ci` or `npm install` after package-lock.json was last written. */
function installedByHand() {
  const installed = path.join(modules, '.package-lock.json');
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockFile).mtimeMs;
}

/** How to run npm: the one that started us, if one did. */
export function npm(args) {
  const running = process.env.npm_execpath;
  if (running !== undefined && /\.c?js$/.test(running)) {
    return { command: process.execPath, args: [running, ...args], shell: false };
  }
  return { command: 'npm', args, shell: process.platform === 'win32' };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  setup();
}
