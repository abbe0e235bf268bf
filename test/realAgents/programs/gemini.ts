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
        call('replace', {
          file_path: absolute(folder, operation.path),
          instruction: 'Replace it',
          old_string: operation.old,
          new_string: operation.new,
        }),
      ];
    case 'read':
      return [call('read_file', { file_path: absolute(folder, operation.path) })];
    case 'shell':
      return [call('run_shell_command', { command: operation.command, description: 'Run it' })];
    case 'delegate':
      return [call('invoke_agent', { agent_name: 'generalist', prompt: promptOf(operation.script) })];
  }
}

export const gemini: AgentProgram = {
  name: 'gemini',
  label: 'gemini',
  tools,
  goesOn: true,
  tellsTasks: false,
  sharesSessions: true,
  refused: 'hears why',
  prepare: ({ home }) =>
    mergeJson(path.join(home, '.gemini', 'settings.json'), {
      security: { auth: { selectedType: 'gemini-api-key' } },
      telemetry: { enabled: false },
      privacy: { usageStatisticsEnabled: false },
      general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
    }),
  environment: ({ url }) => ({
    GEMINI_API_KEY: 'none',
    GOOGLE_GEMINI_BASE_URL: url,
    GEMINI_TELEMETRY_ENABLED: 'false',
    // Its own flag for this comes too late for hooks of the project.
    GEMINI_CLI_TRUST_WORKSPACE: 'true',
  }),
  command: ({ program }, { text, goesOn }) => [
    ...[program, '-m', 'gemini-2.5-flash', '--approval-mode', 'yolo'],
    ...(goesOn ? ['--resume', 'latest'] : []),
    ...['-p', text],
  ],
};
