import * as vscode from 'vscode';
import { plural } from '../platform/text/counts';
import { contextValue, sessionContext } from './contextValues';
import type { Session } from '../../sessions/session';
import { agentIcon, agentName } from '../platform/agentLook';
import { heldWords, stateWord, vitalWords } from '../platform/text/leaseWords';
import { exactTime, relativeTime } from '../platform/text/time';
import { checkpointCount, sessionName } from '../platform/text/words';
import { isOver, standingOfSession } from '../state/leaseRelation';
import type { RepositoryModel } from '../state/repositoryModel';
import { CheckpointNode } from './checkpointNode';
import type { RepositoryNode } from './repositoryNode';
import { leaseFacts, lines } from './tooltips';
import { TreeNode, type Target } from './treeNode';

const { None, Collapsed } = vscode.TreeItemCollapsibleState;

/** The sessions of a repository, newest first; those that are over come last, in one row. */
export async function sessionRows(
  model: RepositoryModel,
  parent: RepositoryNode | undefined,
): Promise<TreeNode[]> {
  const sessions = await model.sessions();
  const over = sessions.filter((session) => isOver(standingOfSession(session, model.own)));
  const rows = sessions
    .filter((session) => !over.includes(session))
    .map((session) => new SessionNode(model, session, parent));
  return over.length === 0 ? rows : [...rows, new EndedNode(model, over, parent)];
}

/** Stands for the sessions of a repository for which nobody writes any more, so that they are out of the way. */
export class EndedNode extends TreeNode {
  constructor(
    private readonly model: RepositoryModel,
    private readonly sessions: readonly Session[],
    readonly parent: RepositoryNode | undefined,
  ) {
    super(`ended:${model.commonDir}`);
  }

  override item(): vscode.TreeItem {
    const { sessions } = this;
    const item = new vscode.TreeItem(vscode.l10n.t('Ended'), Collapsed);
    item.description = plural(sessions.length, 'session');
    item.iconPath = new vscode.ThemeIcon('archive');
    item.contextValue = contextValue('ended');
    item.accessibilityInformation = {
      label: vscode.l10n.t('Ended, {0}', plural(sessions.length, 'session')),
    };
    return item;
  }

  override tooltip(): vscode.MarkdownString {
    return lines(vscode.l10n.t('Ended'), [
      [
        vscode.l10n.t('Sessions'),
        vscode.l10n.t('Nothing can write for them any more. Their checkpoints stay.'),
      ],
    ]);
  }

  override children(): TreeNode[] {
    return this.sessions.map((session) => new SessionNode(this.model, session, this));
  }
}

/** A session, with its checkpoints below it. */
export class SessionNode extends TreeNode {
  constructor(
    readonly model: RepositoryModel,
    readonly session: Session,
    readonly parent: RepositoryNode | EndedNode | undefined,
  ) {
    super(`session:${model.commonDir}:${session.id}`);
  }

  override item(): vscode.TreeItem {
    const { session, model } = this;
    const { lease, stale, liveness: vital } = session;
    const standing = standingOfSession(session, model.own);
    const item = new vscode.TreeItem(
      sessionName(session.id),
      session.latest === undefined && stale.length === 0 ? None : Collapsed,
    );
    // Its own window holds the lease under the session's name: that says nothing.
    const held =
      lease?.status === 'held' && standing !== 'own' ? [heldWords(lease, standing === 'mine')] : [];
    const rest = [
      ...held,
      ...(stale.length === 0 ? [] : [plural(stale.length, 'rejected')]),
      relativeTime(session.time),
      checkpointCount(session.steps),
    ];
    item.description = [agentName(session.agent), stateWord(vital.state), ...rest].join(' · ');
    item.iconPath = agentIcon(session.agent, session.live ? vital.state : 'ended');
    item.contextValue = sessionContext(standing);
    item.accessibilityInformation = {
      label: vscode.l10n.t(
        'Session {0}, {1}, {2}',
        sessionName(session.id),
        [agentName(session.agent), ...rest].join(', '),
        vitalWords(vital),
      ),
    };
    return item;
  }

  override tooltip(): vscode.MarkdownString {
    const { session, model } = this;
    const mine = ['own', 'mine'].includes(standingOfSession(session, model.own));
    return lines(session.id, [
      [vscode.l10n.t('Agent'), agentName(session.agent)],
      [vscode.l10n.t('State'), vitalWords(session.liveness)],
      ...leaseFacts(session.lease, mine),
      [
        vscode.l10n.t('Rejected writes'),
        session.stale.length === 0 ? undefined : plural(session.stale.length, 'rejected'),
      ],
      [vscode.l10n.t('Checkpoints'), checkpointCount(session.steps)],
      [vscode.l10n.t('Last checkpoint'), session.latest && exactTime(session.latest.time)],
      [vscode.l10n.t('Worktree'), session.worktree],
    ]);
  }

  /** What fenced writers tried to save, each with how many files, then its checkpoints, newest first. */
  override async children(): Promise<TreeNode[]> {
    const { model, session } = this;
    const { checkpoints, more } = await model.checkpointsOf(session);
    const stale = await Promise.all(
      session.stale.map(
        async (checkpoint) =>
          new CheckpointNode(model, checkpoint, this, (await model.changesOf(checkpoint)).length),
      ),
    );
    return [
      ...stale,
      ...checkpoints.map((checkpoint) => new CheckpointNode(model, checkpoint, this)),
      ...(more ? [new MoreNode(this)] : []),
    ];
  }

  override target(): Target | undefined {
    const { latest } = this.session;
    return latest && { model: this.model, checkpoint: latest };
  }
}

/** Stands for older checkpoints of a session, which are not shown yet; a click brings more of them. */
export class MoreNode extends TreeNode {
  constructor(readonly parent: SessionNode) {
    super(`${parent.id}:more`);
  }

  override item(): vscode.TreeItem {
    const item = new vscode.TreeItem(vscode.l10n.t('Load More'), None);
    item.description = vscode.l10n.t('older checkpoints');
    item.iconPath = new vscode.ThemeIcon('ellipsis');
    item.contextValue = contextValue('more');
    item.command = { command: 'belay.loadMore', title: vscode.l10n.t('Load More'), arguments: [this] };
    return item;
  }
}
