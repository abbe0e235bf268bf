import path from 'node:path';
import type { Format } from './format';
import type { Place } from './installed';
import type { Level, PersonalPlaces } from './connectionModel';
import type { Surface } from './surfaces';

/** One file that an agent reads hooks from. */
export interface HookFile {
  readonly surface: Surface;
  readonly level: Level;
  /** Undefined at user level. */
  readonly place: Place | undefined;
  readonly file: string;
  readonly format: Format;
}

/** The files that an agent reads hooks from at that level. */
export function hookFiles(
  surface: Surface,
  level: Level,
  places: readonly Place[],
  personal: PersonalPlaces,
): HookFile[] {
  const folders: readonly (readonly [string, Place | undefined])[] =
    level === 'user'
      ? [[surface.user(personal), undefined]]
      : places.map((place) => [path.join(place.root, ...surface.project.split('/')), place]);
  return folders.flatMap(([folder, place]) =>
    surface
      .files(level)
      .map(({ name, format }) => ({ surface, level, place, file: path.join(folder, name), format })),
  );
}
