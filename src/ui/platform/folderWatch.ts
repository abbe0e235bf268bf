import { watch, type FSWatcher } from 'node:fs';
import { isMissing } from '../../git/diskErrors';

/**
 * Watches the entries of one folder, not those below. The system's own watcher, not VS Code's: that one leaves out what
 * the person's `files.watcherExclude` names, and many people exclude all of `.git`.
 */
export class FolderWatch {
  private watcher: FSWatcher | undefined;

  /**
   * @param names Which entries count; undefined for all.
   * @param changed Called with the entry's name on each change, often twice for one.
   * @param failed Told when the folder cannot be watched (any more) for another reason than that it is not there.
   */
  constructor(
    private readonly folder: string,
    private readonly names: readonly string[] | undefined,
    private readonly changed: (name: string) => void,
    private readonly failed: (thrown: unknown) => void,
  ) {
    this.start();
  }

  /** Watches anew, for a folder that was made (again) since. */
  start(): void {
    this.dispose();
    try {
      this.watcher = watch(this.folder, { persistent: false }, (_, name) => {
        if (name !== null && this.names?.includes(name) !== false) {
          this.changed(name);
        }
      });
      this.watcher.on('error', this.failed);
    } catch (thrown) {
      if (!isMissing(thrown)) {
        this.failed(thrown);
      }
    }
  }

  dispose(): void {
    this.watcher?.close();
    this.watcher = undefined;
  }
}
