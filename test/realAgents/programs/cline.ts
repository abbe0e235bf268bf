import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promptOf, type Operation, type ToolCall } from '../model/script';
import { absolute, call, patchOf, type AgentProgram, type Surroundings } from './program';

function tools(operation: Operation, folder: string): readonly ToolCall[] {
  switch (operation.kind) {
    case 'write': {
      const file = absolute(folder, operation.path);
      return [
        call('editor', { path: file, new_text: operation.content }),
        call('apply_patch', { input: patchOf(operation, file) }),
      ];
    }
    case 'edit': {
      const file = absolute(folder, operation.path);
      return [
        call('editor', { path: file, old_text: operation.old, new_text: operation.new }),
        call('apply_patch', { input: patchOf(operation, file) }),
      ];
    }
    case 'read':
      return [call('read_files', { files: [{ path: absolute(folder, operation.path) }] })];
    case 'shell':
      return [call('run_commands', { commands: [operation.command] })];
    case 'delegate':
      return [
        call('spawn_agent', {
          systemPrompt: 'You do a part of it.',
          task: promptOf(operation.script),
        }),
      ];
  }
}

const service = ['-P', 'openai', '-k', 'none', '-m', 'scripted'];

/** Else a process stays behind after each run, on a fixed port. */
const alone = { CLINE_SESSION_BACKEND_MODE: 'local' };

function environment(home: string): Record<string, string> {
  return {
    CLINE_GLOBAL_SETTINGS_PATH: path.join(home, 'cline-settings.json'),
  };
}

/** Where its model is can be told it in one way only: by signing in. */
async function prepare({ home, folder, program, url }: Surroundings): Promise<void> {
  const settings = { telemetryOptOut: true, autoUpdateEnabled: false };
  await writeFile(path.join(home, 'cline-settings.json'), JSON.stringify(settings));
  const login = ['auth', '-p', 'openai', '-k', 'none', '-m', 'scripted', '-b', `${url}/v1`];
  const { status, stderr } = spawnSync(program, login, {
    cwd: folder,
    env: { HOME: home, PATH: process.env['PATH'], ...environment(home), ...alone },
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (status !== 0) {
    throw new Error(`cline could not be told where its model is: ${stderr}`);
  }
}

function clineWith(label: string, own: Readonly<Record<string, string>>): AgentProgram {
  return {
    name: 'cline',
    label,
    tools,
    // It does so on a screen only.
    goesOn: false,
    tellsTasks: true,
    sharesSessions: false,
    // A hook of it can cancel a call only together with all of the run.
    refused: 'ends',
    prepare,
    environment: ({ home }) => ({ ...environment(home), ...own }),
    command: ({ program }, { text }) => [program, '--auto-approve', 'true', ...service, text],
  };
}

/** Each run by itself. */
export const cline = clineWith('cline', alone);
/** As it is by default: a process that stays does the work of all runs. */
export const clineWithHub = clineWith('cline (hub)', {});
