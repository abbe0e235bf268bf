import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promptOf, type Operation, type ToolCall } from '../model/script';
import { call, patchOf, type AgentProgram } from './program';

function shell(command: string): readonly ToolCall[] {
  return [call('exec_command', { cmd: command }), call('shell_command', { command })];
}

function tools(operation: Operation): readonly ToolCall[] {
  switch (operation.kind) {
    case 'write':
    case 'edit':
      return [{ name: 'apply_patch', input: patchOf(operation, operation.path) }];
    case 'read':
      return shell(`cat ${operation.path}`);
    case 'shell':
      return shell(operation.command);
    case 'delegate':
      return [
        call('spawn_agent', {
          task_name: 'part_of_it',
          message: promptOf(operation.script),
          fork_turns: 'none',
        }),
      ];
  }
}

function codexWith(label: string, model: string): AgentProgram {
  return {
    name: 'codex',
    label,
    tools,
    goesOn: true,
    tellsTasks: true,
    sharesSessions: false,
    refused: 'hears why',
    prepare: async ({ home }) => {
      await mkdir(path.join(home, '.codex'), { recursive: true });
    },
    environment: ({ home }) => ({ CODEX_HOME: path.join(home, '.codex'), SCRIPTED_KEY: 'none' }),
    command: ({ program, url, folder }, { text, goesOn }) => {
      const provider = [
        `name="scripted",base_url="${url}/v1",env_key="SCRIPTED_KEY",wire_api="responses"`,
        'request_max_retries=0,stream_max_retries=0',
      ].join(',');
      const settings = [
        `model="${model}"`,
        'model_provider="scripted"',
        `model_providers.scripted={${provider}}`,
        'check_for_update_on_startup=false',
        'analytics.enabled=false',
        'feedback.enabled=false',
        // Plugins ask for the network at start.
        'features.plugins=false',
        `projects={"${folder}"={trust_level="trusted"}}`,
      ];
      return [
        ...[program, 'exec', ...(goesOn ? ['resume', '--last'] : [])],
        ...['--dangerously-bypass-approvals-and-sandbox', '--skip-git-repo-check'],
        ...settings.flatMap((setting) => ['-c', setting]),
        text,
      ];
    },
  };
}

/** With its own choice of a model: one tool, which runs JavaScript that calls the others. It has to be one that it knows. */
export const codex = codexWith('codex', 'gpt-6.1-sol');
/** With a model that calls its tools itself. */
export const codexDirect = codexWith('codex (direct tools)', 'gpt-5.5');
