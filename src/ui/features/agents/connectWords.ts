import path from 'node:path';
import * as vscode from 'vscode';
import type { AgentNote, AgentStatus, Level, NoteKind, Obstacle } from '../../../connect/model';
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
  switch (kind) {
    case 'wants_folder_trust':
      return vscode.l10n.t('Needs you to trust the folder');
    case 'wants_hash_approval':
      return vscode.l10n.t('Needs you to approve its hooks');
    case 'wrong_level':
      return vscode.l10n.t('Not active when started in a subfolder');
    case 'double':
      return vscode.l10n.t('Connected twice');
    case 'partial':
      return vscode.l10n.t('Some entries are missing or changed');
    case 'lacks_events':
      return vscode.l10n.t('Some events are not reported: connect again');
    case 'worktree_missing':
      return vscode.l10n.t('Not connected in every worktree');
    case 'never_heard':
      return vscode.l10n.t('No activity yet');
    case 'heard_unknown':
      return vscode.l10n.t('Its last activity cannot be read');
    case 'not_firing':
      return vscode.l10n.t('Running here, but its hooks do not fire');
    case 'hooks_off':
      return vscode.l10n.t('Hooks disabled in its own settings');
    case 'launcher_missing':
      return vscode.l10n.t('The program that its hooks call is missing');
    case 'not_verified':
      return vscode.l10n.t('Not tested with the real program');
    case 'config_unreadable':
      return vscode.l10n.t('Its configuration could not be read');
  }
}

/** The same with what to do about it, in a sentence or two. */
export function noteAdvice({ agent, kind, about }: AgentNote): string {
  const name = agentName(agent);
  switch (kind) {
    case 'wants_folder_trust':
      return vscode.l10n.t(
        "{0} runs a project's hooks only in a folder that you trust. Start it here once and confirm.",
        name,
      );
    case 'wants_hash_approval':
      return vscode.l10n.t(
        "{0} runs a hook only after you approve its exact text. Start it here, enter /hooks, and approve Belay's.",
        name,
      );
    case 'wrong_level':
      return vscode.l10n.t(
        "{0} loads a project's hooks only when it is started in the top folder. To include subfolders, connect it for all of your repositories.",
        name,
      );
    case 'double':
      return vscode.l10n.t(
        '{0} is connected both here and for all of your repositories. Nothing is counted twice, but each hook costs time: disconnect one of them.',
        name,
      );
    case 'partial':
      return vscode.l10n.t('Connect {0} again to complete its hooks; your own entries are kept.', name);
    case 'lacks_events':
      return vscode.l10n.t(
        '{0} was connected by an earlier version of Belay and does not report {1}. Connect it again to add that; existing entries are kept.',
        name,
        inertLine(about ?? '', 200),
      );
    case 'worktree_missing':
      return vscode.l10n.t('Connect {0} again to include the worktrees added since.', name);
    case 'never_heard':
      return vscode.l10n.t(
        'No hook of {0} has run in this repository yet. If it is already running here, restart it: it reads its hooks when it starts.',
        name,
      );
    case 'heard_unknown':
      return vscode.l10n.t(
        "The record of {0}'s last activity in this repository cannot be read. Run the health check to see what is wrong.",
        name,
      );
    case 'not_firing':
      return vscode.l10n.t(
        '{0} is running in this repository, but none of its hooks has fired since it started. Its changes are saved only by your own checkpoints. Restart it, and see what it says about hooks.',
        name,
      );
    case 'hooks_off':
      return vscode.l10n.t(
        'A {0} setting disables all hooks. Remove it so that its changes are saved.',
        name,
      );
    case 'launcher_missing':
      return vscode.l10n.t(
        'The hooks of {0} cannot find Belay and do nothing. Connect it again to fix that.',
        name,
      );
    case 'not_verified':
      return vscode.l10n.t(
        'The connection of {0} follows its documentation. After its first change, this view should show its activity.',
        name,
      );
    case 'config_unreadable':
      return vscode.l10n.t('Belay did not change the file. Fix it, then connect {0} again.', name);
  }
}

/** What agents still want before they run their hooks, a sentence for each thing. */
export function wantsWords(notes: readonly AgentNote[]): string[] {
  const of = (kind: NoteKind): string | undefined => {
    const agents = new Set(notes.flatMap((note) => (note.kind === kind ? [note.agent] : [])));
    return agents.size === 0 ? undefined : agentNames([...agents]);
  };
  const [trust, approval, off] = [of('wants_folder_trust'), of('wants_hash_approval'), of('hooks_off')];
  return [
    ...(trust === undefined
      ? []
      : [vscode.l10n.t('Trust this folder in the agent to activate its hooks: {0}.', trust)]),
    ...(approval === undefined
      ? []
      : [vscode.l10n.t('Approve its hooks with /hooks to activate them: {0}.', approval)]),
    ...(off === undefined ? [] : [vscode.l10n.t('Hooks disabled in its own settings: {0}.', off)]),
  ];
}

/** Why a file was left alone. */
export function obstacleWords({ agent, file, reason, detail }: Obstacle): string {
  const place = inertLine(file, 200);
  const why = inertLine(detail, 200);
  switch (reason) {
    case 'config_unreadable':
      return vscode.l10n.t(
        '{0}: {1} could not be read and was not changed ({2}).',
        agentName(agent),
        place,
        why,
      );
    case 'config_unexpected':
      return vscode.l10n.t(
        '{0}: {1} has an unknown structure and was not changed ({2}).',
        agentName(agent),
        place,
        why,
      );
    case 'config_link':
      return vscode.l10n.t(
        '{0}: {1} is behind a symbolic link and was not changed ({2}).',
        agentName(agent),
        place,
        why,
      );
    case 'config_read_only':
      return vscode.l10n.t('{0}: {1} is read-only ({2}).', agentName(agent), place, why);
    case 'config_not_ours':
      return vscode.l10n.t(
        '{0}: {1} is your own file and was not changed ({2}).',
        agentName(agent),
        place,
        why,
      );
  }
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
