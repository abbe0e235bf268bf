import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { agentNames, agentProgram } from './agents.mjs';
import { say } from './vscode-server.mjs';

/**
 * Runs the tests with the real agents, against a model on this machine that follows scripts:
 *
 *   node scripts/agent-tests.mjs                      all agents, all tests
 *   node scripts/agent-tests.mjs --small              what fits into npm test
 *   node scripts/agent-tests.mjs --agents codex FILE  those agents, those test files
 *
 * Where the system lets us, all of it runs in a network that has nothing but the loopback interface.
 */
const repository = fileURLToPath(new URL('..', import.meta.url));

/** The smallest two, which are content with the oldest Node that Belay supports. */
const small = ['gemini', 'copilot'];

const { values, positionals } = parseArgs({
  options: { small: { type: 'boolean', default: false }, agents: { type: 'string' } },
  allowPositionals: true,
});
const chosen = values.agents?.split(',') ?? (values.small ? small : agentNames);
const agents = {};
for (const name of agentNames) {
  agents[name] = chosen.includes(name)
    ? await install(name)
    : { kind: 'skipped', reason: 'npm run test:agents runs it' };
}
if (!Object.values(agents).some(({ kind }) => kind === 'installed')) {
  say('No agent could be installed, so nothing was shown.');
  process.exit(1);
}
const isolation = isolate();
say(
  isolation === undefined
    ? 'no network of their own here: the agents are kept to the loopback interface by their settings only'
    : 'the agents run in a network that has the loopback interface only',
);
const files = positionals.length > 0 ? positionals : ['test/realAgents/**/*.test.ts'];
const mocha = path.join('node_modules', 'mocha', 'bin', 'mocha.js');
const [program, ...args] = [
  ...(isolation ?? []),
  ...[process.execPath, '--import', 'tsx', mocha, '--timeout', '300000'],
  ...['--reporter', path.join('test', 'support', 'reporter.cjs'), ...files],
];
const child = spawn(program, args, {
  cwd: repository,
  stdio: 'inherit',
  env: {
    ...process.env,
    BELAY_TEST_AGENTS: JSON.stringify({ isolated: isolation !== undefined, all: !values.small, agents }),
  },
});
child.once('close', (code) => {
  process.exitCode = code ?? 1;
});

async function install(name) {
  try {
    return { kind: 'installed', ...(await agentProgram(name)) };
  } catch (error) {
    say(error.message);
    return { kind: 'skipped', reason: error.message.split('\n')[0] };
  }
}

/** What starts a program in a network with the loopback interface only; undefined where that is not allowed. */
function isolate() {
  const up = 'ip link set lo up && exec "$@"';
  for (const flags of process.getuid?.() === 0 ? [['-n']] : [['-r', '-n']]) {
    const command = ['unshare', ...flags, 'sh', '-c', up, 'sh'];
    if (spawnSync(command[0], [...command.slice(1), 'true']).status === 0) {
      return command;
    }
  }
  return undefined;
}
