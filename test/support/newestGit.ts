import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with a git that is newer than the system's: `GIT_NEW` names it, or one was put into the ignored cache. */
const folder = process.env['GIT_NEW'] ?? fileURLToPath(new URL('../../.cache/git/newest', import.meta.url));

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
