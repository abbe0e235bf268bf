import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { heardAt, heardEvery } from '../agents/heard';
import { hookProgram } from '../agents/hookCommand';
import type { PersonalPlaces } from '../agents/installation';
import { knownAgents, type KnownAgent } from '../agents/registry';
import { whenMissing, whenRefused } from '../git/diskErrors';
import type { Worktree } from '../git/worktree';
import { readConfigFile } from './configFile';
import type { FormatState } from './format';
import { hookFiles, type HookFile } from './hookFiles';
import { agentsUsed, placesOf, programOf, type Place } from './installed';
import { hookProgramWorks } from './hookLauncher';
import type { AgentNote, AgentStatus, Connection, Level, NoteKind } from './connectionModel';
import { asObstacle } from './obstacle';
import { runningAgents, type RunningAgent } from './processes';
import { wants } from './wants';

/** For so long, in milliseconds, an agent may run before its silence says something. */
const grace = 15_000;

/** What git tells: who keeps it need not ask git again while nothing has changed. */
export interface Surroundings {
  readonly places: readonly Place[];
  /** The agents that the repository has traces of. */
  readonly used: ReadonlySet<string>;
}

/** @param worktree undefined outside of any repository. */
export async function surroundingsOf(worktree: Worktree | undefined): Promise<Surroundings> {
  const places = await placesOf(worktree);
  return { places, used: await agentsUsed(worktree, places) };
}

/** What is the same for all agents of one look. */
interface Look extends Surroundings {
  readonly worktree: Worktree | undefined;
  readonly personal: PersonalPlaces;
  readonly running: readonly RunningAgent[];
  readonly programWorks: boolean;
}

/** One place of an agent's hooks, with what its files say. */
interface Found extends Connection {
  readonly place: Place | undefined;
  readonly texts: ReadonlyMap<HookFile, string | undefined>;
}

/**
 * Every agent that Belay knows: where it is connected, when it was last heard, and what a person should know. Reads only.
 * @param worktree undefined outside of any repository: only what lies in the person's home is told then.
 * @param known what git told before; without it, git is asked.
 * @throws what git or the disk says.
 */
export async function agentStatuses(
  worktree: Worktree | undefined,
  personal: PersonalPlaces,
  known?: Surroundings,
): Promise<AgentStatus[]> {
  const look: Look = {
    worktree,
    personal,
    ...(known ?? (await surroundingsOf(worktree))),
    running: await runningAgents(),
    programWorks: await hookProgramWorks(personal.home),
  };
  return Promise.all(knownAgents.map((agent) => statusOf(agent, look)));
}

async function statusOf(agent: KnownAgent, look: Look): Promise<AgentStatus> {
  const { worktree, personal, places, used } = look;
  const { name, verified } = agent;
  const all = await Promise.all((['project', 'user'] as const).map((level) => foundAt(agent, level, look)));
  const found = all.flat();
  const told =
    worktree && (await heardAt(worktree.repository, name).catch(whenRefused('unreadable' as const)));
  const heard = told === 'unreadable' ? undefined : told;
  const connected = found.filter(({ state }) => state !== 'unreadable');
  const texts = new Map(connected.flatMap((one) => [...one.texts]));
  const wanted = (await wants(texts, places, personal)).filter(
    // An agent that was heard runs its hooks, whatever its settings tell of trust.
    ({ kind }) => kind !== 'wrong_level' && !(kind === 'wants_folder_trust' && told !== undefined),
  );
  return {
    agent: name,
    verified,
    program: await programOf(agent.installation, personal),
    used: used.has(name),
    connections: found.map(({ level, worktree: key, file, state }) => ({
      level,
      worktree: key,
      file,
      state,
    })),
    heardAt: heard,
    notes: [
      ...placeNotes(name, found, look),
      ...(await processNotes(agent, connected, told, look)),
      ...wanted,
    ],
  };
}

