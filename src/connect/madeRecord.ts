import { rm } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import type { PersonalPlaces } from '../agents/installation';
import type { Repository } from '../git/worktree';
import { plainText, replaceFile } from './configFile';
import type { Level, Made } from './connectionModel';

const made = v.object({
  file: v.boolean(),
  folders: v.array(v.string()),
  containers: v.array(
    v.object({ keys: v.array(v.string()), inner: v.nullable(v.pipe(v.string(), v.regex(/^\s*$/))) }),
  ),
});

const recordText = v.pipe(v.string(), v.parseJson(), v.object({ files: v.record(v.string(), made) }));

/** What connecting made, by file. */
export type MadeRecord = ReadonlyMap<string, Made>;

/** Where it is kept: with the repository, or in the person's home. */
export function recordFile(
  level: Level,
  repository: Repository | undefined,
  { home }: PersonalPlaces,
): string | undefined {
  return level === 'user'
    ? path.join(home, '.belay', 'connected.json')
    : repository && path.join(repository.belayDir, 'agents', 'connected.json');
}

/** The record; one that is lost, cannot be read, or is no record, says nothing: then less is taken away. */
export async function readMade(file: string | undefined): Promise<MadeRecord> {
  const text = file === undefined ? '' : ((await plainText(file)) ?? '');
  const found = v.safeParse(recordText, text);
  return new Map(found.success ? Object.entries(found.output.files) : []);
}

/** @throws when the disk refuses. */
export async function writeMade(file: string, record: MadeRecord): Promise<void> {
  if (record.size === 0) {
    await rm(file, { force: true });
    return;
  }
  await replaceFile(file, `${JSON.stringify({ files: Object.fromEntries(record) }, null, 2)}\n`, false);
}
