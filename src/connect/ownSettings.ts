import { parse, TomlError } from 'smol-toml';
import * as v from 'valibot';
import { plainText } from './configFile';
import { treeOf, valueOf } from './jsonText';

/** An object in an agent's own settings; anything else counts as an empty one. */
const object = v.fallback(v.record(v.string(), v.unknown()), {});

export type Settings = Readonly<Record<string, unknown>>;

/** An agent's own JSON file; what is missing or cannot be understood says nothing. */
export async function jsonSettings(file: string): Promise<Settings> {
  const root = treeOf((await plainText(file)) ?? '');
  return v.parse(object, valueOf(root));
}

/** An agent's own TOML file, in the same way. */
export async function tomlSettings(file: string): Promise<Settings> {
  try {
    return v.parse(object, parse((await plainText(file)) ?? ''));
  } catch (thrown) {
    // Nested too deeply, it is too much for the parser.
    if (thrown instanceof TomlError || thrown instanceof RangeError) {
      return {};
    }
    throw thrown;
  }
}

/** What is found along these keys. */
export function settingAt(settings: Settings, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((found, key) => v.parse(object, found)[key], settings);
}
