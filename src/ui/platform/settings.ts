import * as v from 'valibot';
import type { Limits } from '../../checkpoint/limits';
import type { OnConflict } from '../../sync/request';

const megabyte = 1024 * 1024;

const schemas = {
  'capture.maxFileSizeMB': v.pipe(v.number(), v.minValue(1), v.maxValue(10_000)),
  'capture.maxTotalSizeMB': v.pipe(v.number(), v.minValue(1), v.maxValue(100_000)),
  'capture.maxFiles': v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000)),
  'git.path': v.pipe(v.string(), v.trim()),
  'git.networkTimeout': v.pipe(v.number(), v.minValue(0), v.maxValue(86_400)),
  'git.maxNetworkOperations': v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)),
  'sync.onConflict': v.picklist(['ask', 'reset']),
  'sync.fetchEvery': v.pipe(v.number(), v.minValue(0), v.maxValue(10_080)),
} as const;

type SettingName = keyof typeof schemas;

/** The part of VS Code's `WorkspaceConfiguration` that is read here. */
export interface Configuration {
  get(name: string): unknown;
  inspect(name: string):
    | {
        readonly globalValue?: unknown;
        readonly workspaceValue?: unknown;
        readonly workspaceFolderValue?: unknown;
        readonly globalLanguageValue?: unknown;
      }
    | undefined;
}

/** Where it is said that a setting cannot be used. */
export interface Log {
  warn(line: string): void;
}

/**
 * The person's value of a setting, or undefined where none is set (the default of the core, or git's own
 * configuration, then holds) or where the set one is unusable, which is reported.
 */
function read(configuration: Configuration, name: SettingName, log: Log): unknown {
  const found = configuration.inspect(name);
  const isSet = [
    found?.globalValue,
    found?.workspaceValue,
    found?.workspaceFolderValue,
    found?.globalLanguageValue,
  ].some((value) => value !== undefined);
  if (!isSet) {
    return undefined;
  }
  const parsed = v.safeParse(schemas[name], configuration.get(name));
  if (!parsed.success) {
    log.warn(
      `The setting belay.${name} is not usable (${parsed.issues[0].message}); the default holds instead.`,
    );
    return undefined;
  }
  return parsed.output;
}

/** The limits for a capture: `base` (git's configuration, or the defaults) with what the person set in the editor. */
export function applyLimits(base: Limits, configuration: Configuration, log: Log): Limits {
  const number = (name: SettingName, unit: number, otherwise: number): number => {
    const value = read(configuration, name, log);
    return typeof value === 'number' ? value * unit : otherwise;
  };
  return {
    ...base,
    maxFileSize: number('capture.maxFileSizeMB', megabyte, base.maxFileSize),
    maxTotalSize: number('capture.maxTotalSizeMB', megabyte, base.maxTotalSize),
    maxFiles: number('capture.maxFiles', 1, base.maxFiles),
  };
}

/** The git program that the person chose for Belay, if any. */
export function gitPathSetting(configuration: Configuration, log: Log): string | undefined {
  const value = read(configuration, 'git.path', log);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** What the person set for the network and for syncing; undefined where git's configuration, or the default, holds. */
interface SyncSettings {
  /** In milliseconds; 0 means without a limit. */
  readonly timeLimit: number | undefined;
  readonly maxOperations: number | undefined;
  readonly onConflict: OnConflict | undefined;
  /** In milliseconds; 0 means never. */
  readonly fetchEvery: number;
}

export function syncSettings(configuration: Configuration, log: Log): SyncSettings {
  const number = (name: SettingName): number | undefined => {
    const value = read(configuration, name, log);
    return typeof value === 'number' ? value : undefined;
  };
  const seconds = number('git.networkTimeout');
  const onConflict = read(configuration, 'sync.onConflict', log);
  return {
    timeLimit: seconds === undefined ? undefined : Math.ceil(seconds * 1_000),
    maxOperations: number('git.maxNetworkOperations'),
    onConflict: onConflict === 'ask' || onConflict === 'reset' ? onConflict : undefined,
    fetchEvery: (number('sync.fetchEvery') ?? 0) * 60_000,
  };
}
