import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import path from 'node:path';

/**
 * What a tool does that has no compare-and-swap: read the branch, commit on it, write the branch, whatever it is by
 * then. Prints the commit that it believes to have saved:
 *
 *   node scripts/demo/plain-writer.mjs <worktree> <ref> <message>
 */
const [folder = '.', ref = 'refs/plain/shadow', message = 'Plain'] = process.argv.slice(2);

const env = { ...process.env };
const gitDir = git(['rev-parse', '--absolute-git-dir']);
const index = path.join(gitDir, `plain-index-${process.pid}`);
env.GIT_INDEX_FILE = index;
try {
  if (existsSync(path.join(gitDir, 'index'))) {
    copyFileSync(path.join(gitDir, 'index'), index);
  }
  git(['add', '--all']);
  const tree = git(['write-tree']);
  const parent = git(['for-each-ref', '--format=%(objectname)', ref]) || git(['rev-parse', 'HEAD']);
  const commit = git(['commit-tree', tree, '-p', parent, '-m', message]);
  // A tool that gives up when another write is under way loses that commit as well; so it gets a second chance.
  git(['-c', 'core.filesRefLockTimeout=2000', 'update-ref', ref, commit]);
  console.log(JSON.stringify({ commit }));
} finally {
  rmSync(index, { force: true });
}

function git(args) {
  return execFileSync('git', args, {
    cwd: folder,
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}
