import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { groundOf } from '../../support/disturbance';
import { belay } from '../../support/cli';
import { TestRepo } from '../../support/repo';

/** What a path holds: the content of a file, `-> TARGET` of a link; no entry where there is nothing. */
export type State = Readonly<Record<string, string>>;

const text = (words: string): string =>
  `${words}, of which there is enough for another one of the same length\n`;

/** What the checkpoint has that is gone back to, or the upstream that is moved to. */
const earlier: State = {
  'over.txt': text('over as it was'),
  'dir/over.txt': text('dir/over as it was'),
  'dir/deep/over.txt': text('dir/deep/over as it was'),
  'run.sh': '#!/bin/sh\necho as it was\n',
  link: '-> over.txt',
  'was-file': '-> over.txt',
  'was-link': text('a file at first'),
  'made.txt': text('made'),
  'madedir/deep/made.txt': text('made deep'),
  'keep.txt': text('the same'),
};

/** What is on disk before. */
const later: State = {
  'over.txt': text('over as it is'),
  'dir/over.txt': text('dir/over as it is'),
  'dir/deep/over.txt': text('dir/deep/over as it is'),
  'run.sh': '#!/bin/sh\necho as it is\n',
  link: '-> dir/over.txt',
  'was-file': text('a file by now'),
  'was-link': '-> over.txt',
  'gone.txt': text('to be gone'),
  'gonedir/deep/gone.txt': text('to be gone deep'),
  'keep.txt': text('the same'),
};

/** The user's own files, untracked, whose names look like those of files that were moved aside. */
export const lookalikes: State = {
  'over.txt.belay-0a1b2c3d': text("a person's own"),
  'dir/x.belay-12345678': text('nor is there an x'),
};

/** A command that puts files in place, and the repository that it begins in. */
export interface Scene {
  readonly name: string;
  readonly args: readonly string[];
  /** What completes it where it was stopped in the middle. */
  readonly again: readonly string[];
  /** What takes it back, the same. */
  readonly back: readonly string[] | undefined;
  /** Whether it is all or nothing. */
  readonly whole: boolean;
  /** What is on disk before it, and after. */
  readonly present: State;
  readonly wanted: State;
  readonly template: TestRepo;
  copy(): TestRepo;
}

/** `belay restore`. */
export async function restoring(): Promise<Scene> {
  const { repo, checkpoint } = await changedSince();
  const args = ['restore', checkpoint];
  return scene(repo, {
    name: 'restore',
    args,
    again: args,
    back: ['undo-restore'],
    present: later,
    wanted: earlier,
  });
}

/** `belay undo-restore`. */
export async function undoing(): Promise<Scene> {
  const { repo, checkpoint, latest } = await changedSince();
  const { code, out, err } = belay(repo, ['restore', checkpoint]);
  assert.equal(code, 0, out + err);
  return scene(repo, {
    name: 'undo',
    args: ['undo-restore'],
    again: ['restore', latest, '--include-drifted'],
    back: ['restore', checkpoint, '--include-drifted'],
    present: earlier,
    wanted: later,
  });
}

/** A repository in which all has changed since a checkpoint, most of it untracked. */
async function changedSince(): Promise<{
  readonly repo: TestRepo;
  readonly checkpoint: string;
  readonly latest: string;
}> {
  const repo = TestRepo.create({ unborn: true });
  put(repo, earlier);
  put(repo, lookalikes);
  repo.write('.gitignore', '');
  repo.git('add', '.gitignore', 'keep.txt');
  repo.git('commit', '--quiet', '--message=Start');
  const checkpoint = await take(repo);
  become(repo, earlier, later);
  return { repo, checkpoint, latest: await take(repo) };
}

