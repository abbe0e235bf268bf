import * as vscode from 'vscode';
import type { App } from './app';
import { TreeNode } from './treeNode';

/** What runs a command with whatever VS Code, a person's keybinding or another extension hands over. */
export type Handler = (app: App, args: readonly unknown[]) => Promise<void> | void;

/** The handlers of a feature: one for each command that it contributes, and no other. */
export type HandlersOf<Contributions> = Readonly<Record<keyof Contributions, Handler>>;

/** What a command can be called on: the rows of a class, or what a test of its own recognises. */
type Kind = (abstract new (...args: never[]) => object) | Test<unknown>;

interface Test<T> {
  is(value: unknown): value is T;
}

/** The values of these kinds. */
export type Of<Kinds extends readonly Kind[]> = Value<Kinds[number]>;

type Value<K> = K extends abstract new (...args: never[]) => infer T
  ? T
  : K extends Test<infer T>
    ? T
    : never;

/** An id. */
export const text: Test<string> = { is: (value) => typeof value === 'string' };

/** A file in the explorer, or that of an editor. */
export const fileUri: Test<vscode.Uri> = { is: (value) => value instanceof vscode.Uri };

/** Rows and ids that stand for a checkpoint. */
export const checkpointKinds = [row('target'), text] as const;

export type OnCheckpoint = Of<typeof checkpointKinds>;

/** Rows that stand for backups. */
export const backupKinds = [row('keptIn')] as const;

export type OnBackup = Of<typeof backupKinds>;

/** Rows that have this to say, whatever feature they are of. */
export function row<Ask extends keyof TreeNode>(ask: Ask): Test<TreeNode & Required<Pick<TreeNode, Ask>>> {
  return {
    is: (value): value is TreeNode & Required<Pick<TreeNode, Ask>> =>
      value instanceof TreeNode && value[ask] !== undefined,
  };
}

/** What a command does. It gets what it was called on and all that was selected with it, each only where it is of one of the kinds. */
type Run<Kinds extends readonly Kind[]> = (
  app: App,
  on: Of<Kinds> | undefined,
  selected: readonly Of<Kinds>[],
) => Promise<void> | void;

/**
 * What runs a command that can be called on values of these kinds; called on anything else, it was called on nothing.
 * @param load Loads what it does, when it is first needed.
 */
export function command<const Kinds extends readonly Kind[]>(
  kinds: Kinds,
  load: () => Promise<Run<Kinds>>,
): Handler {
  return async (app, args) => {
    const { on, selected } = decode(kinds, args);
    const run = await load();
    await run(app, on, selected);
  };
}

/** What VS Code has handed over: the value that a command was called on, then all that were selected; as far as they are of these kinds. */
export function decode<const Kinds extends readonly Kind[]>(
  kinds: Kinds,
  [first, all]: readonly unknown[],
): { readonly on: Of<Kinds> | undefined; readonly selected: readonly Of<Kinds>[] } {
  const isMeant = (value: unknown): value is Of<Kinds> => kinds.some((kind) => isOf(value, kind));
  return {
    on: isMeant(first) ? first : undefined,
    selected: Array.isArray(all) ? all.filter(isMeant) : [],
  };
}

function isOf(value: unknown, kind: Kind): boolean {
  return typeof kind === 'function' ? value instanceof kind : kind.is(value);
}
