import type { PersonalPlaces } from '../agents/installation';
import { knownAgentNames, expectAgent, knownAgents, type KnownAgent } from '../agents/registry';
import { BelayError } from '../errors';
import type { Worktree } from '../git/worktree';
import { mentionsBelay, readConfigFile, writableFile } from './configFile';
import { hookFiles, type HookFile } from './hookFiles';
import { agentsUsed, hasHome, placesOf, programOf, type Place } from './installed';
import { planHookProgram, type HookTarget } from './hookLauncher';
import { readMade, recordFile, type MadeRecord } from './madeRecord';
import type { ConnectionPlan, FileChange, Level, Made, Obstacle } from './connectionModel';
import { asObstacle } from './obstacle';
import { wants } from './wants';

export interface ConnectRequest {
  /** By their names; undefined: those that are installed, or used in this repository. */
  readonly agents: readonly string[] | undefined;
  readonly level: Level;
  readonly personal: PersonalPlaces;
  /** What the hook program is to run. */
  readonly target: HookTarget;
}

export interface DisconnectRequest {
  /** Undefined: all. */
  readonly agents: readonly string[] | undefined;
  /** Undefined: both. */
  readonly level: Level | undefined;
  readonly personal: PersonalPlaces;
}

/**
 * What connecting agents would write: at project level in every worktree of the repository. Nothing is written.
 * @param worktree undefined only at user level, outside of any repository.
 * @throws BelayError `unknown_agent`, `no_agents`, and what git says.
 */
export async function planConnect(
  worktree: Worktree | undefined,
  { agents, level, personal, target }: ConnectRequest,
): Promise<ConnectionPlan> {
  const places = await placesOf(worktree);
  const chosen =
    agents === undefined || agents.length === 0
      ? await foundAgents(worktree, places, personal)
      : [...new Set(agents)].map(expectAgent);
  const files = chosen.flatMap((agent) => hookFiles(agent, level, places, personal));
  const { changes, obstacles, texts } = await planFiles(files, worktree, personal, connectFile);
  const program = await planHookProgram(personal.home, target);
  const names = chosen.map(({ name }) => name);
  return { level, agents: names, changes, program, obstacles, notes: await wants(texts, places, personal) };
}

/**
 * What disconnecting agents would write: everything of Belay's taken out, everything else left unchanged. Nothing is written.
 * @throws BelayError `unknown_agent`, and what git says.
 */
export async function planDisconnect(
  worktree: Worktree | undefined,
  { agents, level, personal }: DisconnectRequest,
): Promise<ConnectionPlan> {
  const places = await placesOf(worktree);
  const chosen =
    agents === undefined || agents.length === 0 ? knownAgents : [...new Set(agents)].map(expectAgent);
  const levels: readonly Level[] = level === undefined ? ['project', 'user'] : [level];
  const all = levels.flatMap((one) => chosen.flatMap((agent) => hookFiles(agent, one, places, personal)));
  // A file that does not name Belay's folder was not written by Belay, whatever else is wrong with it.
  const mentioned = await Promise.all(all.map(({ file }) => mentionsBelay(file)));
  const files = all.filter((_, index) => mentioned[index]);
  const { changes, obstacles } = await planFiles(files, worktree, personal, disconnectFile);
  const names = chosen.map(({ name }) => name);
  return { level, agents: names, changes, program: undefined, obstacles, notes: [] };
}

/** @throws BelayError `no_agents`. */
async function foundAgents(
  worktree: Worktree | undefined,
  places: readonly Place[],
  personal: PersonalPlaces,
): Promise<KnownAgent[]> {
  const used = await agentsUsed(worktree, places);
  const found: KnownAgent[] = [];
  for (const agent of knownAgents) {
    const installed = used.has(agent.name) || (await hasHome(agent.installation, personal));
    if (installed || (await programOf(agent.installation, personal)) !== undefined) {
      found.push(agent);
    }
  }
  if (found.length === 0) {
    throw new BelayError(
      'no_agents',
      `No agent was found: none is on PATH, has a folder in your home, or was used in this repository. Belay knows: ${knownAgentNames()}.`,
    );
  }
  return found;
}

type PlanFile = (
  hookFile: HookFile,
  text: string | undefined,
  made: Made | undefined,
) => FileChange | undefined;

interface PlannedFiles {
  readonly changes: FileChange[];
  readonly obstacles: Obstacle[];
  /** What each file that could be read will say. */
  readonly texts: Map<HookFile, string | undefined>;
}

async function planFiles(
  files: readonly HookFile[],
  worktree: Worktree | undefined,
  personal: PersonalPlaces,
  planFile: PlanFile,
): Promise<PlannedFiles> {
  const planned: PlannedFiles = { changes: [], obstacles: [], texts: new Map() };
  const records = new Map<Level, MadeRecord>();
  for (const hookFile of files) {
    const { agent, level, file, place } = hookFile;
    const record = records.get(level) ?? (await readMade(recordFile(level, worktree?.repository, personal)));
    records.set(level, record);
    try {
      const text = await readConfigFile(file);
      const change = planFile(hookFile, text, record.get(file));
      if (change !== undefined) {
        const real = await writableFile(file, place?.root);
        if (real !== file && change.after === undefined) {
          throw new BelayError(
            'config_link',
            `It is a symbolic link to ${real}, which holds nothing but Belay's.`,
          );
        }
        planned.changes.push(real === file ? change : { ...change, real });
      }
      planned.texts.set(hookFile, change === undefined ? text : change.after);
    } catch (thrown) {
      planned.obstacles.push({ agent: agent.name, file, ...asObstacle(thrown) });
    }
  }
  return planned;
}

function connectFile(
  hookFile: HookFile,
  before: string | undefined,
  known: Made | undefined,
): FileChange | undefined {
  const { text, containers } = hookFile.format.connect(before);
  if (text === before) {
    return undefined;
  }
  // What an earlier connecting made still counts while its file is there.
  const earlier = before === undefined ? undefined : known;
  const seen = new Set(earlier?.containers.map(({ keys }) => keys.join('\0')));
  const more = containers.filter(({ keys }) => !seen.has(keys.join('\0')));
  return changeOf(hookFile, before, text, {
    file: earlier?.file ?? before === undefined,
    folders: earlier?.folders ?? [],
    containers: [...(earlier?.containers ?? []), ...more],
  });
}

function disconnectFile(
  hookFile: HookFile,
  before: string | undefined,
  known: Made | undefined,
): FileChange | undefined {
  if (before === undefined) {
    return undefined;
  }
  const after = hookFile.format.disconnect(before, known);
  return after === before
    ? undefined
    : changeOf(hookFile, before, after, after === undefined ? known : undefined);
}

function changeOf(
  { agent, level, place, file, format }: HookFile,
  before: string | undefined,
  after: string | undefined,
  made: Made | undefined,
): FileChange {
  const { executable } = format;
  const worktree = place?.key;
  return { agent: agent.name, level, worktree, file, real: undefined, before, after, executable, made };
}
