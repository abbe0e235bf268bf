import { parse, TomlError } from 'smol-toml';
import * as v from 'valibot';
import { settingsObject, type Settings } from '../agents/trust';
import { plainText } from './configFile';
import { treeOf, valueOf } from './jsonText';

/** An agent's own JSON file; what is missing or cannot be understood says nothing. */
export async function jsonSettings(file: string): Promise<Settings> {
  const root = treeOf((await plainText(file)) ?? '');
  return v.parse(settingsObject, valueOf(root));
}

/** An agent's own TOML file, in the same way. */
export async function tomlSettings(file: string): Promise<Settings> {
  try {
    return v.parse(settingsObject, parse((await plainText(file)) ?? ''));
  } catch (thrown) {
    // Nested too deeply, it is too much for the parser.
    if (thrown instanceof TomlError || thrown instanceof RangeError) {
      return {};
    }
    throw thrown;
  }
}
