import path from 'node:path';

/*
 * Files that git keeps things in, whose time and size tell when to ask git again (lasting.ts). What they hold is never read: that
 * depends on the storage format, and only git knows it.
 */

/** How git stores references. */
export type RefFormat = 'files' | 'reftable';

const headFiles: Readonly<Record<RefFormat, string>> = {
  files: 'HEAD',
  reftable: path.join('reftable', 'tables.list'),
};

/** The configuration of a repository, which says how references are stored; git writes it last when it migrates them (refs.c). */
export function configFileOf(commonDir: string): string {
  return path.join(commonDir, 'config');
}

/**
 * The file that git writes whenever it puts HEAD elsewhere.
 * @param format undefined where references are kept in another place (`extensions.refStorage`, git 2.54): no file here tells then.
 */
export function headFileOf(gitDir: string, format: RefFormat | undefined): string | undefined {
  return format && path.join(gitDir, headFiles[format]);
}
