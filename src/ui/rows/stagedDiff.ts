import * as vscode from 'vscode';
import { pathText } from '../../git/path';
import { changeSides } from '../platform/objectUri';
import { shown } from '../platform/shown';
import { inertLine } from '../platform/text/inert';
import { shortOid } from '../platform/text/words';
import type { StagedFileNode } from './stagedNodes';

/** Opens what was staged of a file beside what HEAD had of it. */
export async function openStagedDiff({ model, change, parent }: StagedFileNode): Promise<void> {
  const [older, newer] = changeSides(model.root, change);
  const name = inertLine(pathText(change.path.slice(change.path.lastIndexOf('/') + 1)), 60);
  const title = vscode.l10n.t('{0} (staged at checkpoint {1})', name, shortOid(parent.parent.checkpoint.oid));
  await vscode.commands.executeCommand('vscode.diff', older, newer, shown(title), { preview: true });
}
