import * as v from 'valibot';
import type { Reach, ToolUse } from './event';

/** The names of an agent's own tools, by what they may do. Any other tool may do anything. */
export interface ToolNames {
  readonly shell: readonly string[];
  readonly edit: readonly string[];
  readonly read: readonly string[];
  /** Edits that may change more than the file that they name: a notebook's cells write files. */
  readonly more?: readonly string[];
}

/** Under which of these an argument names a file. */
const pathKeys = [
  ...['file_path', 'filePath', 'path', 'notebook_path', 'absolute_path', 'target_file', 'file'],
  ...['dirPath', 'files'],
];
/** Under which of these an argument is what a shell runs. */
const commandKeys = ['command', 'commands', 'cmd', 'script'];
/** Under which of these an argument is the text of a patch. */
const patchKeys = ['command', 'patchText', 'input', 'patch', 'diff'];

/** Under which of these an argument of a call that may change anything names a place. */
const placeKeys = /path|dir|folder|cwd|root|repo|file|source|destination|target|worktree|uri/i;
/** So many such arguments are looked at, and so long ones, in characters. */
const placeLimits = { count: 50, length: 4_096 };

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
    return {
      name: shortName(name),
      reach: 'edit',
      paths: bounded(patchPaths(patch)),
      commands: [],
      places: [],
    };
  }
  const commands = known === 'read' || known === 'edit' ? [] : commandKeys.flatMap((key) => texts(of[key]));
  const reach = known === 'other' && commands.length > 0 ? 'shell' : known;
  const namesFile = reach === 'edit' || names.more?.includes(name) === true;
  const paths = namesFile ? pathsNamed(of) : [];
  const leads = reach !== 'read' && (reach !== 'edit' || paths.length === 0);
  const places = leads ? placesNamed(of) : [];
  return { name: shortName(name), reach, paths, commands, places };
}

/** The files that an edit names, itself or in each part of a list. None where some parts name one and others do not. */
function pathsNamed(given: Readonly<Record<string, unknown>>): string[] {
  const parts = Object.values(given)
    .flatMap((value) => (Array.isArray(value) ? Array.from<unknown>(value) : []))
    .flatMap((part) => {
      const found = v.safeParse(fields, part);
      return found.success ? [pathKeys.flatMap((key) => list(found.output[key]))] : [];
    });
  const named = parts.filter((names) => names.length > 0);
  return named.length === 0 || named.length === parts.length
    ? bounded([...pathKeys.flatMap((key) => list(given[key])), ...named.flat()])
    : [];
}

function placesNamed(given: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(given)
    .flatMap(([key, value]) => (placeKeys.test(key) ? texts(value) : []))
    .filter((text) => text.length <= placeLimits.length && !text.includes('\0'))
    .slice(0, placeLimits.count);
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

/** What is to be run: a program with its arguments is one text, too. */
function texts(value: unknown): string[] {
  const found = list(value);
  return found.length < 2 ? found : [...new Set([...found, found.join(' ')])];
}

/** A text, a list of texts, or such a list as JSON in a text. */
function list(value: unknown): string[] {
  const given = typeof value === 'string' && value.startsWith('[') ? (parsed(value) ?? value) : value;
  if (typeof given === 'string') {
    return [given];
  }
  return Array.isArray(given) && given.every((entry) => typeof entry === 'string') ? given : [];
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

/** The paths in the text of an `apply_patch` call: those it adds, changes, deletes and moves to. */
function patchPaths(text: string): string[] {
  const lines = text.matchAll(/^\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+)$/gm);
  return Array.from(lines, ([, name = '']) => name.trim());
}

/** Whether a text is such a patch. */
function isPatch(text: string): boolean {
  return /^\s*\*\*\* Begin Patch/.test(text);
}
