import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { start } from '../support/processes';
import { TestRepo } from '../support/repo';

const ref = 'refs/plain/shadow';
const Commit = v.object({ commit: v.string() });

/**
 * The same crowd as in the other tests without what Belay does: if nothing were lost here, those would show nothing.
 */
describe('references written without comparing', () => {
  it('8 processes x 4 commits: some of what was acknowledged is lost', async () => {
    const plain = path.resolve('scripts/demo/plain-writer.mjs');
    const repo = TestRepo.create();
    try {
      const acknowledged: string[] = [];
      await Promise.all(
        Array.from({ length: 8 }, async (_, writer) => {
          for (let step = 1; step <= 4; step += 1) {
            await fs.writeFile(path.join(repo.folder, `w${writer}.txt`), `step ${step}\n`);
            const running = start(process.execPath, [plain, repo.folder, ref, `Plain ${writer} ${step}`], {
              cwd: repo.folder,
            });
            const { code, stdout } = await running.ended;
            if (code === 0) {
              acknowledged.push(v.parse(Commit, JSON.parse(stdout)).commit);
            }
          }
        }),
      );
      const kept = new Set(repo.git('rev-list', ref).split('\n'));
      const lost = acknowledged.filter((oid) => !kept.has(oid)).length;
      console.log(`      ${lost} of ${acknowledged.length} acknowledged commits lost`);
      assert.ok(lost > 0, 'the harness does not make writers meet');
    } finally {
      repo.dispose();
    }
  });
});
