import { agentContributions, agentsViewContribution } from '../features/agents/agentContributions';
import { backupContributions, backupsViewContribution } from '../features/backups/backupContributions';
import { checkpointContributions } from '../features/checkpoints/checkpointContributions';
import { commandLineContributions } from '../features/commandLine/commandLineContributions';
import { doctorContributions } from '../features/doctor/doctorContributions';
import { needsYouContributions, needsYouViewContribution } from '../features/needsYou/needsYouContributions';
import { ownerContributions } from '../features/owners/ownerContributions';
import { restoreContributions } from '../features/restore/restoreContributions';
import { sessionContributions, sessionsViewContribution } from '../features/sessions/sessionContributions';
import { syncContributions } from '../features/sync/syncContributions';
import { windowContributions } from '../features/window/windowContributions';
import {
  worktreeContributions,
  worktreesViewContribution,
} from '../features/worktrees/worktreeContributions';
import {
  menuNames,
  type CommandContribution,
  type CommandContributions,
  type MenuName,
  type ViewContribution,
} from '../rows/contribution';
import type { ViewName } from '../rows/views';

/** The commands of each feature. */
const features = [
  checkpointContributions,
  restoreContributions,
  sessionContributions,
  ownerContributions,
  needsYouContributions,
  syncContributions,
  worktreeContributions,
  agentContributions,
  backupContributions,
  doctorContributions,
  commandLineContributions,
  windowContributions,
] as const;

/** From top to bottom. */
const views: Readonly<Record<ViewName, ViewContribution>> = {
  needsYou: needsYouViewContribution,
  sessions: sessionsViewContribution,
  backups: backupsViewContribution,
  worktrees: worktreesViewContribution,
  agents: agentsViewContribution,
};

type KeysOf<T> = T extends unknown ? keyof T : never;

/** Every command that Belay registers. */
export type CommandId = KeysOf<(typeof features)[number]>;

/** What is generated of package.json and package.nls.json. */
export interface Manifest {
  /** The parts of `contributes`, by their names there. */
  readonly contributes: Readonly<Record<string, unknown>>;
  /** The texts that those name, by their keys. */
  readonly texts: Readonly<Record<string, string>>;
}

/** What package.json and package.nls.json have to say of Belay's commands and views. @throws Error for a command of two features. */
export function belayManifest(): Manifest {
  return manifestOf(features, views);
}

/** The same of these. */
export function manifestOf(
  of: readonly CommandContributions[],
  shown: Readonly<Record<string, ViewContribution>>,
): Manifest {
  const commands = of.flatMap((feature) => Object.entries(feature));
  const ids = commands.map(([id]) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) < index);
  if (twice !== undefined) {
    throw new Error(`Two features contribute the command ${twice}.`);
  }
  const entries = Object.entries(shown);
  const keybindings = commands.flatMap(([command, { keybinding }]) =>
    keybinding === undefined ? [] : [{ command, ...keybinding }],
  );
  return {
    contributes: {
      commands: commands.map(([command, { icon, enablement }]) => ({
        command,
        title: `%${titleKey(command)}%`,
        category: 'Belay',
        icon: icon && `$(${icon})`,
        enablement,
      })),
      menus: menusOf(commands),
      keybindings: keybindings.length === 0 ? undefined : keybindings,
      views: {
        belay: entries.map(([name, { when, size, visibility }]) => ({
          id: `belay.${name}`,
          name: `%view.${name}%`,
          icon: 'media/belay.svg',
          when,
          size,
          visibility,
        })),
      },
      viewsWelcome: entries.flatMap(([name, { welcome = [] }]) =>
        welcome.map(({ key, when }) => ({ view: `belay.${name}`, when, contents: `%welcome.${key}%` })),
      ),
    },
    texts: Object.fromEntries([
      ...commands.map(([command, { title }]) => [titleKey(command), title] as const),
      ...entries.map(([name, { title }]) => [`view.${name}`, title] as const),
      ...entries.flatMap(([, { welcome = [] }]) =>
        welcome.map(({ key, text }) => [`welcome.${key}`, text] as const),
      ),
    ]),
  };
}

function titleKey(command: string): string {
  return command.replace('belay.', 'command.');
}

function menusOf(commands: readonly (readonly [string, CommandContribution])[]): Record<string, unknown> {
  const offered = commands.flatMap(([command, { palette }]) =>
    palette === undefined ? [] : [{ command, when: palette }],
  );
  const inMenu = (name: MenuName): readonly object[] =>
    commands.flatMap(([command, { menus = [] }]) =>
      menus.filter(({ menu }) => menu === name).map(({ when, group }) => ({ command, when, group })),
    );
  return {
    commandPalette: offered,
    ...Object.fromEntries(menuNames.map((name) => [name, inMenu(name)] as const)),
  };
}
