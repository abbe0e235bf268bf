import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A program that knows nothing of Belay and moves references beside it: branches, tags, and commits of its own on top
 * of Belay's shadow branch, each by compare-and-swap. Ends with its standard input, and prints what it did:
 *
 *   node scripts/demo/foreign.mjs <worktree> <shadow ref>
 */
const [folder = '.', shadow = ''] = process.argv.slice(2);
const done = { branches: 0, tags: 0, commits: [] };
const life = { over: false };

process.stdin.resume();
process.stdin.once('end', () => {
  life.over = true;
});
// Whoever started this is bounded, and so is this.
const deadline = Date.now() + 5 * 60_000;

for (let turn = 0; !life.over && Date.now() < deadline; turn += 1) {
  if (turn % 3 === 0 && git(['branch', '--force', `topic/${turn % 9}`, 'HEAD']).ok) {
    done.branches += 1;
  } else if (turn % 3 === 1 && git(['tag', '--force', `nightly-${turn % 6}`, 'HEAD']).ok) {
    done.tags += 1;
  } else if (turn % 3 === 2) {
    commitOnTop(turn);
  }
  await sleep(40 + Math.random() * 120);
}
console.log(JSON.stringify(done));

function commitOnTop(turn) {
  const tip = git(['rev-parse', '-q', '--verify', shadow]);
  if (tip.ok) {
    const commit = git(['commit-tree', `${tip.text}^{tree}`, '-p', tip.text, '-m', `Mirror ${turn}`]);
    if (commit.ok && git(['update-ref', shadow, commit.text, tip.text]).ok) {
      done.commits.push(commit.text);
    }
  }
}

function git(args) {
  const { status, stdout } = spawnSync('git', args, { cwd: folder, encoding: 'utf8', timeout: 30_000 });
  return { ok: status === 0, text: (stdout ?? '').trim() };
}
