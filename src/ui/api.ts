import type { CheckpointResult } from '../checkpoint/model';
import type { CommandId } from './commands/ids';
import type { App } from './app';
import type { WindowState } from './repository/repositories';
import type { TreeNode } from './tree/nodes';
import type { ViewName } from './tree/views';

/** A row of a view as a person gets it, with the rows below as deep as was asked. */
export interface Row {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly contextValue: string;
  readonly spoken: string | undefined;
  readonly tooltip: string | undefined;
  readonly children: readonly Row[];
}

/** What `activate` returns: for tests in the extension host, and for nothing else yet. */
export interface BelayApi {
  /** Resolves when the window's folders have been looked at. */
  ready(): Promise<void>;
  state(): WindowState;
  /** The roots of the worktrees that are open in this window. */
  roots(): readonly string[];
  /** The session id of the person in this window. */
  readonly session: string;
  /** Takes a checkpoint of the worktree with this root, of the first one without. */
  takeCheckpoint(message?: string, root?: string): Promise<CheckpointResult>;
  refresh(): Promise<void>;
  /** The rows of a view, `depth` levels down. */
  rows(view: ViewName, depth: number): Promise<Row[]>;
  readonly commandIds: readonly CommandId[];
}

export function createApi(app: App, commandIds: readonly CommandId[]): BelayApi {
  const { repositories, views } = app;
  const rowsBelow = async (view: ViewName, depth: number, node?: TreeNode): Promise<Row[]> =>
    depth < 1
      ? []
      : Promise.all(
          (await views.rows(view, node)).map(async (child) =>
            row(app, view, child, await rowsBelow(view, depth - 1, child)),
          ),
        );
  return {
    ready: () => repositories.ready(),
    state: () => repositories.state,
    roots: () => repositories.all.map(({ root }) => root),
    session: app.who.session,
    takeCheckpoint: async (message, root) => {
      await repositories.ready();
      const model = repositories.all.find((candidate) => root === undefined || candidate.root === root);
      if (model === undefined) {
        throw new Error(`No worktree is open${root === undefined ? '' : ` at ${root}`}.`);
      }
      const result = await model.take(app.who, message);
      await repositories.reload();
      return result;
    },
    refresh: () => repositories.refresh(),
    rows: (view, depth) => rowsBelow(view, depth),
    commandIds,
  };
}

function row(app: App, view: ViewName, node: TreeNode, children: readonly Row[]): Row {
  const item = app.views.item(view, node);
  return {
    id: item.id ?? '',
    label: typeof item.label === 'string' ? item.label : (item.label?.label ?? ''),
    description: typeof item.description === 'string' ? item.description : '',
    contextValue: item.contextValue ?? '',
    spoken: item.accessibilityInformation?.label,
    tooltip: typeof item.tooltip === 'string' ? item.tooltip : item.tooltip?.value,
    children,
  };
}
