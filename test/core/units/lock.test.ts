import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { withLock } from '../../../src/refs/lock';

describe('the lock while somebody clears its folder', function () {
  this.timeout(60_000);

  it('keeps nobody from their work', async () => {
    const base = fs.mkdtempSync(path.join(tmpdir(), 'belay-lock-'));
    const folder = path.join(base, 'locks');
    const clearing = spawn('sh', ['-c', 'while :; do rm -rf "$1"; done', 'sh', folder], { stdio: 'ignore' });
    try {
      let turns = 0;
      for (let round = 0; round < 400; round += 1) {
        await withLock(path.join(folder, 'one'), { wait: 50 }, () => {
          turns += 1;
          return Promise.resolve();
        });
      }
      assert.equal(turns, 400);
    } finally {
      const over = new Promise((resolve) => clearing.once('close', resolve));
      clearing.kill('SIGKILL');
      await over;
      fs.rmSync(base, { recursive: true, force: true });
    }
  });
});
