import path from 'node:path';
import type { Operation, ToolCall, ToolShapes } from '../model/script';

/** Where a real agent runs: nothing of it is the person's who runs the tests. */
export interface Surroundings {
  /** The folder that it is started in. */
  readonly folder: string;
  /** Its home. */
  readonly home: string;
  /** Where its model listens. */
  readonly url: string;
  /** Its program, as it was installed. */
  readonly program: string;
  /** More of an installed package that it would else fetch by itself; undefined where there is none. */
  readonly beside: string | undefined;
}

export interface Prompt {
  readonly text: string;
  /** To go on with the latest session of that folder instead of a new one. */
  readonly goesOn: boolean;
}

/** How one kind of real agent is started without a screen, and which tools it has. What it tells Belay is no part of this. */
export interface AgentProgram {
  /** Its name, as Belay's adapter has it. */
  readonly name: string;
  /** What names a variant of it, such as a model family that gets other tools; the agent's name where there is one only. */
  readonly label: string;
  readonly tools: ToolShapes;
  /** Whether it can go on with a session without a screen. */
  readonly goesOn: boolean;
  /** Whether its hooks tell a sub-agent from the session that started it. */
  readonly tellsTasks: boolean;
  /** Whether a second process may go on with a session in which another one is at work. */
  readonly sharesSessions: boolean;
  /** What becomes of its run at a refused tool call: its model hears why, or the run ends there. */
  readonly refused: 'hears why' | 'ends';
  /** Writes what it needs in its home, but for hooks. */
  readonly prepare: (surroundings: Surroundings) => Promise<void>;
  readonly environment: (surroundings: Surroundings) => Readonly<Record<string, string>>;
  /** The program and its arguments. */
  readonly command: (surroundings: Surroundings, prompt: Prompt) => readonly string[];
}

/** A call of a tool that takes arguments. */
export function call(name: string, input: Readonly<Record<string, unknown>>): ToolCall {
  return { name, input };
}

export function absolute(folder: string, name: string): string {
  return path.join(folder, name);
}

/** An edit as the patch that some tools take instead of arguments. */
export function patchOf(
  operation: Extract<Operation, { readonly kind: 'write' | 'edit' }>,
  file: string,
): string {
  const body =
    operation.kind === 'write'
      ? [`*** Add File: ${file}`, ...linesOf(operation.content).map((line) => `+${line}`)]
      : [`*** Update File: ${file}`, '@@', `-${operation.old}`, `+${operation.new}`];
  return ['*** Begin Patch', ...body, '*** End Patch'].join('\n');
}

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}
