import type { Decision } from '../decisions/decision';
import { oneLine } from '../git/commit';
import type { AgentEvent, Outcome } from './event';

/** What an agent hears while a person's answer is due. */
export function holdWords({ id, worktree, why, vanished }: Decision): string {
  const again =
    vanished === undefined
      ? []
      : ['This question vanished from the repository without an answer, and is put to the person again.'];
  return [
    `Belay holds this worktree (${worktree}) until a person has decided about a reset (decision ${id}): ${oneLine(why)}`,
    ...again,
    'Nothing is broken, and repeating the call or working around it will not help.',
    'Stop here, tell the person that the question waits in VS Code (Belay sidebar, "Needs you"), and go on once they have answered.',
  ].join(' ');
}

/** What an agent hears that would reach for what a person's question is kept in. */
export function recordsWords({ id, worktree }: Decision): string {
  return [
    `Belay keeps a question to a person about the worktree ${worktree} (decision ${id}) in refs/belay and below the git dir; while it waits, agents do not write or remove anything there, nor name refs/belay to git.`,
    'Nothing is broken, and working around it will not help: what vanishes is put to the person again.',
    'Go on without it, or tell the person, who answers in VS Code (Belay sidebar, "Needs you").',
  ].join(' ');
}

/** What an agent hears that must not work for its session any more. */
export function fenceWords(because: 'replaced' | 'ended', session: string): string {
  const why =
    because === 'ended'
      ? `A person has ended the session ${session}.`
      : `Another process works for the session ${session} now; what this one still changed would collide with it.`;
  return `Belay: ${why} Stop working here. Tell the person, who can start the session again if they want it to go on.`;
}

/** What an agent hears of a command that the repository's settings keep for a person. */
export function protectWords(verb: string, kind: 'ask' | 'refuse'): string {
  const what = `Belay: \`git ${verb}\` in this form can drop work, and this repository's setting belay.protect.${verb} `;
  return kind === 'ask'
    ? `${what}asks a person first. Where you cannot ask, tell the person what you wanted to run and why.`
    : `${what}keeps it from agents. Find a way without it, or tell the person what you wanted to run and why.`;
}

/** What an agent hears of a call that would remove the repository itself. */
export function folderWords(kind: 'ask' | 'refuse'): string {
  const what =
    'Belay: this would remove or move away the .git folder, and with it every commit, branch and checkpoint; the setting belay.protect.gitFolder ';
  return kind === 'ask'
    ? `${what}asks a person first. Where you cannot ask, tell the person what you wanted to run and why.`
    : `${what}keeps it from agents. Find a way without it, or tell the person what you wanted to run and why.`;
}

const endings: Readonly<Record<Outcome, string>> = {
  ok: '',
  failed: ' (failed)',
  interrupted: ' (interrupted)',
};

/** The tool that a checkpoint is recorded for, by its name. */
export function toolOf(event: AgentEvent): string | undefined {
  return 'tool' in event ? event.tool.name : event.kind === 'prompted' ? 'prompt' : undefined;
}

/** How a checkpoint is labelled: never with anything that an agent, a person or a tool said. */
export function label(event: AgentEvent, how: 'named' | 'compared'): string {
  switch (event.kind) {
    case 'before_tool':
      return `Before ${event.tool.name}`;
    case 'after_tool': {
      const seen = how === 'compared' ? ': what had changed since, inferred by comparing' : '';
      return `${event.tool.name}${endings[event.outcome]}${seen}`;
    }
    case 'turn_ended':
      return `Turn ended${endings[event.outcome]}`;
    case 'prompted':
      return 'Changed by nobody that Belay saw, before a prompt was sent';
    case 'subagent_started':
      return 'Sub-agent started';
    case 'subagent_ended':
      return 'Sub-agent ended';
    case 'session_started':
    case 'session_resumed':
      return 'Session started';
    case 'session_ended':
      return 'Session ended';
  }
}
