import path from 'node:path';
import { adapterOf } from '../agents/registry';
import { BelayError } from '../errors';
import type { Format } from './format';
import { hookCommand } from '../agents/hookCommand';
import { jsonFormat, type JsonHooks } from './jsonFormat';
import type { Level, PersonalPlaces } from './connectionModel';
import { earlierPlugins, pluginMark, pluginText } from '../agents/opencode/opencodePlugin';
import { ownFile } from './ownFile';

/** Where one agent is told about hooks, and in which form. */
export interface Surface {
  /** The name of its adapter. */
  readonly agent: string;
  /** Whether it was tried with the real program. */
  readonly verified: boolean;
  /** Its programs, by their names on PATH. */
  readonly programs: readonly string[];
  /** How its processes are called while it works; none where a process says nothing about the agent. */
  readonly processes: readonly string[];
  /** The folder of its hook files in a worktree, with slashes. */
  readonly project: string;
  /** The folder of its hook files in the person's home. */
  readonly user: (places: PersonalPlaces) => string;
  /** Its own folder in the person's home, which shows that it was used; undefined where that would show nothing. */
  readonly home: ((places: PersonalPlaces) => string) | undefined;
  readonly files: (level: Level) => readonly { readonly name: string; readonly format: Format }[];
  /** Started in a subfolder of the worktree, it still loads the project's hooks (observed). */
  readonly fromSubfolders: boolean;
}

/** For so long an agent waits for a hook, in seconds: well above what the hook gives itself (belay.hookTimeout). */
const patience = 30;

const common = ['SessionStart', 'PreToolUse', 'PostToolUse', 'Stop', 'SubagentStart', 'SubagentStop'];

/**
 * The events that an agent is connected for. Those that came later stand apart: a connection that was made before goes on
 * working without them, and what was entered then stays as it is, since some agents trust an entry by its exact text.
 */
interface Events {
  readonly first: readonly string[];
  readonly later: readonly string[];
}

/**
 * The agents that can be connected. The events are those that their adapters read, and no more: each costs its user time.
 * What is registered where, and in which unit, was observed with the versions that the adapters name.
 */
export const surfaces: readonly Surface[] = [
  {
    ...verified('claude-code'),
    programs: ['claude'],
    processes: ['claude'],
    project: '.claude',
    ...ownFolder('CLAUDE_CONFIG_DIR', '.claude'),
    // A timeout of its own also raises the 1.5 s that it gives the end of a session.
    files: grouped('claude-code', 'settings.json', {
      first: [...common, 'PostToolUseFailure', 'StopFailure', 'SessionEnd'],
      later: ['UserPromptSubmit', 'PreSkillShellCommand'],
    }),
    fromSubfolders: false,
  },
  {
    ...verified('codex'),
    programs: ['codex'],
    processes: ['codex'],
    project: '.codex',
    ...ownFolder('CODEX_HOME', '.codex'),
    // It knows no failed tools, and has never been seen to tell of a failed turn; each event asks its user for an approval.
    files: grouped('codex', 'hooks.json', codexEvents()),
    fromSubfolders: true,
  },
  {
    ...verified('gemini'),
    programs: ['gemini'],
    processes: ['gemini'],
    project: '.gemini',
    ...ownFolder(undefined, '.gemini'),
    files: grouped('gemini', 'settings.json', geminiEvents(), { matcher: '*', unit: 1_000 }),
    fromSubfolders: false,
  },
  {
    ...verified('copilot'),
    programs: ['copilot'],
    processes: ['copilot'],
    project: '.github/hooks',
    ...within(ownFolder('COPILOT_HOME', '.copilot'), 'hooks'),
    files: flat('copilot', 'belay.json', copilotEvents(), (event) => ({
      type: 'command',
      // Its events in camel case carry no name.
      bash: hookCommand('copilot', event),
      timeoutSec: patience,
    })),
    fromSubfolders: true,
  },
  {
    ...verified('opencode'),
    programs: ['opencode'],
    processes: ['opencode'],
    project: '.opencode/plugins',
    ...within(
      {
        user: (places) => path.join(configHome(places), 'opencode'),
        home: (places) => path.join(configHome(places), 'opencode'),
      },
      'plugins',
    ),
    files: () => [{ name: 'belay.js', format: ownFile(pluginText, pluginMark, false, earlierPlugins) }],
    fromSubfolders: true,
  },
  {
    ...verified('qwen'),
    programs: ['qwen'],
    processes: ['qwen'],
    project: '.qwen',
    ...ownFolder(undefined, '.qwen'),
    // It takes small numbers for seconds, large ones for milliseconds.
    files: grouped(
      'qwen',
      'settings.json',
      {
        first: [...common, 'PostToolUseFailure', 'StopFailure', 'SessionEnd'],
        later: ['UserPromptSubmit'],
      },
      { matcher: '*', unit: 1_000 },
    ),
    fromSubfolders: false,
  },
  {
    ...verified('cline'),
    programs: ['cline'],
    processes: ['cline'],
    project: '.cline/hooks',
    ...within(ownFolder(undefined, '.cline'), 'hooks'),
    files: () =>
      clineEvents().map((name) => ({ name, format: ownFile(clineScript(), hookCommand('cline'), true) })),
    fromSubfolders: true,
  },
  {
    ...verified('cursor'),
    programs: ['cursor-agent'],
    processes: ['cursor-agent'],
    project: '.cursor',
    ...ownFolder(undefined, '.cursor'),
    files: flat('cursor', 'hooks.json', cursorEvents(), () => ({
      command: hookCommand('cursor'),
      timeout: patience,
    })),
    fromSubfolders: true,
  },
  {
    ...verified('vscode'),
    programs: ['code'],
    processes: [],
    project: '.github/hooks',
    user: (places) => path.join(copilotHome(places), 'hooks'),
    home: undefined,
    // Copilot's own command line reads the same folder and runs these, too: their payloads are then not VS Code's, and the
    // adapter drops them, as copilot's drops VS Code's.
    files: flat('vscode', 'belay-vscode.json', { first: common, later: ['UserPromptSubmit'] }, () => ({
      type: 'command',
      command: hookCommand('vscode'),
      timeout: patience,
    })),
    fromSubfolders: true,
  },
];

