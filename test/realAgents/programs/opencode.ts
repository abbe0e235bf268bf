import { copyFile, mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { mergeJson } from '../support/files';
import { promptOf, type Operation, type ToolCall } from '../model/script';
import { absolute, call, patchOf, type AgentProgram, type Surroundings } from './program';

function tools(operation: Operation, folder: string): readonly ToolCall[] {
  switch (operation.kind) {
    case 'write':
      return [
        call('write', { filePath: absolute(folder, operation.path), content: operation.content }),
        call('apply_patch', { patchText: patchOf(operation, operation.path) }),
      ];
    case 'edit':
      return [
        call('edit', {
          filePath: absolute(folder, operation.path),
          oldString: operation.old,
          newString: operation.new,
        }),
        call('apply_patch', { patchText: patchOf(operation, operation.path) }),
      ];
    case 'read':
      return [call('read', { filePath: absolute(folder, operation.path) })];
    case 'shell':
      return [call('bash', { command: operation.command, description: 'Run it' })];
    case 'delegate':
      return [
        call('task', {
          description: 'Part of it',
          prompt: promptOf(operation.script),
          subagent_type: 'general',
        }),
      ];
  }
}

const model = 'scripted/scripted';

async function prepare({ home, url, beside }: Surroundings): Promise<void> {
  const config = path.join(home, '.config', 'opencode');
  await mergeJson(path.join(config, 'opencode.json'), {
    autoupdate: false,
    share: 'disabled',
    permission: 'allow',
    model,
    small_model: model,
    provider: {
      scripted: {
        npm: '@ai-sdk/openai-compatible',
        name: 'scripted',
        options: { baseURL: `${url}/v1`, apiKey: 'none' },
        models: {
          scripted: { name: 'scripted', tool_call: true, limit: { context: 200_000, output: 8_000 } },
        },
      },
    },
  });
  await givePlugin(config, beside);
}

/** It installs a package of its own into each configuration folder at its start, and waits for it when there is no network. */
async function givePlugin(config: string, installed: string | undefined): Promise<void> {
  if (installed === undefined) {
    throw new Error('opencode needs its plugin package.');
  }
  await mkdir(config, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) {
    await copyFile(path.join(installed, name), path.join(config, name));
  }
  await symlink(path.join(installed, 'node_modules'), path.join(config, 'node_modules'));
}

export const opencode: AgentProgram = {
  name: 'opencode',
  label: 'opencode',
  tools,
  goesOn: true,
  tellsTasks: true,
  sharesSessions: true,
  refused: 'hears why',
  prepare,
  environment: () => ({
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
    OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
  }),
  command: ({ program }, { text, goesOn }) => [
    ...[program, 'run', ...(goesOn ? ['--continue'] : [])],
    ...['-m', model, text],
  ],
};
