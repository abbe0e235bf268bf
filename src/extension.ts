import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { createApi, type BelayApi } from './ui/api';
import type { App } from './ui/app';
import { registerCommands } from './ui/commands/commands';
import { commandIds } from './ui/commands/ids';
import { changeDecorations } from './ui/diff/decorations';
import { ObjectFiles } from './ui/diff/objectFiles';
import { showFailure } from './ui/failure';
import { Repositories } from './ui/repository/repositories';
import { createStatusBar } from './ui/statusBar';
import { Views, Visibility } from './ui/tree/views';

/** Wires the parts together and returns at once; the repositories are opened afterwards, and only if trusted. */
export function activate(context: vscode.ExtensionContext): BelayApi {
  const log = vscode.window.createOutputChannel('Belay', { log: true });
  const visibility = new Visibility();
  const repositories = new Repositories(log, () => visibility.wanted());
  const views = new Views(repositories, visibility, log);
  const who = { session: `editor-${randomUUID().slice(0, 8)}`, agent: 'editor' };
  const app: App = { context, log, who, repositories, views };
  context.subscriptions.push(
    log,
    repositories,
    views,
    ObjectFiles.register(repositories, log),
    vscode.window.registerFileDecorationProvider(changeDecorations),
    createStatusBar(repositories),
    registerCommands(app),
  );
  repositories.start();
  setImmediate(() => {
    freshenLaunchers(context).catch((thrown: unknown) => {
      showFailure(log, thrown);
    });
  });
  return createApi(app, commandIds);
}

async function freshenLaunchers(context: vscode.ExtensionContext): Promise<void> {
  const launcher = await import('./ui/launcher/launcher');
  await launcher.freshenLaunchers(context);
}

/** Everything ends with the subscriptions: watchers, timers, and every git process that is still running. */
export function deactivate(): void {
  // Nothing is held outside of them.
}
