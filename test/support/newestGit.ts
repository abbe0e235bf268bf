import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = process.env['BELAY_TEST_CACHE'] ?? fileURLToPath(new URL('../../.cache', import.meta.url));

/** The folder with a git that is newer than the system's: `GIT_NEW` names it, or `npm run test:git` has put one into the cache. */
const folder = process.env['GIT_NEW'] ?? path.resolve(cache, 'git', 'newest');

/** Has a `describe` run with that git in the place of the system's, and leaves it out, and says so, where there is none. */
export function withNewestGit(): void {
  const systems = process.env['PATH'];
  before(function () {
    if (!fs.existsSync(path.join(folder, 'git'))) {
      console.log('      left out: no git that is newer than the system’s (GIT_NEW names the folder of one)');
      this.skip();
    }
    process.env['PATH'] = `${folder}${path.delimiter}${systems ?? ''}`;
  });
  after(() => {
    process.env['PATH'] = systems;
  });
}
