import { english, type Localizer } from '../localizer';
import { agentOf } from '../agents/registry';
import type { AgentNote, NoteKind } from './connectionModel';

/** A note as a person reads it. */
interface NoteText {
  /** What it is, in a few words. */
  readonly title: string;
  /** What there is to know, in a sentence. */
  readonly what: string;
  /** What to do next, on the command line and in the window; empty where there is nothing to do. */
  readonly next: { readonly cli: string; readonly editor: string };
}

/** Who and what a note is about: the agent's name for a person, its name on the command line. */
interface About {
  readonly name: string;
  readonly agent: string;
  readonly about: string;
}

const notes: Readonly<Record<NoteKind, (l10n: Localizer, about: About) => NoteText>> = {
  wants_folder_trust: (l10n, { name, agent, about }) => ({
    title: l10n.t('Needs you to trust the folder'),
    what: l10n.t(
      "{0} runs a project's hooks only in a folder that it trusts, and has not recorded that it trusts {1}.",
      name,
      about,
    ),
    next: {
      cli: agentOf(agent)?.trust.folder?.next ?? '',
      editor: l10n.t('Start it here once and confirm.'),
    },
  }),
  wants_hash_approval: (l10n, { name, agent, about }) => ({
    title: l10n.t('Needs you to approve its hooks'),
    what: l10n.t(
      '{0} runs a hook only after you approve its exact text, and skips those of {1} until then.',
      name,
      about,
    ),
    next: {
      cli: agentOf(agent)?.trust.approval?.next ?? '',
      editor: l10n.t("Start it here, enter /hooks, and approve Belay's."),
    },
  }),
  wrong_level: (l10n, { name, agent, about }) => ({
    title: l10n.t('Not active when started in a subfolder'),
    what:
      about === ''
        ? l10n.t("{0} does not load a project's hooks when it is started in a subfolder.", name)
        : l10n.t("{0} was started in the subfolder {1} and did not load the project's hooks.", name, about),
    next: {
      cli: `Start it at the top of the worktree, or connect it for all of your repositories: belay connect ${agent} --user`,
      editor: l10n.t('To include subfolders, connect it for all of your repositories.'),
    },
  }),
  double: (l10n, { name, agent }) => ({
    title: l10n.t('Connected twice'),
    what: l10n.t(
      '{0} is connected both in this repository and for all of your repositories: nothing is counted twice, but each hook runs twice and costs time.',
      name,
    ),
    next: {
      cli: `Keep one of them: belay disconnect ${agent} --project`,
      editor: l10n.t('Disconnect one of them.'),
    },
  }),
  partial: (l10n, { name, agent, about }) => ({
    title: l10n.t('Some entries are missing or changed'),
    what: l10n.t('{0} is partly connected, or its entries were changed by hand: {1}.', name, about),
    next: {
      cli: `Add what is missing: belay connect ${agent}   To start over, disconnect it first.`,
      editor: l10n.t('Connect it again to complete its hooks; your own entries are kept.'),
    },
  }),
  lacks_events: (l10n, { name, agent, about }) => ({
    title: l10n.t('Some events are not reported: connect again'),
    what: l10n.t('{0} was connected by an earlier version of Belay and does not report {1}.', name, about),
    next: {
      cli: `Connect it again; existing entries are kept and need no new approval: belay connect ${agent}`,
      editor: l10n.t('Connect it again to add that; existing entries are kept.'),
    },
  }),
  worktree_missing: (l10n, { name, agent, about }) => ({
    title: l10n.t('Not connected in every worktree'),
    what: l10n.t('{0} is connected in other worktrees, but not in {1}.', name, about),
    next: {
      cli: `belay connect ${agent}`,
      editor: l10n.t('Connect it again to include the worktrees added since.'),
    },
  }),
  never_heard: (l10n, { name }) => ({
    title: l10n.t('No hook call yet'),
    what: l10n.t('{0} is connected, but no hook call from this repository is on record yet.', name),
    next: {
      cli: 'If it is already running here, restart it: it reads its hooks when it starts.',
      editor: l10n.t('If it is already running here, restart it: it reads its hooks when it starts.'),
    },
  }),
  heard_unknown: (l10n, { name }) => ({
    title: l10n.t('Its last hook call cannot be read'),
    what: l10n.t(
      '{0} is connected, but the record of its last hook call in this repository cannot be read.',
      name,
    ),
    next: { cli: 'belay doctor', editor: l10n.t('Run the health check to see what is wrong.') },
  }),
  not_firing: (l10n, { name, agent, about }) => ({
    title: l10n.t('Running here, but its hooks do not fire'),
    what: l10n.t(
      '{0} is running in this repository as {1}, but no hook call of it is on record since it started. Its changes are saved only by your own checkpoints.',
      name,
      about,
    ),
    next: {
      cli: `Restart it: hooks are loaded when it starts. What else it may need, this shows: belay connect ${agent} --dry-run`,
      editor: l10n.t('Restart it, and see what it says about hooks.'),
    },
  }),
  hooks_off: (l10n, { name, about }) => ({
    title: l10n.t('Hooks disabled in its own settings'),
    what: l10n.t('All hooks are switched off in the settings of {0}: {1}.', name, about),
    next: {
      cli: 'Remove it so that its changes are saved.',
      editor: l10n.t('Remove it so that its changes are saved.'),
    },
  }),
  launcher_missing: (l10n, { name, agent, about }) => ({
    title: l10n.t('The program that its hooks call is missing'),
    what: l10n.t('{0} is connected, but its hooks cannot find Belay and do nothing: {1}.', name, about),
    next: { cli: `belay connect ${agent}`, editor: l10n.t('Connect it again to fix that.') },
  }),
  not_verified: (l10n, { name }) => ({
    title: l10n.t('Not tested with the real program'),
    what: l10n.t(
      '{0} is connected as its documentation says; this was not tested with the real program.',
      name,
    ),
    next: { cli: '', editor: l10n.t('After its first change, this view should show a hook call.') },
  }),
  config_unreadable: (l10n, { name, about }) => ({
    title: l10n.t('Its configuration could not be read'),
    what: l10n.t('{0} has a configuration that could not be read and was not changed: {1}.', name, about),
    next: { cli: 'Correct it, then connect it again.', editor: l10n.t('Correct it, then connect it again.') },
  }),
};

/** A note in the words of `l10n`, in which the agent has this name. */
export function noteText(l10n: Localizer, { agent, kind, about = '' }: AgentNote, name: string): NoteText {
  return notes[kind](l10n, { name, agent, about });
}

/** A note as the command line says it: what it is, and what to do. */
export function noteWords(note: AgentNote): { readonly what: string; readonly next: string } {
  const { what, next } = noteText(english, note, note.agent);
  return { what, next: next.cli };
}
