import * as vscode from 'vscode';
import type { CheckpointResult } from '../../checkpoint/checkpoint';
import type { CommandId } from './manifest';
import type { App } from '../rows/app';
import type { Dialogs } from '../platform/dialogs';
import type { HeldDialogs } from '../platform/heldDialogs';
import type { Reviews } from '../features/needsYou/review/reviews';
import type { ReviewPage } from '../features/needsYou/review/reviewPage';
import type { WindowState } from '../state/repositories';
import { RepositoryNode } from '../rows/repositoryNode';
import { EndedNode } from '../rows/sessionNodes';
import type { TreeNode } from '../rows/treeNode';
import type { ViewName } from '../rows/views';

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
  /** The session id of the person in this window, in its first repository. */
  readonly session: string;
  /** Takes a checkpoint of the worktree with this root, of the first one without. */
  takeCheckpoint(message?: string, root?: string): Promise<CheckpointResult>;
  refresh(): Promise<void>;
  /** The rows of a view, `depth` levels down. */
  rows(view: ViewName, depth: number): Promise<Row[]>;
  readonly commandIds: readonly CommandId[];
  /** Only where VS Code runs an extension's tests; undefined for everybody else. */
  readonly testing: Testing | undefined;
}

/** What a test needs where VS Code shows no modal dialog: it answers itself, and says on which row a command is called. */
interface Testing {
  /** From now on everything is asked and told by these. */
  useDialogs(dialogs: Dialogs): void;
  /** Calls a command on the row with this id, as the view has it now. @throws when there is none. */
  run(command: CommandId, view: ViewName, id: string): Promise<void>;
  /** The review page about the worktree with this key, where one is open. */
  page(worktree: string): ReviewPage | undefined;
}

/** @param dialogs Those that the whole of `app` asks with, which a test may exchange. */
export function createApi(
  app: App,
  reviews: Reviews,
  commandIds: readonly CommandId[],
  dialogs: HeldDialogs,
): BelayApi {
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
    get session() {
      return app.own.idIn(repositories.all[0]?.worktree);
    },
    takeCheckpoint: async (message, root) => {
      await repositories.ready();
      const model = repositories.all.find((candidate) => root === undefined || candidate.root === root);
      if (model === undefined) {
        throw new Error(`No worktree is open${root === undefined ? '' : ` at ${root}`}.`);
      }
      const result = await model.take(message);
      await repositories.reload();
      return result;
    },
    refresh: () => repositories.refresh(),
    rows: (view, depth) => rowsBelow(view, depth),
    commandIds,
    testing:
      app.context.extensionMode === vscode.ExtensionMode.Test ? testing(app, reviews, dialogs) : undefined,
  };
}

function testing(app: App, reviews: Reviews, dialogs: HeldDialogs): Testing {
  const find = async (view: ViewName, id: string, below?: TreeNode): Promise<TreeNode | undefined> => {
    for (const node of await app.views.rows(view, below)) {
      // A row's id begins with that of the row that it is below; a group's rows do not.
      const found = node.id === id ? node : await findBelow(view, id, node);
      if (found !== undefined) {
        return found;
      }
    }
    return undefined;
  };
  const findBelow = (view: ViewName, id: string, node: TreeNode): Promise<TreeNode | undefined> =>
    node instanceof EndedNode || node instanceof RepositoryNode || id.startsWith(node.id)
      ? find(view, id, node)
      : Promise.resolve(undefined);
  return {
    useDialogs: (own) => {
      dialogs.use(own);
    },
    run: async (command, view, id) => {
      const node = await find(view, id);
      if (node === undefined) {
        throw new Error(`There is no row ${id}.`);
      }
      await vscode.commands.executeCommand(command, node);
    },
    page: (worktree) => reviews.page(worktree),
  };
}

async function row(app: App, view: ViewName, node: TreeNode, children: readonly Row[]): Promise<Row> {
  const item = await app.views.item(view, node);
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
