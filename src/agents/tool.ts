import * as v from 'valibot';
import type { Reach, ToolUse } from './event';
import { isPatch, patchPaths } from './patch';

/** The names of an agent's own tools, by what they may do. Any other tool may do anything. */
export type ToolNames = Readonly<Record<Exclude<Reach, 'other'>, readonly string[]>>;

/** Under which of these an argument names a file. */
const pathKeys = ['file_path', 'filePath', 'path', 'notebook_path', 'absolute_path', 'target_file', 'file'];
/** Under which of these an argument is what a shell runs. */
const commandKeys = ['command', 'commands', 'cmd', 'script'];
/** Under which of these an argument is the text of a patch. */
const patchKeys = ['command', 'patchText', 'input', 'patch', 'diff'];

/** More paths than this in one call, and the whole worktree is looked at. */
const pathLimit = 500;

const fields = v.record(v.string(), v.unknown());

/**
 * A tool call by its name and arguments, whose shape differs by model family: an object, the same as JSON in a string, or a
 * string that is a patch.
 */
export function toolUse(names: ToolNames, name: string, input: unknown): ToolUse {
  const given = v.safeParse(fields, typeof input === 'string' ? parsed(input) : input);
  const of = given.success ? given.output : {};
  const patch = [input, ...patchKeys.map((key) => of[key])].find(
    (value): value is string => typeof value === 'string' && isPatch(value),
  );
  const known = reachOf(names, name);
  if (patch !== undefined) {
    return { name: shortName(name), reach: 'edit', paths: bounded(patchPaths(patch)), commands: [] };
  }
  const commands = known === 'read' || known === 'edit' ? [] : commandKeys.flatMap((key) => texts(of[key]));
  const reach = known === 'other' && commands.length > 0 ? 'shell' : known;
  const paths = reach === 'edit' ? bounded(pathKeys.flatMap((key) => texts(of[key]))) : [];
  return { name: shortName(name), reach, paths, commands };
}

function reachOf(names: ToolNames, name: string): Reach {
  if (names.shell.includes(name)) {
    return 'shell';
  }
  if (names.edit.includes(name)) {
    return 'edit';
  }
  return names.read.includes(name) ? 'read' : 'other';
}

/** The name as it is stored. One that does not look like a name might be anything. */
function shortName(name: string): string {
  return /^[\w.:@/-]{1,80}$/.test(name) ? name : 'tool';
}

/** Paths that may be taken over. No paths stand for "it is not known which". */
export function bounded(paths: readonly string[]): string[] {
  const usable = paths.filter((name) => name !== '' && name.length <= 4_096 && !name.includes('\0'));
  return usable.length === paths.length && paths.length <= pathLimit ? [...new Set(usable)] : [];
}

/** A text, a list of texts, or such a list as JSON in a text; a program with its arguments is one text. */
function texts(value: unknown): string[] {
  const list = typeof value === 'string' && value.startsWith('[') ? (parsed(value) ?? value) : value;
  if (typeof list === 'string') {
    return [list];
  }
  return Array.isArray(list) && list.every((entry) => typeof entry === 'string')
    ? [...new Set([...list, list.join(' ')])]
    : [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) {
      return undefined;
    }
    throw thrown;
  }
}