/** `belay sync`, forward to an upstream. */
export async function syncing(): Promise<Scene> {
  const repo = TestRepo.create({ unborn: true });
  put(repo, later);
  repo.git('add', '--all');
  repo.git('commit', '--quiet', '--message=Start');
  repo.git('branch', 'before');
  become(repo, later, earlier);
  repo.git('add', '--all');
  repo.git('commit', '--quiet', '--message=Upstream');
  repo.git('branch', 'upstream');
  repo.git('reset', '--quiet', '--hard', 'before');
  repo.git('branch', '--quiet', '--set-upstream-to=upstream');
  put(repo, later);
  put(repo, lookalikes);
  repo.git('update-index', '-q', '--refresh');
  await take(repo);
  return scene(repo, {
    name: 'sync',
    args: ['sync'],
    again: ['sync'],
    back: undefined,
    whole: true,
    present: later,
    wanted: earlier,
  });
}

function scene(
  template: TestRepo,
  what: Omit<Scene, 'whole' | 'template' | 'copy'> & { readonly whole?: boolean },
): Scene {
  const { outside } = groundOf(template);
  for (const file of Object.keys({ ...earlier, ...later })) {
    fs.mkdirSync(path.dirname(path.join(outside, file)), { recursive: true });
    // One name is free there: what is put through a link is put there.
    if (file !== 'madedir/deep/made.txt') {
      fs.writeFileSync(path.join(outside, file), `outside ${file}\n`);
    }
  }
  // One that a folder which is to be removed would be, if it were not outside.
  fs.mkdirSync(path.join(outside, 'gonedir', 'deep', 'empty'));
  return { whole: false, ...what, template, copy: () => copyOf(template) };
}

/** Every path of a scene. */
export function pathsOf({ present, wanted }: Scene): string[] {
  return Object.keys({ ...present, ...wanted });
}

/** A copy in which git and Belay know the files as they did in the first. */
function copyOf(template: TestRepo): TestRepo {
  const repo = TestRepo.create({ unborn: true });
  fs.rmSync(repo.folder, { recursive: true });
  for (const folder of ['repo', 'outside']) {
    fs.cpSync(path.join(template.base, folder), path.join(repo.base, folder), {
      recursive: true,
      preserveTimestamps: true,
      verbatimSymlinks: true,
    });
  }
  repo.git('update-index', '-q', '--refresh');
  return repo;
}

/** Takes a checkpoint. @returns its id. */
export async function take(repo: TestRepo): Promise<string> {
  const { checkpoint } = await repo.checkpoint({ session: 'one' });
  return checkpoint.oid;
}

/** Makes the paths of one state what another has. */
export function become(repo: TestRepo, from: State, to: State): void {
  for (const name of Object.keys(from)) {
    repo.remove(name);
    for (let folder = path.dirname(name); folder !== '.'; folder = path.dirname(folder)) {
      const at = path.join(repo.folder, folder);
      if (fs.existsSync(at) && fs.readdirSync(at).length === 0) {
        fs.rmdirSync(at);
      }
    }
  }
  put(repo, to);
}

export function put(repo: TestRepo, state: State): void {
  for (const [name, content] of Object.entries(state)) {
    const file = path.join(repo.folder, name);
    repo.remove(name);
    if (content.startsWith('-> ')) {
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.symlinkSync(content.slice(3), file);
    } else {
      repo.write(name, content, name.endsWith('.sh') ? 0o755 : 0o644);
      // A time that programs can put back exactly.
      fs.utimesSync(file, 1_700_000_000, 1_700_000_000);
    }
  }
}

/** What a path holds now, in the form of {@link State}; `(fifo)` and the like for what is neither file nor link. */
export function stateAt(repo: TestRepo, name: string): string | undefined {
  const parts = name.split('/');
  for (let depth = 1; depth < parts.length; depth += 1) {
    const above = fs.lstatSync(path.join(repo.folder, ...parts.slice(0, depth)), { throwIfNoEntry: false });
    if (above?.isDirectory() !== true) {
      // What is behind a link is not there.
      return undefined;
    }
  }
  const file = path.join(repo.folder, name);
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (stat === undefined) {
    return undefined;
  }
  if (stat.isSymbolicLink()) {
    return `-> ${fs.readlinkSync(file)}`;
  }
  return stat.isFile() ? fs.readFileSync(file, 'latin1') : stat.isDirectory() ? '(folder)' : '(fifo)';
}
