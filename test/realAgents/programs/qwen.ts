import path from 'node:path';
import { mergeJson } from '../support/files';
import { promptOf, type Operation, type ToolCall } from '../model/script';
import { absolute, call, type AgentProgram } from './program';

function tools(operation: Operation, folder: string): readonly ToolCall[] {
  switch (operation.kind) {
    case 'write':
      return [
        call('write_file', { file_path: absolute(folder, operation.path), content: operation.content }),
      ];
    case 'edit':
      return [
        call('edit', {
          file_path: absolute(folder, operation.path),
          old_string: operation.old,
          new_string: operation.new,
        }),
      ];
    case 'read':
      return [call('read_file', { file_path: absolute(folder, operation.path) })];
    case 'shell':
      return [
        call('run_shell_command', {
          command: operation.command,
          description: 'Run it',
          is_background: false,
        }),
      ];
    case 'delegate': {
      const task = {
        description: 'Part of it',
        prompt: promptOf(operation.script),
        subagent_type: 'general-purpose',
      };
      return [call('agent', task), call('task', task)];
    }
  }
}

export const qwen: AgentProgram = {
  name: 'qwen',
  label: 'qwen',
  tools,
  goesOn: true,
  tellsTasks: true,
  sharesSessions: true,
  refused: 'hears why',
  prepare: ({ home }) =>
    mergeJson(path.join(home, '.qwen', 'settings.json'), {
      security: { auth: { selectedType: 'openai' } },
      telemetry: { enabled: false },
      privacy: { usageStatisticsEnabled: false },
      general: { disableAutoUpdate: true, disableUpdateNag: true },
    }),
  environment: ({ url }) => ({
    OPENAI_API_KEY: 'none',
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_MODEL: 'scripted',
  }),
  command: ({ program }, { text, goesOn }) => [
    ...[program, '--approval-mode', 'yolo'],
    ...(goesOn ? ['--continue'] : []),
    ...['-p', text],
  ],
};
