import path from 'node:path';
import * as vscode from 'vscode';
import type { AgentNote, AgentStatus, Level, NoteKind, Obstacle } from '../../../connect/connectionModel';
import { noteText } from '../../../connect/connectionWords';
import { agentName, agentNames } from '../../platform/agentLook';
import { inert, inertLine } from '../../platform/text/inert';

/** Where an agent is connected, for a row. */
export function levelWord(level: Level): string {
  return level === 'user'
    ? vscode.l10n.t('in all of your repositories')
    : vscode.l10n.t('in this repository');
}

/** How an agent is connected, in few words. */
export function connectionWords({ connections, program, used }: AgentStatus): string {
  if (connections.length === 0) {
    return program === undefined && !used ? vscode.l10n.t('not found here') : vscode.l10n.t('not connected');
  }
  const levels = [...new Set(connections.map(({ level }) => level))].sort();
  return vscode.l10n.t('connected {0}', levels.map(levelWord).join(', '));
}

/** What a person should know or do, as the title of a row. */
export function noteTitle(kind: NoteKind): string {
  return noteText(vscode.l10n, { agent: '', kind, about: undefined }, '').title;
}

/** What there is to know, and what to do about it. Inert. */
export function noteAdvice(note: AgentNote): string {
  const { what, next } = noteText(vscode.l10n, note, agentName(note.agent));
  return inert(`${what} ${next.editor}`);
}

/** What agents still want before they run their hooks, a sentence for each thing. */
export function wantsWords(notes: readonly AgentNote[]): string[] {
  const those = (kind: NoteKind, words: (agents: string) => string): string[] => {
    const agents = new Set(notes.flatMap((note) => (note.kind === kind ? [note.agent] : [])));
    return agents.size === 0 ? [] : [words(agentNames([...agents]))];
  };
  return [
    ...those('wants_folder_trust', (agents) =>
      vscode.l10n.t('Trust this folder in the agent to activate its hooks: {0}.', agents),
    ),
    ...those('wants_hash_approval', (agents) =>
      vscode.l10n.t('Approve its hooks with /hooks to activate them: {0}.', agents),
    ),
    ...those('hooks_off', (agents) => vscode.l10n.t('Hooks disabled in its own settings: {0}.', agents)),
  ];
}

/** Why a file was left alone. */
export function obstacleWords({ agent, file, reason, detail }: Obstacle): string {
  const about = [agentName(agent), inertLine(file, 200), inertLine(detail, 200)];
  return {
    config_unreadable: vscode.l10n.t('{0}: {1} could not be read and was not changed ({2}).', ...about),
    config_unexpected: vscode.l10n.t(
      '{0}: {1} has an unknown structure and was not changed ({2}).',
      ...about,
    ),
    config_link: vscode.l10n.t('{0}: {1} is behind a symbolic link and was not changed ({2}).', ...about),
    config_read_only: vscode.l10n.t('{0}: {1} is read-only ({2}).', ...about),
    config_not_ours: vscode.l10n.t('{0}: {1} is your own file and was not changed ({2}).', ...about),
  }[reason];
}

/** A file of an agent's configuration, short enough for a row. */
export function fileWord(file: string, root: string, home: string): string {
  const within = (folder: string): string | undefined => {
    const relative = path.relative(folder, file);
    return relative.startsWith('..') || path.isAbsolute(relative) ? undefined : relative;
  };
  const below = within(home);
  return inert(within(root) ?? (below === undefined ? file : path.join('~', below)));
}