/** The places of one level in which the agent is connected, or cannot be told to be. */
async function foundAt(agent: KnownAgent, level: Level, { places, personal }: Look): Promise<Found[]> {
  const byPlace = new Map<Place | undefined, HookFile[]>();
  for (const hookFile of hookFiles(agent, level, places, personal)) {
    byPlace.set(hookFile.place, [...(byPlace.get(hookFile.place) ?? []), hookFile]);
  }
  const found: Found[] = [];
  for (const [place, files] of byPlace) {
    const texts = new Map<HookFile, string | undefined>();
    const states = new Set<FormatState | 'unreadable'>();
    for (const hookFile of files) {
      states.add(await stateOf(hookFile, texts));
    }
    const state = together(states);
    const [first] = files;
    if (state !== 'absent' && first !== undefined) {
      const file = files.length === 1 ? first.file : path.dirname(first.file);
      found.push({ level, worktree: place?.key, file, state, place, texts });
    }
  }
  return found;
}

async function stateOf(
  hookFile: HookFile,
  texts: Map<HookFile, string | undefined>,
): Promise<FormatState | 'unreadable'> {
  try {
    const text = await readConfigFile(hookFile.file);
    const state = hookFile.format.state(text);
    texts.set(hookFile, text);
    return state;
  } catch (thrown) {
    return asObstacle(thrown).reason === 'config_not_ours' ? 'absent' : 'unreadable';
  }
}

function together(states: ReadonlySet<FormatState | 'unreadable'>): FormatState | 'unreadable' {
  const [first = 'absent'] = states;
  return states.has('unreadable') ? 'unreadable' : states.size === 1 ? first : 'partial';
}

/** The events that came after a place was connected, where they are all that it lacks. */
function lacking({ texts }: Found): readonly string[] {
  const lacks = [...texts].map(([{ format }, text]) =>
    text === undefined || format.state(text) === 'connected' ? undefined : format.lacks(text),
  );
  return lacks.some((events) => events?.length === 0) ? [] : lacks.flatMap((events) => events ?? []);
}

function placeNotes(
  agent: string,
  found: readonly Found[],
  { places, programWorks, personal }: Look,
): AgentNote[] {
  const note = (kind: NoteKind, about?: string): AgentNote => ({ agent, kind, about });
  const connected = found.filter(({ state }) => state !== 'unreadable');
  const atProject = connected.filter(({ level }) => level === 'project');
  const atUser = connected.filter(({ level }) => level === 'user');
  const known = new Set(found.map(({ place }) => place?.key));
  const missing =
    atProject.length === 0 || atUser.length > 0 ? [] : places.filter(({ key }) => !known.has(key));
  return [
    ...found.filter(({ state }) => state === 'unreadable').map(({ file }) => note('config_unreadable', file)),
    ...found
      .filter(({ state }) => state === 'partial')
      .map((one) => {
        const lacks = lacking(one);
        return lacks.length === 0
          ? note('partial', one.file)
          : note('lacks_events', `${lacks.join(', ')} (${one.file})`);
      }),
    ...missing.map(({ root }) => note('worktree_missing', root)),
    ...(atProject.length > 0 && atUser.length > 0 ? [note('double')] : []),
    ...(connected.length > 0 && !programWorks ? [note('launcher_missing', hookProgram(personal.home))] : []),
  ];
}

/** What the agent's running processes show, and its silence. */
async function processNotes(
  { name: agent, installation }: KnownAgent,
  connected: readonly Found[],
  heard: number | 'unreadable' | undefined,
  { running, places }: Look,
): Promise<AgentNote[]> {
  if (connected.length === 0) {
    return [];
  }
  if (heard === 'unreadable') {
    return [{ agent, kind: 'heard_unknown', about: undefined }];
  }
  const roots = await Promise.all(places.map(({ root }) => realpath(root).catch(whenMissing(root))));
  const onlyProject = connected.every(({ level }) => level === 'project');
  const notes: AgentNote[] = [];
  for (const { pid, cwd, startedAt } of running.filter((one) => one.agent === agent)) {
    if (!roots.some((root) => cwd === root || cwd.startsWith(root + path.sep))) {
      continue;
    }
    if (onlyProject && !installation.fromSubfolders && !roots.includes(cwd)) {
      notes.push({ agent, kind: 'wrong_level', about: cwd });
    } else if (Date.now() - startedAt > grace && (heard ?? 0) < startedAt - heardEvery) {
      notes.push({ agent, kind: 'not_firing', about: `process ${pid}` });
    }
  }
  return heard === undefined && notes.length === 0
    ? [{ agent, kind: 'never_heard', about: undefined }]
    : notes;
}
