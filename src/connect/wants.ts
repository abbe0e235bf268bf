import path from 'node:path';
import * as v from 'valibot';
import { codexApproved } from '../agents/codex/codexApproval';
import type { Place } from './installed';
import type { AgentNote, NoteKind, PersonalPlaces } from './connectionModel';
import { jsonSettings, settingAt, tomlSettings, type Settings } from './ownSettings';
import type { HookFile } from './hookFiles';
import { surfaceOf } from './surfaces';

const list = v.fallback(v.array(v.string()), []);

/**
 * What agents want of a person before they run the hooks that their files name, as far as their own settings tell.
 * @param texts what each of the files says, or will say.
 * @throws when the disk fails.
 */
export async function wants(
  texts: ReadonlyMap<HookFile, string | undefined>,
  places: readonly Place[],
  personal: PersonalPlaces,
): Promise<AgentNote[]> {
  const notes: AgentNote[] = [];
  const seen = new Set<string>();
  const add = (agent: string, kind: NoteKind, about?: string): void => {
    const key = [agent, kind, about].join('\0');
    if (!seen.has(key)) {
      seen.add(key);
      notes.push({ agent, kind, about });
    }
  };
  for (const [{ surface, level, place, file }, text] of texts) {
    const { agent } = surface;
    if (!surface.verified) {
      add(agent, 'not_verified');
    }
    const off = await switchedOff(agent, place, personal);
    if (off !== undefined) {
      add(agent, 'hooks_off', off);
    }
    if (level === 'project' && place !== undefined) {
      if (!(await trustsFolder(agent, place, places, personal))) {
        add(agent, 'wants_folder_trust', place.root);
      }
      if (!surface.fromSubfolders) {
        add(agent, 'wrong_level');
      }
    }
    // codex takes a repository's hooks from its main worktree.
    const counts = place === undefined || place.key === 'main';
    if (
      agent === 'codex' &&
      counts &&
      text !== undefined &&
      !(await codexApproved(file, text, await codexConfig(personal)))
    ) {
      add(agent, 'wants_hash_approval', file);
    }
  }
  return notes;
}

/** Whether the agent runs a project's hooks there, by what it has recorded; true for agents that do not ask. */
async function trustsFolder(
  agent: string,
  place: Place,
  places: readonly Place[],
  personal: PersonalPlaces,
): Promise<boolean> {
  const around = ancestors(place.root);
  switch (agent) {
    case 'claude-code': {
      const settings = await jsonSettings(claudeState(personal));
      return around.some(
        (folder) => settingAt(settings, 'projects', folder, 'hasTrustDialogAccepted') === true,
      );
    }
    case 'codex': {
      const config = await codexConfig(personal);
      // One that trusts the main worktree trusts the linked ones with it.
      const main = places.find(({ key }) => key === 'main');
      const folders = main === undefined ? [place.root] : [place.root, main.root];
      return folders.some((folder) => settingAt(config, 'projects', folder, 'trust_level') === 'trusted');
    }
    case 'gemini':
      return geminiTrusts(around, personal);
    case 'copilot': {
      const settings = await jsonSettings(path.join(surfaceHome('copilot', personal), 'config.json'));
      const trusted = ['trusted_folders', 'trustedFolders'].flatMap((name) => v.parse(list, settings[name]));
      return around.some((folder) => trusted.includes(folder));
    }
    default:
      return true;
  }
}

async function geminiTrusts(around: readonly string[], personal: PersonalPlaces): Promise<boolean> {
  const home = surfaceHome('gemini', personal);
  const settings = await jsonSettings(path.join(home, 'settings.json'));
  if (settingAt(settings, 'security', 'folderTrust', 'enabled') === false) {
    return true;
  }
  const given = personal.environment['GEMINI_CLI_TRUSTED_FOLDERS_PATH'] ?? '';
  const trusted = await jsonSettings(given === '' ? path.join(home, 'trustedFolders.json') : given);
  const [own] = around;
  if (own !== undefined && trusted[own] === 'DO_NOT_TRUST') {
    return false;
  }
  return (
    personal.environment['GEMINI_CLI_TRUST_WORKSPACE'] === 'true' ||
    around.some((folder) => trusted[folder] === 'TRUST_FOLDER') ||
    // Said in a folder, it is meant of the one above it.
    Object.entries(trusted).some(
      ([folder, level]) => level === 'TRUST_PARENT' && around.includes(path.dirname(folder)),
    )
  );
}

/** The file in which the agent's hooks are switched off, if they are. */
async function switchedOff(
  agent: string,
  place: Place | undefined,
  personal: PersonalPlaces,
): Promise<string | undefined> {
  const home = agent === 'claude-code' || agent === 'gemini' ? surfaceHome(agent, personal) : '';
  switch (agent) {
    case 'claude-code': {
      const own = place === undefined ? [] : ['settings.json', 'settings.local.json'];
      const files = [
        ...own.map((name) => path.join(place?.root ?? '', '.claude', name)),
        path.join(home, 'settings.json'),
      ];
      return firstWhere(files, (settings) => settings['disableAllHooks'] === true);
    }
    case 'gemini': {
      const own = place === undefined ? [] : [path.join(place.root, '.gemini', 'settings.json')];
      const files = [...own, path.join(home, 'settings.json')];
      return firstWhere(files, (settings) => settingAt(settings, 'hooksConfig', 'enabled') === false);
    }
    case 'codex':
      return settingAt(await codexConfig(personal), 'features', 'hooks') === false
        ? codexConfigFile(personal)
        : undefined;
    default:
      return undefined;
  }
}

async function firstWhere(
  files: readonly string[],
  holds: (settings: Settings) => boolean,
): Promise<string | undefined> {
  for (const file of files) {
    if (holds(await jsonSettings(file))) {
      return file;
    }
  }
  return undefined;
}

/** Where claude keeps what it was told about folders: beside its own folder, or in the one that the environment names. */
function claudeState({ home, environment }: PersonalPlaces): string {
  const given = environment['CLAUDE_CONFIG_DIR'] ?? '';
  return path.join(given === '' ? home : given, '.claude.json');
}

function codexConfig(personal: PersonalPlaces): Promise<Settings> {
  return tomlSettings(codexConfigFile(personal));
}

function codexConfigFile(personal: PersonalPlaces): string {
  return path.join(surfaceHome('codex', personal), 'config.toml');
}

function surfaceHome(agent: string, personal: PersonalPlaces): string {
  return surfaceOf(agent).home?.(personal) ?? personal.home;
}

/** A folder and those that it lies in, itself first. */
function ancestors(folder: string): string[] {
  const above = path.dirname(folder);
  return above === folder ? [folder] : [folder, ...ancestors(above)];
}
