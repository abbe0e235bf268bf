import path from 'node:path';
import * as vscode from 'vscode';
import { messageOf } from '../../errors';
import type { FileChange } from '../../checkpoint/model';
import { pathText, type GitPath } from '../../git/path';
import { agentIcon, agentName } from '../platform/agentLook';
import { rowUri } from '../platform/objectUri';
import { standingOfSession } from '../state/leaseRelation';
import type { RepositoryModel } from '../state/repositoryModel';
import { inert, inertLine } from '../platform/text/inert';
import { fencedWord, heldWords, stateWord, vitalWords } from '../platform/text/leaseWords';
import { relativeTime } from '../platform/text/time';
import {
  changeWord,
  checkpointCount,
  checkpointTitle,
  sessionName,
  uncoveredWord,
} from '../platform/text/words';
import {
  CheckpointNode,
  EndedNode,
  FailureNode,
  FileNode,
  type MoreNode,
  RepositoryNode,
  SessionNode,
  UncoveredNode,
  WorktreeNode,
  type TreeNode,
  SelfDrawnNode,
} from './nodes';
import { worktreeItem } from './worktreeItem';
import { plural } from '../platform/text/counts';

const { None, Collapsed } = vscode.TreeItemCollapsibleState;

/** The row of a node. Tooltips are resolved lazily. */
export function treeItem(node: TreeNode): vscode.TreeItem {
  const item = itemOf(node);
  item.id = node.id;
  return item;
}

function itemOf(node: TreeNode): vscode.TreeItem {
  if (node instanceof SelfDrawnNode) {
    return node.item();
  }
  if (node instanceof RepositoryNode) {
    return repositoryItem(node);
  }
  if (node instanceof EndedNode) {
    return endedItem(node);
  }
  if (node instanceof SessionNode) {
    return sessionItem(node);
  }
  if (node instanceof WorktreeNode) {
    return worktreeItem(node);
  }
  if (node instanceof CheckpointNode) {
    return node.checkpoint.stale === undefined ? checkpointItem(node) : staleItem(node);
  }
  if (node instanceof FileNode) {
    return fileItem(node, 'file');
  }
  if (node instanceof UncoveredNode) {
    return uncoveredItem(node);
  }
  return node instanceof FailureNode ? failureItem(node) : moreItem(node);
}

function failureItem({ thrown }: FailureNode): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Could not be read'), None);
  item.description = inertLine(messageOf(thrown));
  item.iconPath = new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
  item.contextValue = 'failure';
  return item;
}

function repositoryItem({ model }: RepositoryNode): vscode.TreeItem {
  const item = new vscode.TreeItem(
    inert(path.basename(model.root)),
    vscode.TreeItemCollapsibleState.Expanded,
  );
  item.description = inert(path.dirname(model.root));
  item.iconPath = new vscode.ThemeIcon('repo');
  item.contextValue = 'repository';
  return item;
}

function endedItem({ sessions }: EndedNode): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Ended'), Collapsed);
  item.description = plural(sessions.length, 'session');
  item.iconPath = new vscode.ThemeIcon('archive');
  item.contextValue = 'ended';
  item.accessibilityInformation = { label: vscode.l10n.t('Ended, {0}', plural(sessions.length, 'session')) };
  return item;
}

