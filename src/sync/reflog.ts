import fs from 'node:fs/promises';
import path from 'node:path';
import { whenRefused } from '../git/diskErrors';
import { hasRefFiles, type Worktree } from '../git/worktree';

/** How many steps of all logs are read, the latest ones. */
const stepLimit = 20_000;
/** How many branches' logs are read, the latest ones. */
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
  const branches = await readBranches(worktree);
  const here = Buffer.from(worktree.root, 'utf8').toString('latin1');
  const own = [...branches].flatMap(([name, where]) => (where === '' || where === here ? [name] : []));
  const seconds = Math.floor(since / 1000);
  const logs = await readLogs(worktree, await loggedSince(worktree, own, since), seconds);
  const head = logs.filter(({ log }) => log === 'HEAD');
  return [...switchesIn(head, branches), ...logs.filter(({ log }) => log !== 'HEAD')]
    .filter(({ from, to, time }) => from !== to && time >= seconds)
    .sort((a, b) => a.time - b.time);
}

/** From the name of each branch to the folder of the worktree that has it checked out. */
async function readBranches({ git, root, repository }: Worktree): Promise<Map<string, string>> {
  const { stdout } = await git.run({
    args: [
      'for-each-ref',
      // Only where no file's time tells which logs are worth a look.
      ...(!(await hasRefFiles(repository)) ? ['--sort=-committerdate'] : []),
      '--format=%(refname)%00%(worktreepath)',
      'refs/heads/',
    ],
    cwd: root,
  });
  return new Map(
    stdout
      .toString('latin1')
      .split('\n')
      .filter((line) => line !== '')
      .map((line): [string, string] => [
        line.slice(0, line.indexOf('\0')),
        line.slice(line.indexOf('\0') + 1),
      ]),
  );
}

/** Which of these branches' logs may have a step since then: by the times of files, where logs are files. */
async function loggedSince(
  { repository }: Worktree,
  names: readonly string[],
  since: number,
): Promise<readonly string[]> {
  if (!(await hasRefFiles(repository))) {
    return names.slice(0, branchLimit);
  }
  const found: { name: string; time: number }[] = [];
  const chosen = new Set(names);
  const folders = ['refs/heads'];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const inside = path.join(repository.commonDir, 'logs', folder);
    for (const entry of await fs.readdir(inside, { withFileTypes: true }).catch(whenRefused([]))) {
      const name = `${folder}/${entry.name}`;
      const bytes = Buffer.from(name, 'utf8').toString('latin1');
      if (entry.isDirectory()) {
        folders.push(name);
      } else if (chosen.has(bytes)) {
        const stat = await fs.stat(path.join(inside, entry.name)).catch(whenRefused(undefined));
        if (stat !== undefined && stat.mtimeMs >= since - 1_000) {
          found.push({ name: bytes, time: stat.mtimeMs });
        }
      }
    }
  }
  return found
    .sort((a, b) => b.time - a.time)
    .slice(0, branchLimit)
    .map(({ name }) => name);
}

/** What git calls a step that left nothing. */
const startsAnew = /^(?:branch: Created from|clone: from|commit \(initial\)|Branch: renamed)/;

/** One line of a log: where the reference went. */
type Line = Omit<Step, 'from' | 'to'> & { readonly to: string };

/** The steps of HEAD's log and of those of these branches. What git cannot read of them tells nothing. */
async function readLogs(
  worktree: Worktree,
  branches: readonly string[],
  sinceSeconds: number,
): Promise<Step[]> {
  const [head] = await worktree.plumbing.infos(['HEAD']);
  const names = [
    // On a branch without a commit it names nothing.
    ...(head === undefined ? [] : ['HEAD']),
    // A name that is no UTF-8 can be given to no program.
    ...branches
      .map((name) => Buffer.from(name, 'latin1').toString('utf8'))
      .filter((name) => !name.includes('\ufffd')),
  ];
  if (names.length === 0) {
    return [];
  }
  const { stdout } = await worktree.git.run({
    args: [
      ...['log', '--walk-reflogs', '-z', '--date=unix', `--max-count=${stepLimit}`],
      ...['--format=%gD%n%H%n%gs', '--end-of-options', ...names, '--'],
    ],
    cwd: worktree.root,
    // A branch was deleted in between.
    answers: [128],
  });
  const byLog = new Map<string, Line[]>();
  for (const line of stdout.toString('utf8').split('\0')) {
    const found = parseLine(line);
    if (found !== undefined) {
      const lines = byLog.get(found.log) ?? [];
      byLog.set(found.log, lines);
      lines.push(found);
    }
  }
  const steps: Step[] = [];
  for (const lines of byLog.values()) {
    // The newest first: each went from where the next one had gone to.
    for (const [at, line] of lines.entries()) {
      if (startsAnew.test(line.how)) {
        continue;
      }
      const from = lines[at + 1]?.to ?? (await beforeLog(worktree, line, lines.length, sinceSeconds));
      if (from !== undefined) {
        steps.push({ ...line, from });
      }
    }
  }
  return steps.reverse();
}

function parseLine(line: string): Line | undefined {
  const [, log = '', time = '0', to = '', how = ''] =
    /^(.*)@\{(\d+)\}\n([0-9a-f]{40,64})\n(.*)$/s.exec(line) ?? [];
  return log === ''
    ? undefined
    : { to, ref: log, how: how === '' ? 'moved without a word' : how, time: Number(time), log };
}

/** Where a reference was before the oldest line of its log: known where the log was cut off there. */
async function beforeLog(
  { git, root }: Worktree,
  { log, time }: Line,
  count: number,
  sinceSeconds: number,
): Promise<string | undefined> {
  if (time < sinceSeconds) {
    return undefined;
  }
  const { stdout, exitCode } = await git.run({
    args: ['rev-parse', '--verify', '--quiet', '--end-of-options', `${log}@{${count}}`],
    cwd: root,
    answers: [1, 128],
  });
  return exitCode === 0 ? stdout.toString('latin1').trim() : undefined;
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
