import * as vscode from 'vscode';
import type { App } from '../../rows/app';
import { writeLaunchers } from './commandLineLauncher';

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
