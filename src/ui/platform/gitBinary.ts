import * as v from 'valibot';
import * as vscode from 'vscode';
import { messageOf } from '../../errors';
import { gitPathSetting } from './settings';

const gitApi = v.object({ git: v.object({ path: v.pipe(v.string(), v.minLength(1)) }) });

interface GitExtension {
  getAPI(version: 1): unknown;
}

/**
 * The git program to run: the person's setting, else the one that VS Code's own git extension found, else whatever
 * `git` is on PATH. The git extension may be missing or switched off; that is no error.
 */
export async function findGitBinary(log: vscode.LogOutputChannel): Promise<string> {
  const configured = gitPathSetting(vscode.workspace.getConfiguration('belay'), log);
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
  const parsed = v.safeParse(gitApi, api);
  return parsed.success ? parsed.output.git.path : undefined;
}
