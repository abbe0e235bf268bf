import { chmod, mkdir, writeFile } from 'node:fs/promises';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { hookCommand } from '../../../src/connect/hookCommand';
import type { AgentProgram } from '../programs/program';
import { mergeJson } from './files';
import type { Stage } from './stage';

const common = [
  'SessionStart',
  'PreToolUse',
  'PostToolUse',
  'PostToolUseFailure',
  'SubagentStart',
  'SubagentStop',
  'Stop',
  'StopFailure',
  'SessionEnd',
];

/** THROW-AWAY: what belay connect will write. */
export async function connect(stage: Stage, ...programs: AgentProgram[]): Promise<void> {
  await connectFrom({ node: process.execPath, dist: path.resolve('dist') }, stage, ...programs);
}

/** An installation of Belay: the Node that runs it, and the folder of its programs. */
export interface Installation {
  readonly node: string;
  readonly dist: string;
}

export async function connectFrom(
  { node, dist }: Installation,
  stage: Stage,
  ...programs: AgentProgram[]
): Promise<void> {
  const { home } = stage;
  const hook = path.join(home, '.belay', 'hook');
  await mkdir(path.dirname(hook), { recursive: true });
  const script = path.join(dist, 'hook.js');
  const text = `#!/bin/sh\nexec 2>/dev/null\n[ -f "${script}" ] && [ -x "${node}" ] && exec "${node}" "${script}" "$@"\nexit 0\n`;
  await writeFile(hook, text);
  await chmod(hook, 0o755);
  for (const program of programs) {
    await stage.prepare(program);
    await one(home, program.name);
  }
}

async function one(home: string, name: string): Promise<void> {
  const table = (events: string[], extra: object = {}, matcher = false): object =>
    Object.fromEntries(
      events.map((event) => [
        event,
        [
          {
            ...(matcher ? { matcher: '*' } : {}),
            hooks: [{ type: 'command', command: hookCommand(name), ...extra }],
          },
        ],
      ]),
    );
  switch (name) {
    case 'claude-code':
      await mergeJson(path.join(home, '.claude/settings.json'), { hooks: table(common) });
      break;
    case 'qwen':
      await mergeJson(path.join(home, '.qwen/settings.json'), { hooks: table(common, {}, true) });
      break;
    case 'gemini':
      await mergeJson(path.join(home, '.gemini/settings.json'), {
        hooks: table(['SessionStart', 'BeforeTool', 'AfterTool', 'AfterAgent', 'SessionEnd'], {}, true),
      });
      break;
    case 'codex': {
      const events = common.filter((event) => event !== 'PostToolUseFailure');
      const file = path.join(home, '.codex/hooks.json');
      await mergeJson(file, { hooks: table(events) });
      const snake = (s: string): string => s.replace(/(?!^)([A-Z])/g, '_$1').toLowerCase();
      let toml = '';
      for (const e of events) {
        const identity = {
          event_name: snake(e),
          hooks: [
            {
              async: false,
              command: hookCommand(name),
              timeout: e === 'SessionEnd' ? 1 : 600,
              type: 'command',
            },
          ],
        };
        const hash = crypto.createHash('sha256').update(JSON.stringify(identity)).digest('hex');
        toml += `\n[hooks.state."${fs.realpathSync(path.dirname(file))}/hooks.json:${snake(e)}:0:0"]\ntrusted_hash = "sha256:${hash}"\n`;
      }
      await writeFile(path.join(home, '.codex/config.toml'), toml);
      break;
    }
    case 'copilot': {
      const events = [
        'sessionStart',
        'preToolUse',
        'postToolUse',
        'postToolUseFailure',
        'subagentStart',
        'subagentStop',
        'agentStop',
        'errorOccurred',
        'sessionEnd',
      ];
      await mergeJson(path.join(home, '.copilot/hooks/belay.json'), {
        version: 1,
        hooks: Object.fromEntries(
          events.map((event) => [event, [{ type: 'command', bash: hookCommand(name, event) }]]),
        ),
      });
      break;
    }
    case 'cline':
      for (const event of [
        'TaskStart',
        'PreToolUse',
        'PostToolUse',
        'TaskError',
        'TaskCancel',
        'TaskComplete',
        'SessionShutdown',
      ]) {
        const file = path.join(home, '.cline/hooks', event);
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, `#!/bin/sh\n${hookCommand(name)}\n`);
        await chmod(file, 0o755);
      }
      break;
    case 'opencode': {
      const file = path.join(home, '.config/opencode/plugins/belay.js');
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(
        file,
        `import { spawn } from 'node:child_process';
const call = (payload) => new Promise((resolve) => {
  const p = spawn('/bin/sh', ['-c', ${JSON.stringify(hookCommand(name))}], { cwd: payload.cwd, stdio: ['pipe', 'pipe', 'ignore'] });
  let out = ''; p.stdout.on('data', (d) => (out += d));
  p.on('error', () => resolve('')); p.on('close', () => resolve(out));
  p.stdin.on('error', () => {}); p.stdin.end(JSON.stringify(payload));
});
export const Belay = async ({ directory }) => ({
  event: async ({ event }) => { await call({ cwd: directory, event }); },
  'tool.execute.before': async (input, output) => {
    const out = await call({ hook_event_name: 'tool.execute.before', cwd: directory, input, output });
    if (out) { throw new Error(JSON.parse(out).deny); }
  },
  'tool.execute.after': async (input, output) => { await call({ hook_event_name: 'tool.execute.after', cwd: directory, input, output: {} }); },
});
`,
      );
      break;
    }
  }
}
