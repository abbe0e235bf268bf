import * as vscode from 'vscode';
import { messageOf } from '../../errors';
import { gitPathSetting } from './settings';

interface GitExtension {
  getAPI(version: 1): unknown;
}

/**
 * The git program to run: the person's setting, else the one that VS Code's own git extension found, else whatever
 * `git` is on PATH. The git extension may be missing or switched off; that is no error.
 */
export async function findGitBinary(log: vscode.LogOutputChannel): Promise<string> {
  const configured = gitPathSetting(vscode.workspace.getConfiguration('belay'), (line) => {
    log.warn(line);
  });
  if (configured !== undefined) {
    return configured;
  }
  const extension = vscode.extensions.getExtension<unknown>('vscode.git');
  if (extension === undefined) {
    return 'git';
  }
  try {
    const exported = await extension.activate();
    const path = isGitExtension(exported) ? pathOfApi(exported.getAPI(1)) : undefined;
    return path ?? 'git';
  } catch (thrown) {
    log.info(`VS Code's git extension gave no git program (${messageOf(thrown)}); using git from PATH.`);
    return 'git';
  }
}

function isGitExtension(value: unknown): value is GitExtension {
  return (
    typeof value === 'object' && value !== null && 'getAPI' in value && typeof value.getAPI === 'function'
  );
}

function pathOfApi(api: unknown): string | undefined {
  if (typeof api !== 'object' || api === null || !('git' in api)) {
    return undefined;
  }
  const { git } = api;
  if (typeof git !== 'object' || git === null || !('path' in git)) {
    return undefined;
  }
  return typeof git.path === 'string' && git.path !== '' ? git.path : undefined;
}
