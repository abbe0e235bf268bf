import * as vscode from 'vscode';
import type { Worktree } from '../../git/worktree';
import { configuredNetworkLimits } from '../../network/networkOutcome';
import type { OnConflict } from '../../sync/request';
import { syncSettings } from '../platform/settings';

/** The person's settings for this worktree, else what its git configuration says. */
export function requestFor(
  { log }: { readonly log: vscode.LogOutputChannel },
  worktree: Worktree,
): { readonly onConflict: OnConflict; readonly timeLimit: number } {
  const configuration = vscode.workspace.getConfiguration('belay', vscode.Uri.file(worktree.root));
  const { onConflict, timeLimit } = syncSettings(configuration, log);
  const configured = worktree.config.get('belay.sync.onconflict') === 'reset' ? 'reset' : 'ask';
  return {
    onConflict: onConflict ?? configured,
    timeLimit: timeLimit ?? configuredNetworkLimits(worktree).timeLimit,
  };
}
