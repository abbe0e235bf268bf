import { readdirSync } from 'node:fs';
import path from 'node:path';
import { isMissing } from '../../git/diskErrors';
import { FolderWatch } from '../platform/folderWatch';

/**
 * Calls `changed` when a linked worktree comes or goes, is locked, or its HEAD moves. By watches of the very folders, which are
 * made when these are: a watcher of everything below misses what is in a folder already when it sees the folder.
 */
export class WorktreesWatch {
  private readonly folder: string;
  private readonly all: FolderWatch;
  /** Three for each linked worktree, by the folder's name: of the folder itself, of its logs, and of its tables. */
  private readonly each = new Map<string, readonly FolderWatch[]>();

  /**
   * @param commonDir The folder of the repository; git makes its `worktrees` with the first linked worktree, and then
   *   {@link follow} is to be called.
   * @param failed Told when a folder cannot be watched for another reason than that it is not there.
   * @param cameOrWent Called before `changed` where a worktree may have come or gone.
   */
  constructor(
    commonDir: string,
    private readonly changed: () => void,
    private readonly failed: (thrown: unknown) => void,
    private readonly cameOrWent: () => void = () => undefined,
  ) {
    this.folder = path.join(commonDir, 'worktrees');
    this.all = new FolderWatch(
      this.folder,
      undefined,
      () => {
        this.followEach();
        this.cameOrWent();
        changed();
      },
      failed,
    );
    this.followEach();
  }

  /** The folder of all linked worktrees has come, or gone. */
  follow(): void {
    this.all.start();
    this.followEach();
    this.cameOrWent();
  }

  dispose(): void {
    this.all.dispose();
    for (const watch of [...this.each.values()].flat()) {
      watch.dispose();
    }
    this.each.clear();
  }

  private followEach(): void {
    const names = new Set(this.names());
    for (const [name, watches] of this.each) {
      if (!names.has(name)) {
        watches.forEach((watch) => {
          watch.dispose();
        });
        this.each.delete(name);
      }
    }
    for (const name of names) {
      if (!this.each.has(name)) {
        this.each.set(name, this.watchesOf(path.join(this.folder, name)));
      }
    }
  }

  private watchesOf(gitDir: string): readonly FolderWatch[] {
    const { changed, failed } = this;
    // A commit does not change HEAD itself where that names a branch; only its log tells.
    const logs = new FolderWatch(path.join(gitDir, 'logs'), ['HEAD'], changed, failed);
    // Under the reftable backend HEAD and its log are in the worktree's own tables.
    const tables = new FolderWatch(path.join(gitDir, 'reftable'), ['tables.list'], changed, failed);
    const own = new FolderWatch(
      gitDir,
      ['HEAD', 'locked', 'logs', 'reftable'],
      (name) => {
        if (name === 'logs') {
          logs.start();
        } else if (name === 'reftable') {
          tables.start();
        }
        changed();
      },
      failed,
    );
    // These may have come before the folder was watched.
    logs.start();
    tables.start();
    return [own, logs, tables];
  }

  private names(): string[] {
    try {
      return readdirSync(this.folder);
    } catch (thrown) {
      if (!isMissing(thrown)) {
        this.failed(thrown);
      }
      return [];
    }
  }
}
