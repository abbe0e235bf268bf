import type { Operation, ToolCall } from '../model/script';
import { promptOf } from '../model/script';
import { absolute, call, type AgentProgram } from './program';

function tools(operation: Operation, folder: string): readonly ToolCall[] {
  switch (operation.kind) {
    case 'write':
      return [call('Write', { file_path: absolute(folder, operation.path), content: operation.content })];
    case 'edit':
      return [
        call('Edit', {
          file_path: absolute(folder, operation.path),
          old_string: operation.old,
          new_string: operation.new,
          replace_all: false,
        }),
      ];
    case 'read':
      return [call('Read', { file_path: absolute(folder, operation.path) })];
    case 'shell':
      return [call('Bash', { command: operation.command, description: 'Run it' })];
    case 'delegate': {
      const task = {
        description: 'Part of it',
        prompt: promptOf(operation.script),
        subagent_type: 'general-purpose',
      };
      return [call('Agent', task), call('Task', task)];
    }
  }
}

export const claudeCode: AgentProgram = {
  name: 'claude-code',
  label: 'claude-code',
  tools,
  goesOn: true,
  tellsTasks: true,
  sharesSessions: true,
  refused: 'hears why',
  prepare: () => Promise.resolve(),
  environment: ({ url }) => ({
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_API_KEY: 'none',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_TELEMETRY: '1',
    DISABLE_ERROR_REPORTING: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    // Lets root skip its questions.
    IS_SANDBOX: '1',
  }),
  command: ({ program }, { text, goesOn }) => [
    ...[program, '-p', '--dangerously-skip-permissions'],
    ...(goesOn ? ['--continue'] : []),
    text,
  ],
};
