import path from 'node:path';

/** The one program that every agent's hooks call: in the person's home, so that it is the same for each release and folder. */
export function hookProgram(home: string): string {
  return path.join(home, '.belay', 'hook');
}

/**
 * The shell command that an agent's configuration names. It stays the same from release to release, because codex trusts a
 * hook by the hash of its text, and it cannot fail, because copilot and gemini stop their user at a hook that does: where
 * Belay is gone there is no such file, and it does nothing. Simple enough for sh, bash, zsh and fish alike. The home is named by
 * a tilde, whose value no shell splits or reads again; gemini puts in variables by itself, quotes and all.
 */
export function hookCommand(agent: string, event?: string): string {
  const program = '~/.belay/hook';
  const call = [program, agent, ...(event === undefined ? [] : [event])].join(' ');
  return `[ -x ${program} ] && ${call} || true`;
}
