import * as vscode from 'vscode';
import { remoteStatus } from '../../../network/status';
import type { WorktreeSummary } from '../../../sessions/session';
import type { RepositoryModel } from '../../state/repositoryModel';
import { exactTime } from '../../platform/text/time';
import type { Fact } from '../../rows/tooltips';

/** What is known of the remote that a worktree's branch follows; asks git here, and no remote. */
export async function remoteFacts(
  { worktree }: RepositoryModel,
  { branch }: WorktreeSummary,
): Promise<Fact[]> {
  if (branch === undefined) {
    return [];
  }
  const text = await worktree.git.text({
    args: ['for-each-ref', '--format=%(upstream:short)%00%(upstream:remotename)', branch],
    cwd: worktree.root,
  });
  const [upstream = '', remote = ''] = (text.split('\n')[0] ?? '').split('\0');
  if (upstream === '') {
    return [[vscode.l10n.t('Upstream'), vscode.l10n.t('none')]];
  }
  const first: Fact = [vscode.l10n.t('Upstream'), upstream];
  if (remote === '' || remote === '.') {
    return [first];
  }
  const { lastFetched, retryAfter, failures, lastFailure } = await remoteStatus(worktree, remote);
  const pausing = retryAfter === undefined ? undefined : vscode.l10n.t('until {0}', exactTime(retryAfter));
  return [
    first,
    [
      vscode.l10n.t('Last fetched'),
      lastFetched === undefined ? vscode.l10n.t('never by Belay') : exactTime(lastFetched),
    ],
    [vscode.l10n.t('Consecutive failures'), failures === 0 ? undefined : String(failures)],
    [vscode.l10n.t('Last failure'), failures === 0 ? undefined : lastFailure],
    [vscode.l10n.t('Left alone'), pausing],
  ];
}
