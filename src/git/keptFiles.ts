import path from 'node:path';

/*
 * Files that git keeps things in, whose time and size tell when to ask git again (lasting.ts). What they hold is never read: that
 * depends on the storage format, and only git knows it.
 */

/** How git stores references. */
export type RefFormat = 'files' | 'reftable';

/** The configuration of a repository, which says how references are stored; git writes it last when it migrates them (refs.c). */
export function configFileOf(commonDir: string): string {
  return path.join(commonDir, 'config');
}

/**
 * The file that git writes whenever it puts HEAD elsewhere; undefined where references are kept in another place
 * (`extensions.refStorage`, git 2.54), which is no business of Belay's.
 */
export function headFileOf(
  gitDir: string,
  format: RefFormat,
  config: ReadonlyMap<string, string>,
): string | undefined {
  if (config.get('extensions.refstorage')?.includes('://') === true) {
    return undefined;
  }
  return format === 'files' ? path.join(gitDir, 'HEAD') : path.join(gitDir, 'reftable', 'tables.list');
}
