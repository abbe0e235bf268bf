import * as vscode from 'vscode';
import type { AgentStates } from '../../state/agentStates';
import type { RepositoryModel } from '../../state/repositoryModel';
import type { Repositories } from '../../state/repositories';
import type { RepositoryNode } from '../../rows/repositoryNode';
import { TreeNode } from '../../rows/treeNode';
import { Tree } from '../../rows/tree';
import { homedir } from 'node:os';
import type { AgentNote, AgentStatus, Connection, NoteKind } from '../../../connect/connectionModel';
import { agentIconName, agentName } from '../../platform/agentLook';
import { escapeMarkdown, inertLine } from '../../platform/text/inert';
import { exactTime, relativeTime } from '../../platform/text/time';
import { lines } from '../../rows/tooltips';
import { connectionWords, fileWord, levelWord, noteAdvice, noteTitle } from './connectWords';
import { contextValue } from '../../rows/contextValues';

/** The agents that are connected, installed or used: those that are connected on top. */
export class AgentsTree extends Tree {
  constructor(
    repositories: Repositories,
    private readonly agentStates: AgentStates,
    log: vscode.LogOutputChannel,
  ) {
    super(repositories, log);
  }

  protected override async childrenOf(
    model: RepositoryModel,
    parent: RepositoryNode | undefined,
  ): Promise<TreeNode[]> {
    const statuses = await this.agentStates.of(model);
    // Not waited for: it is drawn again when something is different.
    this.agentStates.request();
    const shown = statuses.filter(
      ({ connections, program, used }) => connections.length > 0 || program !== undefined || used,
    );
    const connected = shown.filter(({ connections }) => connections.length > 0);
    return [...new Set([...connected, ...shown])].map((status) => new AgentNode(model, status, parent));
  }
}

const { None, Collapsed } = vscode.TreeItemCollapsibleState;

/** Notes that say no more than what is to be expected. */
const mild: ReadonlySet<NoteKind> = new Set(['not_verified', 'never_heard', 'wrong_level']);

/** One agent: whether it is connected, when it was last heard of, and below it what a person should know or do. */
export class AgentNode extends TreeNode {
  constructor(
    readonly model: RepositoryModel,
    readonly status: AgentStatus,
    readonly parent: RepositoryNode | undefined,
  ) {
    super(`${parent === undefined ? '' : `${parent.id}:`}agent:${status.agent}`);
  }

  override item(): vscode.TreeItem {
    const { agent, connections, notes } = this.status;
    const connected = connections.length > 0;
    const item = new vscode.TreeItem(
      agentName(agent),
      connections.length + notes.length === 0 ? None : Collapsed,
    );
    const worst = this.worst();
    const details = [
      ...(worst === undefined ? [] : [noteTitle(worst.kind)]),
      connectionWords(this.status),
      ...this.heard(relativeTime),
    ];
    item.description = details.join(' · ');
    item.iconPath =
      worst === undefined
        ? new vscode.ThemeIcon(
            agentIconName(agent),
            connected ? new vscode.ThemeColor('charts.green') : undefined,
          )
        : new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
    item.contextValue = contextValue(connected ? 'agent.connected' : 'agent.apart');
    item.accessibilityInformation = {
      label: vscode.l10n.t('Agent {0}, {1}', agentName(agent), details.join(', ')),
    };
    return item;
  }

  override tooltip(): vscode.MarkdownString {
    const { agent, program, notes } = this.status;
    return lines(agentName(agent), [
      [vscode.l10n.t('Hooks'), connectionWords(this.status)],
      [vscode.l10n.t('Last heard'), this.heard(exactTime)[0]],
      [vscode.l10n.t('Program'), program],
      ...notes.map((note): [string, string] => [noteTitle(note.kind), noteAdvice(note)]),
    ]);
  }

  override children(): TreeNode[] {
    const { notes, connections } = this.status;
    return [
      ...notes.map((note) => new AgentNoteNode(this, note)),
      ...connections.map((connection) => new ConnectionNode(this, connection)),
    ];
  }

  /** The first note that asks for something to be done. */
  private worst(): AgentNote | undefined {
    return this.status.notes.find(({ kind }) => !mild.has(kind));
  }

  private heard(time: (at: number) => string): string[] {
    const { connections, heardAt } = this.status;
    if (heardAt !== undefined) {
      return [vscode.l10n.t('last hook call {0}', time(heardAt))];
    }
    return connections.length === 0 ? [] : [vscode.l10n.t('no hook call yet')];
  }
}

/** Something to know or to do about an agent's connection. */
class AgentNoteNode extends TreeNode {
  constructor(
    readonly parent: AgentNode,
    private readonly note: AgentNote,
  ) {
    super(`${parent.id}:note:${note.kind}:${note.about ?? ''}`);
  }

  override item(): vscode.TreeItem {
    const { kind, about } = this.note;
    const item = new vscode.TreeItem(noteTitle(kind), None);
    item.description = about === undefined ? '' : inertLine(about, 120);
    item.iconPath = mild.has(kind)
      ? new vscode.ThemeIcon('info')
      : new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
    item.contextValue = contextValue('agentNote');
    item.accessibilityInformation = { label: `${noteTitle(kind)}. ${noteAdvice(this.note)}` };
    return item;
  }

  override tooltip(): vscode.MarkdownString {
    return new vscode.MarkdownString(escapeMarkdown(noteAdvice(this.note)));
  }
}

/** A file with which an agent is connected; a click opens it. */
class ConnectionNode extends TreeNode {
  constructor(
    readonly parent: AgentNode,
    private readonly connection: Connection,
  ) {
    super(`${parent.id}:file:${connection.file}`);
  }

  override item(): vscode.TreeItem {
    const { file, level, worktree, state } = this.connection;
    const item = new vscode.TreeItem(fileWord(file, this.parent.model.root, homedir()), None);
    const details = [
      level === 'user' ? levelWord(level) : vscode.l10n.t('worktree {0}', inertLine(worktree ?? '', 60)),
      ...(state === 'connected' ? [] : [noteTitle(state === 'partial' ? 'partial' : 'config_unreadable')]),
    ];
    item.description = details.join(' · ');
    item.iconPath = new vscode.ThemeIcon(state === 'connected' ? 'plug' : 'warning');
    item.contextValue = contextValue('agentFile');
    item.command = {
      command: 'vscode.open',
      title: vscode.l10n.t('Open'),
      arguments: [vscode.Uri.file(file)],
    };
    item.accessibilityInformation = {
      label: vscode.l10n.t('Configuration {0}, {1}', inertLine(file, 200), details.join(', ')),
    };
    return item;
  }
}
