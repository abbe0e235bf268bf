import * as vscode from 'vscode';
import { pathText } from '../../git/path';
import { changeSides } from '../diff/objectUri';
import { shown } from '../shown';
import { inertLine } from '../text/inert';
import { shortOid } from '../text/words';
import type { StagedFileNode } from './nodes';

/** Opens what was staged of a file beside what HEAD had of it. */
export async function openStagedDiff({ model, change, parent }: StagedFileNode): Promise<void> {
  const [older, newer] = changeSides(model.root, change);
  const name = inertLine(pathText(change.path.slice(change.path.lastIndexOf('/') + 1)), 60);
  const title = vscode.l10n.t('{0} (staged at checkpoint {1})', name, shortOid(parent.parent.checkpoint.oid));
  await vscode.commands.executeCommand('vscode.diff', older, newer, shown(title), { preview: true });
}
