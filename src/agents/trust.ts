import path from 'node:path';
import * as v from 'valibot';
import type { PersonalPlaces } from './installation';

export type Settings = Readonly<Record<string, unknown>>;

/** For which hooks an agent's own records are read, and by which means: what is missing or cannot be understood is empty. */
export interface TrustQuestion {
  readonly personal: PersonalPlaces;
  /** The command that Belay's hooks have. */
  readonly command: string;
  /** Where the hooks are configured. */
  readonly level: 'project' | 'user';
  /** The root of the worktree that the hooks are configured in, or that a person's own are to run in; undefined: of none. */
  readonly root: string | undefined;
  /** The root of the repository's main worktree, where it has one. */
  readonly main: string | undefined;
  readonly json: (file: string) => Promise<Settings>;
  readonly toml: (file: string) => Promise<Settings>;
}

/** What an agent wants from its user before it runs configured hooks, as it has recorded it. Undefined: it wants no such thing. */
export interface Trust {
  /** The file in which all of its hooks are switched off; undefined where they are on. */
  readonly switchedOffIn: ((question: TrustQuestion) => Promise<string | undefined>) | undefined;
  /** It runs a project's hooks only in folders that it trusts. */
  readonly folder:
    | {
        readonly trusts: (question: TrustQuestion, root: string) => Promise<boolean>;
        /** What a person does so that it trusts the folder. */
        readonly next: string;
      }
    | undefined;
  /** It runs a hook only once its exact text was approved. */
  readonly approval:
    | {
        /** Whether it runs all of Belay's hooks in a file. @param content what the file says, parsed. */
        readonly approved: (question: TrustQuestion, file: string, content: unknown) => Promise<boolean>;
        /** What a person does to approve them. */
        readonly next: string;
      }
    | undefined;
}

/** The trust of agents that run whatever is configured. */
export const wantsNothing: Trust = { switchedOffIn: undefined, folder: undefined, approval: undefined };

/** An object in an agent's settings; anything else counts as an empty one. */
export const settingsObject = v.fallback(v.record(v.string(), v.unknown()), {});

/** What is found along these keys. */
export function settingAt(settings: Settings, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((found, key) => v.parse(settingsObject, found)[key], settings);
}

/** The first of these JSON files that holds what is asked. */
export async function firstWhere(
  { json }: TrustQuestion,
  files: readonly string[],
  holds: (settings: Settings) => boolean,
): Promise<string | undefined> {
  for (const file of files) {
    if (holds(await json(file))) {
      return file;
    }
  }
  return undefined;
}

/** A folder and those that it lies in, itself first. */
export function foldersAround(folder: string): string[] {
  const above = path.dirname(folder);
  return above === folder ? [folder] : [folder, ...foldersAround(above)];
}
