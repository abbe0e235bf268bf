import type { GitPath } from '../../git/path';
import type { IndexEdits } from './edit';
import type { Listing } from './listing';

/**
 * Those of the edits that cannot be made: an index has nothing below a path that is a file in it. An entry is blocked where
 * something stays in its way, and what would make room for it stays as well: half of an exchange is none.
 * @param wanted All that was planned, so that what gives way for an entry that is left out is known to do so.
 */
export function collisions(
  { entries, unmerged }: Listing,
  edits: IndexEdits,
  wanted: ReadonlySet<GitPath>,
): Set<GitPath> {
  const blocked = new Set<GitPath>();
  for (let grew = true; grew;) {
    grew = false;
    const isMade = (name: GitPath): boolean => edits.has(name) && !blocked.has(name);
    const staying = [...entries.keys(), ...unmerged].filter(
      (name) => !isMade(name) || edits.get(name) !== undefined,
    );
    const added = [...edits].flatMap(([name, entry]) =>
      entry !== undefined && !blocked.has(name) ? [name] : [],
    );
    const files = new Set([...staying, ...added]);
    const folders = new Set([...files].flatMap(foldersAbove));
    for (const name of added) {
      if (folders.has(name) || foldersAbove(name).some((folder) => files.has(folder))) {
        blocked.add(name);
        grew = true;
      }
    }
    // What gives way for something that does not come.
    const missing = [...wanted].filter((name) => !isMade(name));
    const missingFolders = new Set(missing.flatMap(foldersAbove));
    const missingFiles = new Set(missing);
    for (const [name, entry] of edits) {
      const givesWay =
        missingFolders.has(name) || foldersAbove(name).some((folder) => missingFiles.has(folder));
      if (entry === undefined && !blocked.has(name) && givesWay) {
        blocked.add(name);
        grew = true;
      }
    }
  }
  return blocked;
}

function foldersAbove(name: GitPath): GitPath[] {
  const folders: GitPath[] = [];
  for (let slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
    folders.push(name.slice(0, slash));
  }
  return folders;
}
