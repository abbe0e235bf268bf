import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { readMovedRecords, Recording } from '../../src/restore/movedRecord';
import type { TestRepo } from '../support/repo';

/** The name beside that `a.txt` gets. */
export const aside = 'a.txt.belay-0123abcd';

/** An operation of this process that has moved `a.txt` aside and got no further; `ended`: of a process that is gone. */
export async function interrupted(repo: TestRepo, ended: boolean): Promise<void> {
  const worktree = await repo.worktree();
  const { checkpoint } = await repo.checkpoint({ session: 's1' });
  const operation = { from: checkpoint.tree, to: checkpoint.tree, checkpoint: checkpoint.oid };
  const recording = await Recording.begin(worktree, operation);
  await recording.group([{ path: 'a.txt', action: 'write', aside, fresh: `${aside}f` }]);
  fs.renameSync(repo.at('a.txt'), repo.at(aside));
  const [record] = await readMovedRecords(worktree);
  assert.ok(record !== undefined);
  if (ended) {
    const text = fs.readFileSync(record.file, 'utf8');
    const gone = spawnSync(process.execPath, ['--version']).pid;
    fs.writeFileSync(record.file, text.replace(`"pid":${process.pid},`, `"pid":${gone},`));
  }
}
