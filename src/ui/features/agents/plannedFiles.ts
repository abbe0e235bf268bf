import * as vscode from 'vscode';
import type { ConnectionPlan, FileChange, ProgramChange } from '../../../connect/connectionModel';
import { shown } from '../../platform/shown';

/** What a plan would write, in documents of their own: neither side is a file that a person could save. */
const scheme = 'belay-plan';

type Side = 'before' | 'after';

/** Shows what connecting or disconnecting would write, before anything is written. */
export class PlannedFiles implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(scheme, this);
  private shown = 0;

  provideTextDocumentContent(uri: vscode.Uri): string {
    // A window that was reloaded shows the tab of a plan that nobody has any more.
    return this.texts.get(uri.toString()) ?? '';
  }

  /** Opens all that a plan changes in one diff; where it stays, a later plan opens another one. */
  async show(title: string, { changes, program }: ConnectionPlan): Promise<void> {
    this.texts.clear();
    this.shown += 1;
    const resources = [...changes, ...(program === undefined ? [] : [program])].map((change) => [
      vscode.Uri.file(fileOf(change)),
      this.side('before', change),
      this.side('after', change),
    ]);
    await vscode.commands.executeCommand('vscode.changes', shown(title), resources);
  }

  /** Closes what {@link show} has opened under that title. */
  async close(title: string): Promise<void> {
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    // The editor adds how many files there are.
    await vscode.window.tabGroups.close(tabs.filter(({ label }) => label.startsWith(title)));
  }

  dispose(): void {
    this.registration.dispose();
  }

  private side(side: Side, change: FileChange | ProgramChange): vscode.Uri | undefined {
    const text = change[side];
    if (text === undefined) {
      return undefined;
    }
    // The same path on both sides, which the diff then shows once.
    const uri = vscode.Uri.file(fileOf(change)).with({ scheme, query: `${side}-${this.shown}` });
    this.texts.set(uri.toString(), text);
    return uri;
  }
}

/** What is written: behind a link the file that it leads to. */
function fileOf(change: FileChange | ProgramChange): string {
  return 'real' in change ? (change.real ?? change.file) : change.file;
}
