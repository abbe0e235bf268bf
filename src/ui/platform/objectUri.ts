import path from 'node:path';
import * as v from 'valibot';
import * as vscode from 'vscode';
import type { FileChange } from '../../checkpoint/checkpoint';
import { pathBytes, type GitPath } from '../../git/path';

/** Files as git holds them, read-only. */
export const objectScheme = 'belay';

/** One side of a diff: a git object, or nothing where the file was not there. */
export interface ObjectReference {
  /** The folder of a worktree whose repository holds the object. */
  readonly root: string;
  /** Undefined for the empty side of an added or deleted file. */
  readonly oid: string | undefined;
  /** git's mode, by which symbolic links and submodules are told. */
  readonly mode: string | undefined;
  /** How the file changed, for the letter beside its name. */
  readonly kind: FileChange['kind'] | undefined;
}

const querySchema = v.object({
  root: v.pipe(v.string(), v.minLength(1)),
  oid: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/))),
  mode: v.optional(v.pipe(v.string(), v.regex(/^[0-7]{6}$/))),
  kind: v.optional(v.picklist(['added', 'modified', 'deleted', 'type_changed'])),
});

/**
 * The address of a git object. Its path is only for people and for choosing the language; what is read is named by
 * the query, so a name that is not UTF-8 does no harm.
 */
export function objectUri(gitPath: GitPath, reference: ObjectReference): vscode.Uri {
  return vscode.Uri.from({
    scheme: objectScheme,
    path: `/${displayPath(gitPath)}`,
    query: JSON.stringify(reference),
  });
}

/** The two sides of a change, the older first. */
export function changeSides(root: string, change: FileChange): readonly [vscode.Uri, vscode.Uri] {
  const { kind } = change;
  return [
    objectUri(change.path, { root, oid: change.oldOid, mode: change.oldMode, kind }),
    objectUri(change.path, { root, oid: change.newOid, mode: change.newMode, kind }),
  ];
}

/** Stands for a change in a row of a view, for its icon, letter and colour. Nothing is read from it. */
const rowScheme = 'belay-row';

/**
 * The address of a change's row. A scheme of its own, because VS Code marks every row whose file is open read-only
 * with a lock, in the place where the letter belongs.
 */
export function rowUri(root: string, change: FileChange): vscode.Uri {
  const reference = { root, oid: undefined, mode: undefined, kind: change.kind };
  return objectUri(change.path, reference).with({ scheme: rowScheme });
}

/** What an address names; undefined for one that Belay did not make. */
export function parseObjectUri(uri: vscode.Uri): ObjectReference | undefined {
  if (uri.scheme !== objectScheme && uri.scheme !== rowScheme) {
    return undefined;
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), querySchema), uri.query);
  if (!parsed.success) {
    return undefined;
  }
  const { root, oid, mode, kind } = parsed.output;
  return { root, oid, mode, kind };
}

/** The file in the worktree, for its name and icon. */
export function fileUri(root: string, gitPath: GitPath): vscode.Uri {
  return vscode.Uri.file(path.join(root, displayPath(gitPath)));
}

function displayPath(gitPath: GitPath): string {
  // eslint-disable-next-line no-control-regex -- control characters have no place in a tab's title
  const controls = /[\u0000-\u001f\u007f]/g;
  return pathBytes(gitPath).toString('utf8').replace(controls, '\ufffd');
}
