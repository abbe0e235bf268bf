import * as vscode from 'vscode';
import { messageOf } from '../../../errors';
import type { GitPath } from '../../../git/path';
import type { FileOwner } from '../../../sessions/ownership';
import { agentBadge } from '../../platform/agentLook';
import { Coalescer } from '../../platform/coalesce';
import { gitPathOf } from '../../state/currentModel';
import type { RepositoryModel } from '../../state/repositoryModel';
import type { Repositories } from '../../state/repositories';
import { ownerTooltip } from './ownerWords';

/** Checkpoints come in bursts; what the explorer shows may be a moment late. */
const delay = 150;

interface Held {
  /** What it was computed from. */
  readonly from: string;
  readonly files: ReadonlyMap<GitPath, FileOwner>;
}

/**
 * Who owns each dirty file right now: two letters beside it, wherever the editor shows it. Computed anew only when a reload
 * has found another latest checkpoint, another commit, or other live sessions; whether an owner is still alive costs no git.
 */
export class Owners implements vscode.FileDecorationProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeFileDecorations = this.changed.event;
  private readonly held = new Map<string, Held>();
  private readonly shown = new Map<string, string>();
  private readonly computing: Coalescer;
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly repositories: Repositories,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.computing = new Coalescer(
      delay,
      () => this.computeAll(),
      (thrown) => {
        log.error(`Who owns which file could not be read: ${messageOf(thrown)}`);
      },
    );
    this.subscription = repositories.onDidChange(() => {
      if (repositories.all.some((model) => this.held.get(model.root)?.from !== basis(model))) {
        this.computing.request();
      } else {
        this.tell();
      }
    });
  }

  async provideFileDecoration(uri: vscode.Uri): Promise<vscode.FileDecoration | undefined> {
    const model = uri.scheme === 'file' ? this.repositories.ofFile(uri) : undefined;
    const files = model && this.held.get(model.root)?.files;
    if (model === undefined || files === undefined || files.size === 0) {
      return undefined;
    }
    const gitPath = await gitPathOf(model, uri);
    const owner = gitPath === undefined ? undefined : this.current(model, files.get(gitPath));
    return (
      owner && new vscode.FileDecoration(agentBadge(owner.session.agent), ownerTooltip(owner, model.own))
    );
  }

  /** The live session that last wrote a file, read now; undefined where there is none. */
  async ownerOf(model: RepositoryModel, gitPath: GitPath): Promise<FileOwner | undefined> {
    await this.compute(model);
    this.tell();
    return this.current(model, this.held.get(model.root)?.files.get(gitPath));
  }

  dispose(): void {
    this.computing.dispose();
    this.subscription.dispose();
    this.changed.dispose();
  }

  /** With the owner's current state, as far as it is known; nobody when it has ended since. */
  private current(model: RepositoryModel, owner: FileOwner | undefined): FileOwner | undefined {
    const session = owner && (model.known?.find(({ id }) => id === owner.session.id) ?? owner.session);
    return owner !== undefined && session?.live === true ? { ...owner, session } : undefined;
  }

  private async computeAll(): Promise<void> {
    const open = new Set(this.repositories.all.map(({ root }) => root));
    for (const root of this.held.keys()) {
      if (!open.has(root)) {
        this.held.delete(root);
      }
    }
    for (const model of this.repositories.all) {
      if (this.held.get(model.root)?.from !== basis(model)) {
        await this.compute(model);
      }
    }
    this.tell();
  }

  private async compute(model: RepositoryModel): Promise<void> {
    const from = basis(model);
    try {
      const { fileOwners } = await import('../../../sessions/ownership');
      const owners = await fileOwners(model.worktree, model.known);
      this.held.set(model.root, { from, files: new Map(owners.map((owner) => [owner.path, owner])) });
    } catch (thrown) {
      // Not tried again before something changes: else a damaged repository would keep git busy.
      this.held.set(model.root, { from, files: new Map() });
      this.log.error(`Who owns which file of ${model.root} could not be read: ${messageOf(thrown)}`);
    }
  }

  /** Has the editor ask again where an answer would be another one. */
  private tell(): void {
    let differs = false;
    for (const model of this.repositories.all) {
      const files = this.held.get(model.root)?.files ?? new Map<GitPath, FileOwner>();
      const text = [...files.values()]
        .flatMap((owner) => {
          const now = this.current(model, owner);
          return now === undefined
            ? []
            : [`${now.path}\0${now.session.id}\0${now.session.liveness.state}\0${now.checkpoint.oid}`];
        })
        .join('\n');
      differs ||= (this.shown.get(model.root) ?? '') !== text;
      this.shown.set(model.root, text);
    }
    if (differs) {
      this.changed.fire(undefined);
    }
  }
}

/** What the answer depends on, as of the last reload. */
function basis({ latest, head, known }: RepositoryModel): string {
  const live = (known ?? []).filter((session) => session.live).map(({ id }) => id);
  return [latest?.oid, head, ...live.sort()].join('\0');
}
