import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { whenMissing } from '../../../git/diskErrors';
import { shellLauncher, windowsLauncher, type LauncherTargets } from './launcherTexts';
import type { App } from '../../rows/app';

/** Where the launchers lie: in the extension's own storage, which stays the same from version to version. */
function launcherFolder(context: vscode.ExtensionContext): string {
  return path.join(context.globalStorageUri.fsPath, 'bin');
}

/** Writes the launchers for this version of Belay and this VS Code, and gives the path to the one for this system. */
async function writeLaunchers(context: vscode.ExtensionContext): Promise<string> {
  const folder = launcherFolder(context);
  await mkdir(folder, { recursive: true });
  for (const [name, text] of launchers(context)) {
    await replaceFile(path.join(folder, name), text);
  }
  return path.join(folder, process.platform === 'win32' ? 'belay.cmd' : 'belay');
}

/** Writes the launchers again if a person has installed them before and they point elsewhere now. */
export async function freshenLaunchers(context: vscode.ExtensionContext): Promise<void> {
  const folder = launcherFolder(context);
  for (const [name, text] of launchers(context)) {
    const file = path.join(folder, name);
    const found = await readFile(file, 'utf8').catch(whenMissing(undefined));
    if (found !== undefined && found !== text) {
      await replaceFile(file, text);
    }
  }
}

function launchers(context: vscode.ExtensionContext): readonly (readonly [string, string])[] {
  const targets: LauncherTargets = {
    executable: process.execPath,
    script: path.join(context.extensionUri.fsPath, 'dist', 'cli.js'),
  };
  return [
    ['belay', shellLauncher(targets)],
    ['belay.cmd', windowsLauncher(targets)],
  ];
}

/** In one step, so that an agent's hook that runs just now finds the old launcher or the new one, never half of one. */
async function replaceFile(file: string, text: string): Promise<void> {
  const beside = `${file}.${process.pid}.new`;
  await writeFile(beside, text, { mode: 0o755 });
  await chmod(beside, 0o755);
  await rename(beside, file);
}

/** Writes the launcher of the command line and tells where it is. */
export async function installCommandLine(app: App): Promise<void> {
  const launcher = await writeLaunchers(app.context);
  app.log.info(`The command line's launcher is ${launcher}`);
  const copy = vscode.l10n.t('Copy Path');
  const words = vscode.l10n.t('The belay command is ready. Agents and terminals can run it as {0}', launcher);
  if ((await app.dialogs.tell(words, copy)) === copy) {
    await vscode.env.clipboard.writeText(launcher);
  }
}
