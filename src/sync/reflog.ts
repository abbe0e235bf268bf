import fs from 'node:fs/promises';
import path from 'node:path';
import { hasCode, whenMissing } from '../git/missing';
import type { Worktree } from '../git/worktree';

/** So much of a log is read, from its end, in bytes: some thousand steps. */
const readFromEnd = 512 * 1024;
/** So many branches' logs are read, the latest ones. */
const branchLimit = 500;

/** One step in git's log of a reference. */
export interface Step {
  readonly from: string;
  /** Undefined when the reference was deleted. */
  readonly to: string | undefined;
  /** What it happened to: `refs/heads/...`, or `HEAD` when that was detached. */
  readonly ref: string;
  /** git's own words. */
  readonly how: string;
  /** Seconds since the epoch. */
  readonly time: number;
  /** The log that tells of it. */
  readonly log: string;
}

/**
 * The steps in which HEAD, or a branch that no other worktree has checked out, left a commit, the oldest first. A switch to
 * something else leaves a commit only where HEAD was detached, or its branch is gone: else the branch's own log tells.
 */
export async function readSteps(worktree: Worktree, since: number): Promise<Step[]> {
  const { stdout } = await worktree.git.run({
    args: ['for-each-ref', '--format=%(refname)%00%(worktreepath)', 'refs/heads/'],
    cwd: worktree.root,
  });
  const branches = new Map(
    stdout
      .toString('latin1')
      .split('\n')
      .filter((line) => line !== '')
      .map((line): [string, string] => [
        line.slice(0, line.indexOf('\0')),
        line.slice(line.indexOf('\0') + 1),
      ]),
  );
  const here = Buffer.from(worktree.root, 'utf8').toString('latin1');
  const elsewhere = new Set(
    [...branches].flatMap(([name, where]) => (where === '' || where === here ? [] : [name])),
  );
  const own = await branchesWithLogs(worktree, since, (name) => branches.has(name) && !elsewhere.has(name));
  const head = switchesIn(await readLog(path.join(worktree.gitDir, 'logs', 'HEAD'), 'HEAD'), branches);
  const steps = [...head];
  for (const { name, file } of own) {
    steps.push(...(await readLog(file, name)));
  }
  return steps
    .filter(({ from, to, time }) => from !== to && time >= Math.floor(since / 1000))
    .sort((a, b) => a.time - b.time);
}

async function branchesWithLogs(
  worktree: Worktree,
  since: number,
  chosen: (name: string) => boolean,
): Promise<{ readonly name: string; readonly file: string }[]> {
  const found: { name: string; file: string; time: number }[] = [];
  const folders = ['refs/heads'];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const inside = path.join(worktree.repository.commonDir, 'logs', folder);
    for (const entry of await fs.readdir(inside, { withFileTypes: true }).catch(whenMissing([]))) {
      const name = `${folder}/${entry.name}`;
      const file = path.join(inside, entry.name);
      if (entry.isDirectory()) {
        folders.push(name);
      } else if (chosen(Buffer.from(name, 'utf8').toString('latin1'))) {
        const stat = await fs.stat(file).catch(whenMissing(undefined));
        if (stat !== undefined && stat.mtimeMs >= since - 1_000) {
          found.push({ name, file, time: stat.mtimeMs });
        }
      }
    }
  }
  return found.sort((a, b) => b.time - a.time).slice(0, branchLimit);
}

/** The end of a log. One that is not there, or cannot be read, tells nothing: what else holds the commits is not asked of it. */
async function readLog(file: string, ref: string): Promise<Step[]> {
  let text: string;
  try {
    const handle = await fs.open(file);
    try {
      const { size } = await handle.stat();
      const length = Math.min(size, readFromEnd);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
      text = buffer.toString('latin1', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'EIO')) {
      return [];
    }
    throw thrown;
  }
  return text.split('\n').flatMap((line) => parseStep(line, ref) ?? []);
}

function parseStep(line: string, ref: string): Step | undefined {
  const match = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) .*> (\d+) [+-]\d{4}(?:\t(.*))?$/.exec(line);
  const [, from = '', to = '', time = '0', how = ''] = match ?? [];
  const isRename = how.startsWith('Branch: renamed');
  return match === null || /^0+$/.test(from) || isRename
    ? undefined
    : {
        from,
        to: /^0+$/.test(to) ? undefined : to,
        ref,
        how: Buffer.from(how, 'latin1').toString('utf8') || 'moved without a word',
        time: Number(time),
        log: ref,
      };
}

/** HEAD's steps, with the branch that each was on as far as the switches between them tell. */
function switchesIn(steps: readonly Step[], branches: ReadonlyMap<string, string>): Step[] {
  const found: Step[] = [];
  const told = new Set<string>();
  let on: string | undefined;
  // From the newest: where HEAD was after a step is what the next switch says that it left.
  for (const step of [...steps].reverse()) {
    const [, left] = /^checkout: moving from (\S+) to \S+$/.exec(step.how) ?? [];
    if (left === undefined) {
      found.push({ ...step, ref: on ?? step.ref });
      continue;
    }
    const detached = /^[0-9a-f]{40,64}$/.test(left);
    const branch = `refs/heads/${left}`;
    on = detached ? 'HEAD' : branch;
    if (detached) {
      found.push(step);
    } else if (!branches.has(Buffer.from(branch, 'utf8').toString('latin1')) && !told.has(branch)) {
      told.add(branch);
      found.push({ ...step, ref: branch, how: `the branch ${left} was deleted` });
    }
  }
  return found.reverse();
}
