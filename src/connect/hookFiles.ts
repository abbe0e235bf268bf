import path from 'node:path';
import type { PersonalPlaces } from '../agents/installation';
import type { KnownAgent } from '../agents/registry';
import type { Level } from './connectionModel';
import type { Format } from './format';
import type { Place } from './installed';
import { jsonFormat } from './jsonFormat';
import { ownFile } from './ownFile';

/** One file that an agent reads hooks from. */
export interface HookFile {
  readonly agent: KnownAgent;
  readonly level: Level;
  /** Undefined at user level. */
  readonly place: Place | undefined;
  readonly file: string;
  readonly format: Format;
}

/** The files that an agent reads hooks from at that level. */
export function hookFiles(
  agent: KnownAgent,
  level: Level,
  places: readonly Place[],
  personal: PersonalPlaces,
): HookFile[] {
  const { installation, name } = agent;
  const folders: readonly (readonly [string, Place | undefined])[] =
    level === 'user'
      ? [[installation.user(personal), undefined]]
      : places.map((place) => [path.join(place.root, ...installation.project.split('/')), place]);
  return folders.flatMap(([folder, place]) =>
    installation.files(name).map((one) => ({
      agent,
      level,
      place,
      file: path.join(folder, one.name),
      format: 'json' in one ? jsonFormat(one.json) : ownFile(one.own),
    })),
  );
}
