import path from 'node:path';
import * as vscode from 'vscode';
import type { AgentNote, AgentStatus, Level, NoteKind, Obstacle } from '../../../connect/connectionModel';
import { agentName, agentNames } from '../../platform/agentLook';
import { inert, inertLine } from '../../platform/text/inert';

/** Where an agent is connected, for a row. */
export function levelWord(level: Level): string {
  return level === 'user'
    ? vscode.l10n.t('in every repository of yours')
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
      return vscode.l10n.t('Waits for trust in the folder');
    case 'wants_hash_approval':
      return vscode.l10n.t('Waits for approval of its hooks');
    case 'wrong_level':
      return vscode.l10n.t('Not covered when started in a subfolder');
    case 'double':
      return vscode.l10n.t('Connected twice');
    case 'partial':
      return vscode.l10n.t('Some entries are missing or changed');
    case 'lacks_events':
      return vscode.l10n.t('Some events are not told: connect again');
    case 'worktree_missing':
      return vscode.l10n.t('Not connected in every worktree');
    case 'never_heard':
      return vscode.l10n.t('Not heard of yet');
    case 'heard_unknown':
      return vscode.l10n.t('Whether it was heard cannot be read');
    case 'not_firing':
      return vscode.l10n.t('Works here, but its hooks do not fire');
    case 'hooks_off':
      return vscode.l10n.t('Its own settings switch hooks off');
    case 'launcher_missing':
      return vscode.l10n.t('The program that its hooks call is gone');
    case 'not_verified':
      return vscode.l10n.t('Not tried with the real program');
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
        '{0} runs the hooks of a project only in a folder that you have told it to trust. Start it here once and say yes.',
        name,
      );
    case 'wants_hash_approval':
      return vscode.l10n.t(
        '{0} runs a hook only once you have approved its exact text. Start it here, enter /hooks, and approve those of Belay.',
        name,
      );
    case 'wrong_level':
      return vscode.l10n.t(
        '{0} loads the hooks of a project only when it is started at its top. Connect it for every repository of yours to be covered in subfolders, too.',
        name,
      );
    case 'double':
      return vscode.l10n.t(
        '{0} is connected both here and in every repository of yours. Nothing is counted twice, but each hook costs time: disconnect one of the two.',
        name,
      );
    case 'partial':
      return vscode.l10n.t('Connect {0} again to complete its hooks; what you wrote yourself stays.', name);
    case 'lacks_events':
      return vscode.l10n.t(
        '{0} was connected by an earlier Belay and does not tell of {1}. Connect it again to add that; what is there stays as it is.',
        name,
        inertLine(about ?? '', 200),
      );
    case 'worktree_missing':
      return vscode.l10n.t('Connect {0} again to cover the worktrees that were added since.', name);
    case 'never_heard':
      return vscode.l10n.t(
        'No hook of {0} has come from this repository yet. If it works here already, start it anew: it reads its hooks at the start.',
        name,
      );
    case 'heard_unknown':
      return vscode.l10n.t(
        'What says when {0} was last heard in this repository cannot be read. The doctor names what is wrong.',
        name,
      );
    case 'not_firing':
      return vscode.l10n.t(
        '{0} runs in this repository, and none of its hooks was heard since it started. What it changes is seen only at your own checkpoints. Start it anew, and look at what it says about hooks.',
        name,
      );
    case 'hooks_off':
      return vscode.l10n.t(
        'A setting of {0} keeps all hooks from running. Take it out for its work to be covered.',
        name,
      );
    case 'launcher_missing':
      return vscode.l10n.t(
        'The hooks of {0} find no Belay, and do nothing. Connect it again to put that right.',
        name,
      );
    case 'not_verified':
      return vscode.l10n.t(
        'The connection of {0} follows its documentation. Look here after its first change: it should have been heard of.',
        name,
      );
    case 'config_unreadable':
      return vscode.l10n.t('Belay left the file alone. Mend it, then connect {0} again.', name);
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
      : [vscode.l10n.t('Runs the hooks once you have told it to trust this folder: {0}.', trust)]),
    ...(approval === undefined
      ? []
      : [vscode.l10n.t('Runs them once you have approved them with /hooks: {0}.', approval)]),
    ...(off === undefined ? [] : [vscode.l10n.t('Has hooks switched off in its own settings: {0}.', off)]),
  ];
}

/** Why a file was left alone. */
export function obstacleWords({ agent, file, reason, detail }: Obstacle): string {
  const place = inertLine(file, 200);
  const why = inertLine(detail, 200);
  switch (reason) {
    case 'config_unreadable':
      return vscode.l10n.t(
        '{0}: {1} could not be read and was left alone ({2}).',
        agentName(agent),
        place,
        why,
      );
    case 'config_unexpected':
      return vscode.l10n.t(
        '{0}: {1} has a shape that Belay does not know and was left alone ({2}).',
        agentName(agent),
        place,
        why,
      );
    case 'config_link':
      return vscode.l10n.t(
        '{0}: {1} leads through a symbolic link and was left alone ({2}).',
        agentName(agent),
        place,
        why,
      );
    case 'config_read_only':
      return vscode.l10n.t('{0}: {1} is not to be written ({2}).', agentName(agent), place, why);
    case 'config_not_ours':
      return vscode.l10n.t(
        '{0}: {1} is a file of your own and was left alone ({2}).',
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
