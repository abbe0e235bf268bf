import * as vscode from 'vscode';
import { counting } from '../../../counts';

/** "1 file", "3 files". */
export function plural(count: number, what: Parameters<typeof counting>[2]): string {
  return counting(vscode.l10n, count, what);
}
