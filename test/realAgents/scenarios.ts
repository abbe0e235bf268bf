import type { Step } from './model/script';

/** A state of a file that was there once a tool call was over. */
export interface FileState {
  readonly path: string;
  readonly content: string;
  /** Whether a sub-agent made it. */
  readonly bySubagent: boolean;
  /** Whether a shell did, whose call names no files: whoever looks first in a shared worktree has seen it. */
  readonly byShell: boolean;
}

/** What an agent is to do, and what that leaves behind. */
export interface Scenario {
  readonly steps: readonly Step[];
  /** What its sub-agent does, under a script of this name. */
  readonly delegated?: { readonly script: string; readonly steps: readonly Step[] };
  readonly states: readonly FileState[];
}

/** Each of them with names of their own, so that many may run in one folder. */
export type ScenarioMaker = (name: string) => Scenario;

function state(path: string, content: string, by?: 'shell' | 'sub-agent'): FileState {
  return { path, content, bySubagent: by === 'sub-agent', byShell: by === 'shell' };
}

function edits(name: string): Scenario {
  const [first, second] = [`${name}-1.txt`, `${name}-2.txt`];
  return {
    steps: [
      [{ kind: 'write', path: first, content: `one ${name}\ntwo ${name}\n` }],
      [{ kind: 'edit', path: first, old: `two ${name}`, new: `TWO ${name}` }],
      [{ kind: 'write', path: second, content: `second ${name}\n` }],
    ],
    states: [
      state(first, `one ${name}\ntwo ${name}\n`),
      state(first, `one ${name}\nTWO ${name}\n`),
      state(second, `second ${name}\n`),
    ],
  };
}

function shell(name: string): Scenario {
  const [first, second] = [`${name}-1.txt`, `${name}-2.txt`];
  return {
    steps: [
      [{ kind: 'write', path: first, content: `written ${name}\n` }],
      [{ kind: 'shell', command: `echo by-shell-${name} > ${second}` }],
      [{ kind: 'shell', command: `echo again-${name} >> ${first}` }],
    ],
    states: [
      state(first, `written ${name}\n`),
      state(second, `by-shell-${name}\n`, 'shell'),
      state(first, `written ${name}\nagain-${name}\n`, 'shell'),
    ],
  };
}

function parallel(name: string): Scenario {
  const files = [1, 2, 3].map((number) => [`${name}-${number}.txt`, `parallel ${number} ${name}\n`] as const);
  return {
    steps: [files.map(([path, content]) => ({ kind: 'write', path, content }))],
    states: files.map(([path, content]) => state(path, content)),
  };
}

function parallelShells(name: string): Scenario {
  const files = [1, 2].map((number) => [`${name}-${number}.txt`, `shell-${number}-${name}`] as const);
  return {
    steps: [files.map(([path, text]) => ({ kind: 'shell', command: `sleep 0.3; echo ${text} > ${path}` }))],
    states: files.map(([path, text]) => state(path, `${text}\n`, 'shell')),
  };
}

/** An edit that cannot be made, a command that fails after it wrote something, and work that goes on. */
function failing(name: string): Scenario {
  const [first, second] = [`${name}-1.txt`, `${name}-2.txt`];
  return {
    steps: [
      [{ kind: 'edit', path: 'a.txt', old: `no such text ${name}`, new: 'x' }],
      [{ kind: 'shell', command: `echo half-${name} > ${first}; echo bad >&2; sleep 0.3; exit 3` }],
      [{ kind: 'write', path: second, content: `after a failure ${name}\n` }],
    ],
    states: [state(first, `half-${name}\n`, 'shell'), state(second, `after a failure ${name}\n`)],
  };
}

function serviceFails(name: string): Scenario {
  const file = `${name}-1.txt`;
  return {
    steps: [
      [{ kind: 'write', path: file, content: `before the error ${name}\n` }],
      [{ kind: 'shell', command: `echo more-${name} >> ${file}` }],
      { status: 400 },
    ],
    states: [
      state(file, `before the error ${name}\n`),
      state(file, `before the error ${name}\nmore-${name}\n`, 'shell'),
    ],
  };
}

function subagent(name: string): Scenario {
  const [own, child] = [`${name}-own.txt`, `${name}-child.txt`];
  const script = `${name}child`;
  return {
    steps: [
      [{ kind: 'delegate', script }],
      [{ kind: 'write', path: own, content: `by the session ${name}\n` }],
    ],
    delegated: {
      script,
      steps: [[{ kind: 'write', path: child, content: `by its sub-agent ${name}\n` }]],
    },
    states: [state(child, `by its sub-agent ${name}\n`, 'sub-agent'), state(own, `by the session ${name}\n`)],
  };
}

/** Only new files, so that no step depends on the one before. */
function writes(name: string): Scenario {
  const files = [1, 2, 3].map((number) => [`${name}-${number}.txt`, `write ${number} ${name}\n`] as const);
  return {
    steps: files.map(([path, content]) => [{ kind: 'write', path, content }]),
    states: files.map(([path, content]) => state(path, content)),
  };
}

/** All of it one after the other, in one run, which an error of the service ends. */
function everything(name: string): Scenario {
  const parts = [edits, parallel, parallelShells, failing, subagent, serviceFails].map((make, at) =>
    make(`${name}${at}`),
  );
  const delegated = parts.flatMap((part) => part.delegated ?? []);
  return {
    steps: parts.flatMap(({ steps }) => steps),
    ...(delegated[0] === undefined ? {} : { delegated: delegated[0] }),
    states: parts.flatMap(({ states }) => states),
  };
}

/** What agents do, in the situations in which their hooks differ. */
export const scenarios = {
  edits,
  shell,
  parallel,
  'parallel shells': parallelShells,
  'a failing tool': failing,
  'an error of the service': serviceFails,
  'a sub-agent': subagent,
  writes,
  'everything in one run': everything,
} satisfies Readonly<Record<string, ScenarioMaker>>;
