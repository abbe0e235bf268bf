import { agentOf } from '../agents/registry';
import type { AgentNote, NoteKind } from './connectionModel';

interface NoteWords {
  /** What there is to know, after the agent's name. */
  readonly what: (about: string) => string;
  /** What a person does next; empty where there is nothing to do. */
  readonly next: (agent: string, about: string) => string;
}

const notes: Readonly<Record<NoteKind, NoteWords>> = {
  wants_folder_trust: {
    what: (about) =>
      `runs a project's hooks only in a folder that it trusts, and has not recorded that it trusts ${about}`,
    next: (agent) => agentOf(agent)?.trust.folder?.next ?? '',
  },
  wants_hash_approval: {
    what: (about) =>
      `runs a hook only once its exact text was approved, and skips those of ${about} silently until then`,
    next: (agent) => agentOf(agent)?.trust.approval?.next ?? '',
  },
  wrong_level: {
    what: (about) =>
      about === ''
        ? "does not load a project's hooks when it is started in a subfolder"
        : `was started in the subfolder ${about} and has not loaded the project's hooks`,
    next: (agent) =>
      `Start it at the top of the worktree, or connect it for all of your repositories: belay connect ${agent} --user`,
  },
  double: {
    what: () =>
      'is connected both in this repository and for all of your repositories: each of its events is told twice, and takes twice the time',
    next: (agent) => `Keep one of them: belay disconnect ${agent} --project`,
  },
  partial: {
    what: (about) => `is connected in part, or was changed by hand: ${about}`,
    next: (agent) => `Add what is missing: belay connect ${agent}   To start over, disconnect it first.`,
  },
  lacks_events: {
    what: (about) => `was connected by an earlier Belay and does not tell of ${about}`,
    next: (agent) =>
      `Connect it again; its present entries are left unchanged and need no new approval: belay connect ${agent}`,
  },
  worktree_missing: {
    what: (about) => `is connected in other worktrees, and not in ${about}`,
    next: (agent) => `belay connect ${agent}`,
  },
  never_heard: {
    what: () => 'is connected, and was never heard of in this repository',
    next: () => 'It shows here once it has worked in this repository.',
  },
  heard_unknown: {
    what: () => 'is connected; whether it was heard in this repository cannot be read',
    next: () => 'belay doctor',
  },
  not_firing: {
    what: (about) => `works in this repository as ${about}, and none of its hooks was heard since it started`,
    next: (agent) =>
      `Restart it: hooks are loaded when it starts. What else it may want, this shows: belay connect ${agent} --dry-run`,
  },
  hooks_off: {
    what: (about) => `has its hooks switched off in ${about}`,
    next: () => 'Switch them on there if you want them.',
  },
  launcher_missing: {
    what: (about) => `is connected, but the program that its hooks call is gone or leads nowhere: ${about}`,
    next: (agent) => `belay connect ${agent}`,
  },
  not_verified: {
    what: () => 'is connected as its documentation says; it was not tried with the real program',
    next: () => '',
  },
  config_unreadable: {
    what: (about) => `has a configuration that could not be understood: ${about}`,
    next: () => 'Correct it, then connect it again.',
  },
};

/** A note as a person reads it: what it is, and what to do. */
export function noteWords({ agent, kind, about = '' }: AgentNote): {
  readonly what: string;
  readonly next: string;
} {
  const words = notes[kind];
  return { what: `${agent} ${words.what(about)}.`, next: words.next(agent, about) };
}
