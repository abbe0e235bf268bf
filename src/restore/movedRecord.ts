import fs from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { whenMissing, whenRefused } from '../git/diskErrors';
import { makeOwnFolder, writeOwnFile } from '../git/own';
import type { GitPath } from '../git/path';
import { uniqueName } from '../git/unique';
import type { Worktree } from '../git/worktree';
import { identityOf, type ProcessIdentity } from '../refs/identity';

/** One path of a group: what is to happen to it, and under which names beside it what was there, and a copy, may stand. */
export interface PlannedMove {
  readonly path: GitPath;
  readonly action: 'write' | 'delete';
  readonly aside: GitPath;
  readonly fresh: GitPath;
}

/** What an operation that puts files in place is about, for the process that finds it interrupted. */
export interface Operation {
  /** The tree that holds what was on disk, and the one that it is brought to. */
  readonly from: string;
  readonly to: string;
  /** The checkpoint that was taken before. */
  readonly checkpoint: string;
  /** Where the files belong to the move of a reference: what it is, or descends from, once that went through. */
  readonly decides?: { readonly ref: string; readonly at: string } | undefined;
  /** The process that does it; earlier versions did not write it down. */
  readonly by?: ProcessIdentity | undefined;
}

const move = v.object({
  path: v.string(),
  action: v.picklist(['write', 'delete']),
  aside: v.string(),
  fresh: v.string(),
});
const line = v.variant('kind', [
  v.object({
    kind: v.literal('begun'),
    from: v.string(),
    to: v.string(),
    checkpoint: v.string(),
    decides: v.optional(v.object({ ref: v.string(), at: v.string() })),
    by: v.optional(v.object({ pid: v.number(), started: v.string(), host: v.string() })),
  }),
  v.object({ kind: v.literal('group'), moves: v.array(move) }),
  v.object({ kind: v.literal('done'), groups: v.number() }),
  v.object({ kind: v.literal('kept'), path: v.string(), as: v.string() }),
]);
type Line = v.InferOutput<typeof line>;

const lineOfText = v.pipe(v.string(), v.parseJson(), line);

/** What a record says. Names beside files are known to be Belay's by it, never by their look. */
export interface MovedRecord {
  readonly file: string;
  readonly operation: Operation;
  readonly groups: readonly (readonly PlannedMove[])[];
  /** How many of the groups went through. */
  readonly done: number;
  /** What keeps a name beside for good, because no checkpoint holds it. */
  readonly kept: readonly { readonly path: GitPath; readonly as: GitPath }[];
}

/**
 * The record of one operation under `<common dir>/belay/asides/<worktree>/`: a line before each step that a killed process could
 * leave half done. Without it nothing is moved.
 */
export class Recording {
  private constructor(
    private readonly file: string,
    private kept: number,
  ) {}

  /** @throws what the system says. */
  static async begin(worktree: Worktree, about: Operation): Promise<Recording> {
    const { repository, key } = worktree;
    const operation: Operation = { ...about, by: identityOf(process.pid) };
    const folder = await makeOwnFolder(repository, 'asides', key);
    const recording = new Recording(path.join(folder, uniqueName()), 0);
    await writeOwnFile(repository, recording.file, `${JSON.stringify({ kind: 'begun', ...operation })}\n`, {
      mode: 0o600,
      flag: 'wx',
    });
    return recording;
  }

  /** Goes on with the record of an operation that was interrupted; what was kept until now is looked at once more. */
  static again(record: MovedRecord): Recording {
    return new Recording(record.file, 0);
  }

  /** Before anything of it is moved. @throws what the system says. */
  async group(moves: readonly PlannedMove[]): Promise<void> {
    await this.add({ kind: 'group', moves: [...moves] });
  }

  /** Records how many groups are complete. A full disk does not undo them: then the doctor would, after a crash. */
  async done(groups: number): Promise<void> {
    await this.add({ kind: 'done', groups }).catch(whenRefused(undefined));
  }

  /** The name beside is in the group's line as well, should there be no room for this one. */
  async keep(name: GitPath, as: GitPath): Promise<void> {
    this.kept += 1;
    await this.add({ kind: 'kept', path: name, as }).catch(whenRefused(undefined));
  }

  /** Nothing is aside any more; what was kept stays listed. */
  async end(): Promise<void> {
    if (this.kept === 0) {
      await fs.rm(this.file, { force: true });
    }
  }

  private async add(added: Line): Promise<void> {
    await fs.appendFile(this.file, `${JSON.stringify(added)}\n`);
  }
}

/** The records of a worktree whose operation was interrupted, or that list what is kept. */
export async function readMovedRecords(worktree: Worktree): Promise<MovedRecord[]> {
  const folder = path.join(worktree.repository.belayDir, 'asides', worktree.key);
  const names = await fs.readdir(folder).catch(whenMissing([]));
  const records: MovedRecord[] = [];
  for (const name of names.sort()) {
    const file = path.join(folder, name);
    const stat = await fs.lstat(file).catch(whenMissing(undefined));
    const record = stat?.isFile() === true ? parseRecord(file, await fs.readFile(file, 'utf8')) : undefined;
    records.push(...(record === undefined ? [] : [record]));
  }
  return records;
}

function parseRecord(file: string, text: string): MovedRecord | undefined {
  let operation: Operation | undefined;
  const groups: PlannedMove[][] = [];
  const kept: { path: GitPath; as: GitPath }[] = [];
  let done = 0;
  for (const one of text.split('\n')) {
    // The last line of a killed process may not be whole: what it was about to do has not begun.
    const parsed = v.safeParse(lineOfText, one);
    if (!parsed.success) {
      continue;
    }
    const { output } = parsed;
    switch (output.kind) {
      case 'begun':
        operation = output;
        break;
      case 'group':
        groups.push(output.moves);
        break;
      case 'done':
        done = Math.max(done, output.groups);
        break;
      case 'kept':
        kept.push({ path: output.path, as: output.as });
        break;
    }
  }
  return operation && { file, operation, groups, done, kept };
}
