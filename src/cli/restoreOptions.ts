/** What `belay restore` is told. */
export interface RestoreOptions {
  readonly path: readonly string[];
  readonly dryRun?: boolean;
  /** What was staged, into the index, instead of files. */
  readonly staged?: boolean;
  readonly includeDrifted?: boolean;
  readonly takeOver?: boolean;
}
