import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/**
 * A folder with repositories in it that many tests begin with: made by git once in each process, and copied from then on, which
 * costs a small part of what git's own processes do. In a copy the index knows the copied files, as after
 * `git update-index --refresh`, and what git wrote down of its folder names the copy's.
 */
export class Template {
  private made: string | undefined;

  /** @param place Gives a folder that does not exist yet and goes when the process ends; `make` fills it. */
  constructor(
    private readonly place: () => string,
    private readonly make: (folder: string) => void,
  ) {}

  /** The folder with what is copied. Nobody may change it. */
  folder(): string {
    if (this.made === undefined) {
      const folder = this.place();
      fs.mkdirSync(folder);
      this.make(folder);
      this.made = folder;
    }
    return this.made;
  }

  /** Copies it to a folder that exists. What is there already stays, but for files of the same name outside of the objects. */
  copyTo(folder: string): void {
    const from = this.folder();
    const worktrees: string[] = [];
    copyTree(from, folder, { from: Buffer.from(from), to: Buffer.from(folder), worktrees });
    for (const root of worktrees) {
      refreshIndex(gitDirOf(root), root);
    }
  }

  /** Whether that part of the template is there in the very same bytes; times and the index do not count. */
  isAt(part: string, folder: string): boolean {
    return sameTree(path.join(this.folder(), part), folder);
  }
}

interface Copying {
  /** A path that is another one in the copy. */
  readonly from: Buffer;
  readonly to: Buffer;
  /** The working folders that were found. */
  readonly worktrees: string[];
}

function copyTree(from: string, to: string, copying: Copying): void {
  fs.mkdirSync(to, { recursive: true });
  const entries = fs.readdirSync(from, { withFileTypes: true });
  for (const entry of entries) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (!entry.isDirectory()) {
      copyFile(source, target, copying);
    } else if (entry.name === 'objects') {
      copyObjects(source, target);
    } else {
      copyTree(source, target, copying);
    }
  }
  if (entries.some(({ name }) => name === '.git') && fs.existsSync(path.join(gitDirOf(from), 'index'))) {
    copying.worktrees.push(to);
  }
}

function copyFile(source: string, target: string, { from, to }: Copying): void {
  const content = fs.readFileSync(source);
  let at = content.indexOf(from);
  if (at === -1) {
    fs.copyFileSync(source, target);
    return;
  }
  const parts: Buffer[] = [];
  let done = 0;
  for (; at !== -1; at = content.indexOf(from, done)) {
    parts.push(content.subarray(done, at), to);
    done = at + from.length;
  }
  fs.writeFileSync(target, Buffer.concat([...parts, content.subarray(done)]));
}

/** Objects have the names of their contents, so one that is there is the same. */
function copyObjects(from: string, to: string): void {
  fs.mkdirSync(to, { recursive: true });
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) {
      copyObjects(source, target);
    } else if (!fs.existsSync(target)) {
      fs.copyFileSync(source, target);
    }
  }
}

function gitDirOf(root: string): string {
  const git = path.join(root, '.git');
  return fs.statSync(git).isDirectory() ? git : linkedGitDir(git);
}

/** The git dir that the `.git` file of a linked worktree names. */
export function linkedGitDir(file: string): string {
  return fs
    .readFileSync(file, 'utf8')
    .replace(/^gitdir: /, '')
    .trimEnd();
}

/** Fields of an entry of version 2 of the index (gitformat-index(5)), and how long they are, in bytes. */
const entry = { stat: 40, flags: 2 };

/** Writes down in an index how its files are on disk now; each must have the content that the index says. */
function refreshIndex(gitDir: string, root: string): void {
  const file = path.join(gitDir, 'index');
  const index = fs.readFileSync(file);
  if (index.toString('latin1', 0, 4) !== 'DIRC' || index.readUInt32BE(4) !== 2) {
    throw new Error(`${file} is no index of version 2.`);
  }
  const config = fs.readFileSync(path.join(commonDirOf(gitDir), 'config'), 'utf8');
  const [algorithm, digestLength] = /objectformat = sha256/i.test(config) ? ['sha256', 32] : ['sha1', 20];
  let at = 12;
  for (let left = index.readUInt32BE(8); left > 0; left -= 1) {
    const name = at + entry.stat + digestLength + entry.flags;
    const end = index.indexOf(0, name);
    const stat = fs.lstatSync(Buffer.concat([Buffer.from(`${root}/`), index.subarray(name, end)]), {
      bigint: true,
    });
    const second = 1_000_000_000n;
    const fields = [
      stat.ctimeNs / second,
      stat.ctimeNs % second,
      stat.mtimeNs / second,
      stat.mtimeNs % second,
    ];
    [...fields, stat.dev, stat.ino].forEach((value, field) => {
      index.writeUInt32BE(Number(value & 0xffff_ffffn), at + field * 4);
    });
    // One to eight NULs, up to a multiple of eight.
    at += (Math.floor((end - at) / 8) + 1) * 8;
  }
  const content = index.subarray(0, index.length - digestLength);
  fs.writeFileSync(file, Buffer.concat([content, createHash(algorithm).update(content).digest()]));
}

function commonDirOf(gitDir: string): string {
  const file = path.join(gitDir, 'commondir');
  return fs.existsSync(file) ? path.resolve(gitDir, fs.readFileSync(file, 'utf8').trimEnd()) : gitDir;
}

function sameTree(one: string, other: string): boolean {
  const [names, others] = [one, other].map((folder) =>
    fs.existsSync(folder)
      ? fs.readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
      : [],
  );
  if (names === undefined || names.length !== others?.length) {
    return false;
  }
  return names.every((left, at) => {
    const right = others[at];
    if (left.name !== right?.name || left.isDirectory() !== right.isDirectory()) {
      return false;
    }
    const [a, b] = [path.join(one, left.name), path.join(other, right.name)];
    return left.isDirectory()
      ? sameTree(a, b)
      : left.name === 'index' || fs.readFileSync(a).equals(fs.readFileSync(b));
  });
}
