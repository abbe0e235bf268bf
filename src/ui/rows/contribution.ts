import type { ContextValue } from './contextValues';
import type { ViewName } from './views';

/*
 * What a feature says of its commands and its view for the manifest, as data: scripts/contributions.mjs reads it without an
 * editor, so files with it import nothing that needs one. What a command does stands beside it, in the feature's *Handlers.ts.
 */

/** The menus that Belay has entries in, in the manifest's order. */
export const menuNames = [
  'view/title',
  'view/item/context',
  'explorer/context',
  'editor/title',
  'scm/title',
] as const;

export type MenuName = (typeof menuNames)[number];

/** A section of a menu and the place in it: `inline` and `navigation` are the icons. */
type Group = `${string}@${number}`;

interface MenuEntry {
  readonly menu: MenuName;
  /** A condition on VS Code's context keys, or {@link whole} of them. */
  readonly when: string;
  readonly group: Group;
}

export interface CommandContribution {
  /** What a person reads; the manifest names it by a key, package.nls.json has it. */
  readonly title: string;
  /** The name of one of VS Code's own icons. */
  readonly icon?: string;
  /** When it can be run at all. */
  readonly enablement?: string;
  /** When the command palette offers it: always, where nothing is said. */
  readonly palette?: string;
  readonly menus?: readonly MenuEntry[];
  readonly keybinding?: { readonly key: string; readonly mac?: string; readonly when?: string };
}

export type CommandContributions = Readonly<Record<`belay.${string}`, CommandContribution>>;

export interface ViewContribution {
  readonly title: string;
  readonly when?: string;
  /** How much of the container it takes at first, beside the others. */
  readonly size?: number;
  readonly visibility?: 'collapsed';
  /** What is shown while it has no rows: each where its condition holds, under a key of its own. */
  readonly welcome?: readonly { readonly key: string; readonly when: string; readonly text: string }[];
}

/** For a command that needs a row to be called on. */
export const never = 'false';
/** Where a repository is open. */
export const isOpen = 'belay.state == open';
/** While something is being fetched, listed or pushed. */
export const isNetworking = 'belay.networking';
/** While something waits for the person. */
export const isWaiting = 'belay.waiting';
export const isTrusted = 'isWorkspaceTrusted';

/** All of these conditions. */
export function whole(...conditions: readonly string[]): string {
  return conditions.join(' && ');
}

/** An entry of the title bar of views, where all of these conditions hold. */
export function inTitle(
  views: ViewName | readonly ViewName[],
  group: Group,
  ...when: readonly string[]
): MenuEntry {
  return { menu: 'view/title', when: whole(viewIs(views), ...when), group };
}

/** Entries, one for each group, of the menu of rows of these kinds in these views. */
export function onRows(
  views: ViewName | readonly ViewName[],
  rows: ContextValue | readonly ContextValue[],
  ...groups: readonly Group[]
): readonly MenuEntry[] {
  const when = whole(viewIs(views), rowIs(typeof rows === 'string' ? [rows] : rows));
  return groups.map((group) => ({ menu: 'view/item/context', when, group }));
}

function viewIs(views: ViewName | readonly ViewName[]): string {
  return typeof views === 'string' ? `view == belay.${views}` : `view =~ /^belay\\.${oneOf(views)}$/`;
}

function rowIs(rows: readonly ContextValue[]): string {
  return rows.length === 1
    ? `viewItem == ${rows.join()}`
    : `viewItem =~ /^${patternOf(rows.map((row) => row.split('.')))}$/`;
}

/** A pattern of just these values, each given as what stands between its dots. What several begin or end with stands in it once. */
function patternOf(values: readonly (readonly string[])[]): string {
  const tails = new Map<string, string[][]>();
  for (const [head = '', ...tail] of values) {
    tails.set(head, [...(tails.get(head) ?? []), tail]);
  }
  const heads = new Map<string, string[]>();
  for (const [head, all] of tails) {
    const longer = all.filter((tail) => tail.length > 0);
    const more = longer.length === 0 ? '' : `\\.${patternOf(longer)}`;
    const tail = longer.length < all.length && more !== '' ? `(${more})?` : more;
    heads.set(tail, [...(heads.get(tail) ?? []), head]);
  }
  return oneOf([...heads].map(([tail, same]) => `${oneOf(same)}${tail}`));
}

function oneOf(patterns: readonly string[]): string {
  return patterns.length === 1 ? patterns.join() : `(${patterns.join('|')})`;
}