function sessionItem({ session, model }: SessionNode): vscode.TreeItem {
  const { lease, stale, vital } = session;
  const standing = standingOfSession(session, model.own);
  const item = new vscode.TreeItem(
    sessionName(session.id),
    session.latest === undefined && stale.length === 0 ? None : Collapsed,
  );
  // Its own window holds the lease under the session's name: that says nothing.
  const held = lease?.status === 'held' && standing !== 'own' ? [heldWords(lease, standing === 'mine')] : [];
  const rest = [
    ...held,
    ...(stale.length === 0 ? [] : [plural(stale.length, 'rejected')]),
    relativeTime(session.time),
    checkpointCount(session.steps),
  ];
  item.description = [agentName(session.agent), stateWord(vital.state), ...rest].join(' · ');
  item.iconPath = agentIcon(session.agent, session.live ? vital.state : 'ended');
  item.contextValue = `session.${standing}`;
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

function checkpointItem({ checkpoint }: CheckpointNode): vscode.TreeItem {
  const item = new vscode.TreeItem(checkpointTitle(checkpoint), Collapsed);
  const lacking = checkpoint.uncovered.length + checkpoint.uncoveredMore;
  const details = [
    relativeTime(checkpoint.time),
    ...(checkpoint.staged === undefined ? [] : [vscode.l10n.t('staged state')]),
    ...(lacking === 0 ? [] : [plural(lacking, 'uncovered')]),
  ];
  item.description = [`#${checkpoint.step}`, ...details].join(' · ');
  item.iconPath = new vscode.ThemeIcon(checkpoint.restoredFrom === undefined ? 'git-commit' : 'history');
  item.contextValue = checkpoint.staged === undefined ? 'checkpoint' : 'checkpoint.staged';
  item.accessibilityInformation = {
    label: vscode.l10n.t(
      'Checkpoint {0}, {1}, step {2}, by {3}',
      checkpointTitle(checkpoint),
      details.join(', '),
      checkpoint.step,
      agentName(checkpoint.agent),
    ),
  };
  return item;
}

/** What a fenced writer tried to save: a checkpoint to look at and restore from like any other, and no step of its session. */
function staleItem({ checkpoint, saved }: CheckpointNode): vscode.TreeItem {
  const title =
    saved === undefined
      ? vscode.l10n.t('Rejected write: tried to save files')
      : vscode.l10n.t('Rejected write: tried to save {0}', plural(saved, 'file'));
  const item = new vscode.TreeItem(title, saved === 0 && checkpoint.staged === undefined ? None : Collapsed);
  const why = checkpoint.stale === undefined ? [] : [fencedWord(checkpoint.stale)];
  const details = [relativeTime(checkpoint.time), ...why];
  item.description = details.join(' · ');
  item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  item.contextValue = checkpoint.staged === undefined ? 'checkpoint.stale' : 'checkpoint.stale.staged';
  item.accessibilityInformation = {
    label: vscode.l10n.t('{0}, {1}, by {2}', title, details.join(', '), agentName(checkpoint.agent)),
  };
  return item;
}

/**
 * The row of a file that something changed; a click opens its diff.
 * @param context The kind of row, for its menus.
 * @param more What else there is to say of it.
 */
export function fileItem(
  node: TreeNode & { readonly model: RepositoryModel; readonly change: FileChange },
  context: string,
  ...more: readonly string[]
): vscode.TreeItem {
  const { change, model } = node;
  const { name, folder } = splitPath(change.path);
  const item = new vscode.TreeItem(name, None);
  item.description = [folder, ...more].filter((part) => part !== '').join(' · ');
  item.resourceUri = rowUri(model.root, change);
  item.iconPath = vscode.ThemeIcon.File;
  item.contextValue = `${context}.${change.kind}`;
  item.command = { command: 'belay.openDiff', title: vscode.l10n.t('Open Diff'), arguments: [node] };
  item.accessibilityInformation = {
    label: [inert(pathText(change.path)), changeWord(change.kind), ...more].join(', '),
  };
  return item;
}

function uncoveredItem({ uncovered }: UncoveredNode): vscode.TreeItem {
  const { name, folder } = splitPath(uncovered.path);
  const item = new vscode.TreeItem(name, None);
  const why = vscode.l10n.t('not saved: {0}', uncoveredWord(uncovered.reason));
  item.description = folder === '' ? why : `${folder} · ${why}`;
  item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  item.contextValue = uncovered.reason === 'ignored_before' ? 'uncovered.ignored' : 'uncovered';
  item.accessibilityInformation = { label: `${inert(pathText(uncovered.path))}, ${why}` };
  return item;
}

function moreItem(node: MoreNode): vscode.TreeItem {
  if (node.parent instanceof CheckpointNode) {
    const item = new vscode.TreeItem(plural(node.count ?? 0, 'uncovered'), None);
    item.description = vscode.l10n.t('beyond those listed');
    item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
    item.contextValue = 'uncoveredMore';
    return item;
  }
  const item = new vscode.TreeItem(vscode.l10n.t('Load More'), None);
  item.description = vscode.l10n.t('older checkpoints');
  item.iconPath = new vscode.ThemeIcon('ellipsis');
  item.contextValue = 'more';
  item.command = { command: 'belay.loadMore', title: vscode.l10n.t('Load More'), arguments: [node] };
  return item;
}

/** A path as the name of the file and the folder that it is in, for a row. */
export function splitPath(gitPath: GitPath): { name: string; folder: string } {
  const slash = gitPath.lastIndexOf('/', gitPath.length - 2);
  return {
    name: inert(pathText(gitPath.slice(slash + 1))),
    folder: slash < 0 ? '' : inert(pathText(gitPath.slice(0, slash))),
  };
}
