import fs from 'node:fs/promises';
import path from 'node:path';
import { GitError } from '../git/errors';
import { isDiskError, whenMissing } from '../git/diskErrors';
import { uniqueName } from '../git/unique';
import type { Worktree } from '../git/worktree';
import { quoted } from '../git/quoted';
import { gitCommand, type Finding } from './finding';

/** With less room than this, in bytes, not even a small checkpoint is sure to fit. */
const littleRoom = 16 * 1024 ** 2;

/** Time limit in ms for checking all objects; after that the person is told how to do it. */
const objectCheckTimeoutMs = 10_000;

/** How many of git's lines a message holds. */
const maxLines = 3;

/** Whether git can write objects and references here, and whether there is room for them. */
export async function store(worktree: Worktree): Promise<Finding[]> {
  const { commonDir } = worktree.repository;
  const objects = path.join(commonDir, 'objects');
  const findings = [
    ...(await tryToWrite(objects, `tmp_obj_belay_${uniqueName()}`)),
    ...(await closedFolders(objects)),
    // git takes a name with this ending for no reference.
    ...(await tryToWrite(path.join(commonDir, 'refs'), `belay-${uniqueName()}.lock`)),
    ...(await room(commonDir)),
  ];
  return findings.length > 0
    ? findings
    : [{ kind: 'store', level: 'ok', message: 'Objects and references can be written.', fix: undefined }];
}

/** Writes a file and takes it away again: rights, read-only mounts, quotas and full disks are told by nothing else. */
async function tryToWrite(folder: string, name: string): Promise<Finding[]> {
  const file = path.join(folder, name);
  try {
    const handle = await fs.open(file, 'wx');
    try {
      await handle.writeFile(Buffer.alloc(4096));
    } finally {
      await handle.close();
      await fs.rm(file, { force: true });
    }
    return [];
  } catch (thrown) {
    if (!isDiskError(thrown)) {
      throw thrown;
    }
    return [
      problem(`Nothing can be written to ${folder} (${thrown.code ?? '?'}).`, remedy(folder, thrown.code)),
    ];
  }
}

function remedy(folder: string, code = ''): string {
  if (['ENOSPC', 'EDQUOT'].includes(code)) {
    return `Make room on its disk: df -h ${quoted(folder)}`;
  }
  if (code === 'EROFS') {
    return `Have it mounted for writing: findmnt -T ${quoted(folder)}`;
  }
  return code === 'ENOTDIR'
    ? `Put away what stands in its place: ls -ld ${quoted(folder)}`
    : `chmod u+rwx ${quoted(folder)}   (as its owner; see: ls -ld ${quoted(folder)})`;
}

/** The folders that objects are written to, by the beginning of their ids, where one is none or closed. */
async function closedFolders(objects: string): Promise<Finding[]> {
  const names = (await fs.readdir(objects).catch(whenMissing([]))).filter((name) =>
    /^[0-9a-f]{2}$/.test(name),
  );
  const closed: string[] = [];
  for (const name of names) {
    const folder = path.join(objects, name);
    const open = (await fs.stat(folder)).isDirectory() && (await mayWrite(folder));
    if (!open) {
      closed.push(folder);
    }
  }
  const [first] = closed;
  if (first === undefined) {
    return [];
  }
  const what = closed.length === 1 ? first : `${closed.length} folders of ${objects}`;
  const isFile = !(await fs.stat(first)).isDirectory();
  return [
    problem(
      `Nothing can be written to ${what}, so that some objects cannot be stored.`,
      isFile
        ? `find ${quoted(objects)} -maxdepth 1 -name '[0-9a-f][0-9a-f]' ! -type d -delete`
        : `chmod -R u+rwX ${quoted(objects)}   (as its owner)`,
    ),
  ];
}

async function mayWrite(folder: string): Promise<boolean> {
  try {
    await fs.access(folder, fs.constants.W_OK | fs.constants.X_OK);
    return true;
  } catch (thrown) {
    if (!isDiskError(thrown)) {
      throw thrown;
    }
    return false;
  }
}

async function room(folder: string): Promise<Finding[]> {
  const { bavail, bsize, files, ffree } = await fs.statfs(folder);
  const bytes = bavail * bsize;
  const fix = `Make room on its disk: df -h ${quoted(folder)}; df -i ${quoted(folder)}`;
  if (bytes < littleRoom) {
    return [problem(`The disk of ${folder} is full: ${Math.round(bytes / 1024)} kB are free.`, fix)];
  }
  return files > 0 && ffree === 0
    ? [problem(`The disk of ${folder} has no room for another file.`, fix)]
    : [];
}

/** Whether all objects are there and whole, as far as git gets in the time that there is. */
export async function objects(worktree: Worktree): Promise<Finding[]> {
  const command = gitCommand(worktree, 'fsck', '--full');
  try {
    const { stdout, stderr } = await worktree.git.run({
      args: ['fsck', '--full', '--no-dangling', '--no-reflogs', '--no-progress'],
      cwd: worktree.root,
      timeLimit: objectCheckTimeoutMs,
      answers: Array.from({ length: 128 }, (_, index) => index + 1),
    });
    const lines = `${stderr}\n${stdout.toString('utf8')}`.split('\n').filter(isDamage);
    if (lines.length === 0) {
      const message = 'All objects are there and whole.';
      return [{ kind: 'objects_damaged', level: 'ok', message, fix: undefined }];
    }
    const more = lines.length > maxLines ? `; and ${lines.length - maxLines} lines more` : '';
    return [
      {
        kind: 'objects_damaged',
        level: 'problem',
        message: `Objects of this repository are missing or damaged: ${lines.slice(0, maxLines).join('; ')}${more}.`,
        fix: await replacing(worktree, lines, command),
      },
    ];
  } catch (thrown) {
    if (!(thrown instanceof GitError) || thrown.failure !== 'timed_out') {
      throw thrown;
    }
    const message = `Not all objects could be looked at within ${objectCheckTimeoutMs / 1000} seconds.`;
    return [{ kind: 'objects_damaged', level: 'note', message, fix: command }];
  }
}

/** What is odd in the form of an old commit is no damage, and references of Belay's have findings of their own. */
function isDamage(line: string): boolean {
  return /^(?:missing|broken|fatal:|error: (?!in )|\s+to )/.test(line) && !line.includes('refs/belay');
}

/** Damaged loose objects have to go before git takes whole ones from elsewhere. */
async function replacing(worktree: Worktree, lines: readonly string[], look: string): Promise<string> {
  const { git, root } = worktree;
  const [remote] = (await git.text({ args: ['remote'], cwd: root })).split('\n');
  const loose = lines.flatMap(
    (line) => /(\S*\/objects\/[0-9a-f]{2}\/[0-9a-f]{38,62})\b/.exec(line)?.[1] ?? [],
  );
  const first = [...new Set(loose)]
    .slice(0, maxLines)
    .map((file) => path.resolve(root, file))
    .map((file) => `mv ${quoted(file)} ${quoted(`${file}.damaged`)} && `);
  return remote === undefined || remote === ''
    ? `${look}   (names them all; copy those that it calls missing from another clone or a backup)`
    : `${first.join('')}${gitCommand(worktree, 'fetch', '--refetch', remote)}   (then: ${look})`;
}

function problem(message: string, fix: string): Finding {
  return { kind: 'store', level: 'problem', message, fix };
}
