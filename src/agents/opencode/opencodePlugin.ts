/** What only Belay's plugin says, however a person edits the rest. */
export const pluginMark = '// Written by Belay (belay connect); belay disconnect takes it away again.';

/** What opencode calls with a person's message; only whether it says anything is passed on. */
const prompts = `  'chat.message': async (input, output) => {
    const said = output?.parts?.some(({ text }) => typeof text === 'string' && text.trim() !== '');
    if (said === true) {
      const { sessionID } = input ?? {};
      await tell({ hook_event_name: 'chat.message', cwd, input: { sessionID }, output: { parts: [{ text: '...' }] } });
    }
  },
`;

const textWith = (agent: string, more: string): string => `${pluginMark}
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** For so long, in milliseconds, a call waits; the hook gives up by itself long before. */
const limit = 30_000;

/** What the hook prints, or nothing. */
const tell = (payload) =>
  new Promise((resolve) => {
    try {
      const program = path.join(process.env.HOME || homedir(), '.belay', 'hook');
      accessSync(program, constants.X_OK);
      const child = spawn(program, ['${agent}'], { stdio: ['pipe', 'pipe', 'ignore'] });
      let printed = '';
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        resolve('');
      }, limit);
      const end = (text) => {
        clearTimeout(timer);
        resolve(text);
      };
      child.on('error', () => end(''));
      child.on('close', () => end(printed));
      child.stdout.on('error', () => end(''));
      child.stdout.on('data', (data) => (printed += data));
      child.stdin.on('error', () => undefined);
      child.stdin.end(JSON.stringify(payload));
    } catch {
      resolve('');
    }
  });

/** Why a call must not run, where it must not. */
const refusal = (printed) => {
  try {
    const { deny } = JSON.parse(printed);
    return typeof deny === 'string' ? deny : undefined;
  } catch {
    return undefined;
  }
};

const news = new Set(['session.created', 'session.idle', 'session.error', 'session.deleted']);

export const Belay = async ({ directory: cwd }) => ({
  event: async ({ event }) => {
    if (news.has(event?.type)) {
      const { sessionID, info } = event.properties ?? {};
      const child = info && { id: info.id, parentID: info.parentID };
      const told = { type: event.type, properties: { sessionID, info: child } };
      await tell({ hook_event_name: event.type, cwd, event: told });
    }
  },
${more}  'tool.execute.before': async (input, output) => {
    const output_ = { args: output?.args };
    const deny = refusal(await tell({ hook_event_name: 'tool.execute.before', cwd, input, output: output_ }));
    if (deny !== undefined) {
      throw new Error(deny);
    }
  },
  'tool.execute.after': async (input) => {
    await tell({ hook_event_name: 'tool.execute.after', cwd, input });
  },
});
`;

/**
 * The plugin that runs inside opencode, which has no hook commands. Its text stays the same from release to release, but for
 * events that come later. It hands the hook only what Belay reads, waits for it before and after a tool, for a bounded time, and
 * throws only to refuse a call: where the hook is gone, or fails in any way, it is as if there were no plugin.
 */
export function pluginText(agent: string): string {
  return textWith(agent, prompts);
}

/** What earlier releases have written, and which events each lacks. */
export function earlierPlugins(agent: string): ReadonlyMap<string, readonly string[]> {
  return new Map([[textWith(agent, ''), ['chat.message']]]);
}