/** @throws BelayError `unknown_agent`, naming those that there are. */
export function surfaceOf(agent: string): Surface {
  const found = surfaces.find((surface) => surface.agent === agent);
  if (found === undefined) {
    throw new BelayError('unknown_agent', `Belay knows no agent ${agent}. It knows: ${knownAgents()}.`);
  }
  return found;
}

/** The names of all agents, for a sentence. */
export function knownAgents(): string {
  return surfaces.map(({ agent }) => agent).join(', ');
}

function verified(agent: string): Pick<Surface, 'agent' | 'verified'> {
  return { agent, verified: adapterOf(agent)?.verified === true };
}

type Folders = Pick<Surface, 'user'> & { readonly home: (places: PersonalPlaces) => string };

function ownFolder(variable: string | undefined, name: string): Folders {
  const folder = ({ home, environment }: PersonalPlaces): string =>
    (variable === undefined ? undefined : nonEmpty(environment[variable])) ?? path.join(home, name);
  return { user: folder, home: folder };
}

function within({ user, home }: Folders, name: string): Folders {
  return { user: (places) => path.join(user(places), name), home };
}

function configHome({ home, environment }: PersonalPlaces): string {
  return nonEmpty(environment['XDG_CONFIG_HOME']) ?? path.join(home, '.config');
}

function copilotHome(places: PersonalPlaces): string {
  return ownFolder('COPILOT_HOME', '.copilot').home(places);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}

/** Entries that hold a list of hooks, in the shape that claude has made common. */
function grouped(
  agent: string,
  name: string,
  events: Events,
  { matcher, unit }: { readonly matcher?: string; readonly unit: number } = { unit: 1 },
): Surface['files'] {
  const hook = { type: 'command', command: hookCommand(agent), timeout: patience * unit };
  const entry = { ...(matcher === undefined ? {} : { matcher }), hooks: [hook] };
  const isOurs = (command: string): boolean => command === hookCommand(agent);
  const shape = { head: {}, entry: () => entry, group: 'hooks', key: 'command', isOurs } as const;
  const format = jsonFormat({ ...shape, ...eventsOf(events) });
  return () => [{ name, format }];
}

/** Entries that are one hook each. */
function flat(
  agent: string,
  name: string,
  events: Events,
  entry: (event: string) => Readonly<Record<string, unknown>>,
): Surface['files'] {
  const key = 'bash' in entry('') ? 'bash' : 'command';
  const named = [...events.first, ...events.later];
  const own = new Set([hookCommand(agent), ...named.map((event) => hookCommand(agent, event))]);
  const isOurs = (command: string): boolean => own.has(command);
  const shape = { head: { version: 1 }, entry, group: undefined, key, isOurs } as const;
  const format = jsonFormat({ ...shape, ...eventsOf(events) });
  return () => [{ name, format }];
}

function eventsOf({ first, later }: Events): Pick<JsonHooks, 'events' | 'first'> {
  return { events: [...first, ...later], first };
}

function codexEvents(): Events {
  return { first: [...common, 'SessionEnd'], later: ['UserPromptSubmit', 'Interrupt'] };
}

function geminiEvents(): Events {
  return {
    first: ['SessionStart', 'BeforeTool', 'AfterTool', 'AfterAgent', 'SessionEnd'],
    later: ['BeforeAgent'],
  };
}

function copilotEvents(): Events {
  return {
    first: [
      ...['sessionStart', 'sessionEnd', 'preToolUse', 'postToolUse', 'postToolUseFailure'],
      ...['agentStop', 'errorOccurred', 'subagentStart', 'subagentStop'],
    ],
    later: ['userPromptSubmitted'],
  };
}

function cursorEvents(): Events {
  return {
    first: [
      ...['sessionStart', 'sessionEnd', 'preToolUse', 'postToolUse', 'postToolUseFailure'],
      ...['stop', 'subagentStart', 'subagentStop'],
    ],
    later: ['beforeSubmitPrompt'],
  };
}

/** The names of its files; in its payloads it calls the events otherwise. */
function clineEvents(): string[] {
  return [
    ...['TaskStart', 'TaskResume', 'PreToolUse', 'PostToolUse', 'TaskComplete', 'TaskError'],
    ...['TaskCancel', 'SessionShutdown'],
  ];
}

function clineScript(): string {
  return `#!/bin/sh\n# Written by Belay (belay connect); belay disconnect takes it away again.\n${hookCommand('cline')}\n`;
}
