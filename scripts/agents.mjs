import { mkdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, nodeOf, once, run, say } from './vscode-server.mjs';

/**
 * The real programs of the agents that Belay works with, from npm alone: installed on demand into a cache, each in a
 * folder of its own, and kept out of package.json, where they would weigh two gigabytes on every `npm ci`.
 *
 *   node scripts/agents.mjs [AGENT...]      installs them all, or those
 *
 * `node` is the Node that a program or its installer needs, where the oldest that Belay supports is not enough.
 * `script` is the install script that a package cannot do without; it is run by hand, since newer npm versions hold
 * install scripts back, and the others would compile what nobody here uses. `beside` is what else a program needs: a package
 * that it would fetch by itself at its start, or what it unpacks into a new home at its first start, here once for all homes.
 */
const pinned = {
  gemini: { package: '@google/gemini-cli', version: '0.61.0', program: 'gemini' },
  copilot: {
    package: '@github/copilot',
    version: '1.0.102',
    program: 'copilot',
    beside: { unpacked: path.join('.cache', 'copilot') },
  },
  'claude-code': {
    package: '@anthropic-ai/claude-code',
    version: '2.1.329',
    program: 'claude',
    node: 24,
    script: 'install.cjs',
  },
  codex: { package: '@openai/codex', version: '0.169.0', program: 'codex' },
  qwen: { package: '@qwen-code/qwen-code', version: '0.24.4', program: 'qwen', node: 24 },
  opencode: {
    package: 'opencode-ai',
    version: '1.18.33',
    program: 'opencode',
    script: 'postinstall.mjs',
    beside: { package: '@opencode-ai/plugin', version: '1.18.33' },
  },
  cline: { package: 'cline', version: '3.0.65', program: 'cline' },
};

export const agentNames = Object.keys(pinned);

/**
 * Installs that agent where it is not there yet. Returns where its program is, the folder of the Node that PATH must begin
 * with for it, and the folder of what else it needs. Throws an Error that says what is missing, and where npm's own words are.
 */
export async function agentProgram(name) {
  const wanted = pinned[name];
  if (wanted === undefined) {
    throw new Error(`No such agent: ${name}. Use ${agentNames.join(', ')}.`);
  }
  const node = wanted.node === undefined ? undefined : await nodeOf(wanted.node);
  const folder = await installed(name, wanted, node);
  return {
    program: programIn(folder, wanted),
    version: wanted.version,
    node: node === undefined ? undefined : path.dirname(node.executable),
    beside: await besideOf(name, folder, wanted.beside),
  };
}

function programIn(folder, wanted) {
  return path.join(folder, 'node_modules', '.bin', wanted.program);
}

async function besideOf(name, folder, beside) {
  if (beside?.package !== undefined) {
    return await installed(`${name}-beside`, beside, undefined);
  }
  return beside === undefined ? undefined : path.join(folder, beside.unpacked);
}

async function installed(name, wanted, node) {
  const target = path.join(cacheFolder(), 'agents', name, wanted.version);
  const specifier = `${wanted.package}@${wanted.version}`;
  try {
    return await once(target, async (folder, log) => {
      say(`${name} ${wanted.version}: download`);
      // Nothing that npm or a package does at install is to touch the user's home.
      const home = path.join(folder, '.home');
      await mkdir(home);
      const env = { HOME: home, npm_config_userconfig: path.join(os.homedir(), '.npmrc') };
      const patience = ['--fetch-retries=2', '--fetch-timeout=60000'];
      await run('npm', ['install', specifier, '--save-exact', '--ignore-scripts', ...patience], {
        cwd: folder,
        log,
        node,
        env,
      });
      if (wanted.script !== undefined) {
        const cwd = path.join(folder, 'node_modules', wanted.package);
        await run('node', [wanted.script], { cwd, log, node, env });
      }
      if (wanted.beside?.unpacked !== undefined) {
        await run(programIn(folder, wanted), ['--version'], {
          cwd: folder,
          log,
          node,
          env: { ...env, HOME: folder },
        });
      }
      await rm(home, { recursive: true, force: true });
    });
  } catch (error) {
    throw new Error(
      `${name} is not there: ${specifier} could not be installed. Is the npm registry to be reached?\n${error.message}`,
      { cause: error },
    );
  }
}

async function installAll(names) {
  for (const name of names) {
    try {
      const { program, version } = await agentProgram(name);
      say(`${name} ${version}: ${program}`);
    } catch (error) {
      say(error.message);
      process.exitCode = 1;
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const names = process.argv.slice(2);
  // Not awaited here: tests import this file, whose loader knows no `await` outside of functions.
  void installAll(names.length === 0 ? agentNames : names);
}
