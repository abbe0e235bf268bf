import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { promptOf, type Operation, type ToolCall } from '../model/script';
import { absolute, call, patchOf, type AgentProgram, type Surroundings } from './program';

function tools(operation: Operation, folder: string): readonly ToolCall[] {
  switch (operation.kind) {
    case 'write': {
      const file = absolute(folder, operation.path);
      return [
        call('create', { path: file, file_text: operation.content }),
        { name: 'apply_patch', input: patchOf(operation, file) },
      ];
    }
    case 'edit': {
      const file = absolute(folder, operation.path);
      return [
        call('edit', { path: file, old_str: operation.old, new_str: operation.new }),
        { name: 'apply_patch', input: patchOf(operation, file) },
      ];
    }
    case 'read':
      return [call('view', { path: absolute(folder, operation.path) })];
    case 'shell':
      return [call('bash', { command: operation.command, description: 'Run it' })];
    case 'delegate':
      return [
        call('task', {
          name: 'part-of-it',
          description: 'Part of it',
          prompt: promptOf(operation.script),
          agent_type: 'general-purpose',
          mode: 'sync',
        }),
      ];
  }
}

/** Into each new home it unpacks hundreds of megabytes of itself: they are put there. */
async function prepare({ home, beside }: Surroundings): Promise<void> {
  if (beside === undefined) {
    throw new Error('copilot needs what it unpacks.');
  }
  await mkdir(path.join(home, '.cache'), { recursive: true });
  await symlink(beside, path.join(home, '.cache', 'copilot'));
}

function copilotWith(label: string, model: string, wire: 'completions' | 'responses'): AgentProgram {
  return {
    name: 'copilot',
    label,
    tools,
    goesOn: true,
    tellsTasks: true,
    sharesSessions: true,
    refused: 'hears why',
    prepare,
    environment: ({ home, url }) => ({
      COPILOT_OFFLINE: 'true',
      COPILOT_PROVIDER_BASE_URL: `${url}/v1`,
      COPILOT_PROVIDER_TYPE: 'openai',
      COPILOT_PROVIDER_API_KEY: 'none',
      COPILOT_PROVIDER_WIRE_API: wire,
      COPILOT_MODEL: model,
      COPILOT_AUTO_UPDATE: 'false',
      COPILOT_HOME: path.join(home, '.copilot'),
      // This very word also trusts the folder, without which a project's hooks are skipped in silence.
      COPILOT_ALLOW_ALL: 'true',
    }),
    command: ({ program }, { text, goesOn }) => [
      ...[program, '--allow-all-tools', '--allow-all-paths', '--no-color'],
      ...(goesOn ? ['--continue'] : []),
      ...['-p', text],
    ],
  };
}

export const copilot = copilotWith('copilot', 'scripted', 'completions');
/** With a model of the GPT family, for which its edits are patches. */
export const copilotGpt = copilotWith('copilot (gpt)', 'gpt-5.5', 'responses');
