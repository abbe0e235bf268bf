import fs from 'node:fs/promises';
import path from 'node:path';
import { takeCheckpoint } from '../../src/checkpoint/take';
import { Git } from '../../src/git/git';
import { pathFromText } from '../../src/git/path';
import { closeWorktree, openWorktree, type Worktree } from '../../src/git/worktree';
import { goal, medians, ms, output, ratio, table, type Subject } from './measure';
import { editFour, makeRepository } from './repository';

const cli = path.resolve('dist/cli.js');

interface Figures {
  readonly files: number;
  readonly medians: ReadonlyMap<string, number>;
}

/** Checkpoints against `git status`, against plain plumbing, and against what people use today. */
export async function benchCapture(sizes: readonly number[], rounds: number): Promise<void> {
  const figures: Figures[] = [];
  for (const files of sizes) {
    const folder = await makeRepository(files);
    const shadow = await fs.mkdtemp(path.join(path.dirname(folder), 'belay-bench-shadow-'));
    await output('git', ['init', '-q', '--bare', shadow]);
    const worktree = await openWorktree(new Git(), folder);
    await takeCheckpoint(worktree, { session: 'bench', agent: 'bench' });
    figures.push({ files, medians: await medians(subjects(worktree, folder, shadow), rounds) });
    closeWorktree(worktree);
    await fs.rm(folder, { recursive: true, force: true });
    await fs.rm(shadow, { recursive: true, force: true });
  }
  const names = [...(figures[0]?.medians.keys() ?? [])];
  table(
    'Taking a checkpoint of three edited files and a new one: median milliseconds, and against `git status -uall` in the same run',
    ['', ...figures.flatMap(({ files }) => [`${files} files`, 'ratio'])],
    names.map((name) => [
      name,
      ...figures.flatMap(({ medians: found }) => [
        ms(found.get(name)),
        ratio(found.get(name), found.get(statusName)),
      ]),
    ]),
  );
  for (const { files, medians: found } of figures) {
    const [whole, status] = [found.get(wholeName) ?? 0, found.get(statusName) ?? 0];
    goal(
      `whole scan of ${files} files at most 1.15 x git status + 15 ms`,
      whole <= 1.15 * status + 15,
      `${ms(whole)} ms against ${ms(1.15 * status + 15)} ms`,
    );
  }
  const [small, large] = [figures[0], figures.at(-1)];
  for (const name of [pathsName, pathsCliName]) {
    const [few, many] = [small?.medians.get(name) ?? 0, large?.medians.get(name) ?? 0];
    goal(
      `${name}: ${large?.files ?? 0} files at most 1.5 x ${small?.files ?? 0} files`,
      many <= 1.5 * few,
      `${ms(many)} ms against ${ms(few)} ms`,
    );
  }
  const host = large?.medians.get(pathsName) ?? 0;
  goal('known paths inside a process that stays at most 10 ms', host <= 10, `${ms(host)} ms`);
}

const statusName = 'git status -uall';
const wholeName = 'Belay, whole scan (in a process that stays)';
const pathsName = 'Belay, known paths (in a process that stays)';
const wholeCliName = 'Belay, whole scan (command line)';
const pathsCliName = 'Belay, known paths (command line)';

function subjects(worktree: Worktree, folder: string, shadow: string): Subject[] {
  let edits = 0;
  let names: string[] = [];
  const edit = async (): Promise<void> => {
    edits += 1;
    names = await editFour(folder, `round ${edits}`);
  };
  const git = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> =>
    output('git', args, { cwd: folder, env: { ...process.env, ...env } });
  const belay = (args: readonly string[]): Promise<string> =>
    output(
      process.execPath,
      [cli, 'checkpoint', '--session', 'bench', '--agent', 'bench', '--json', ...args],
      { cwd: folder },
    );
  const step = async (work: Promise<unknown>): Promise<void> => {
    await work;
  };
  return [
    { name: statusName, prepare: edit, run: () => step(git(['status', '--porcelain=v2', '-uall'])) },
    {
      name: wholeName,
      prepare: edit,
      run: () => step(takeCheckpoint(worktree, { session: 'bench', agent: 'bench' })),
    },
    {
      name: pathsName,
      prepare: edit,
      run: () =>
        step(takeCheckpoint(worktree, { session: 'bench', agent: 'bench', paths: names.map(pathFromText) })),
    },
    { name: wholeCliName, prepare: edit, run: () => step(belay([])) },
    { name: pathsCliName, prepare: edit, run: () => step(belay(names.flatMap((name) => ['--path', name]))) },
    {
      name: 'plain plumbing (copy index, add, write, commit, update)',
      prepare: edit,
      run: () => plainPlumbing(folder, git),
    },
    {
      name: 'shadow repository (add . and commit)',
      prepare: edit,
      run: async () => {
        const own = [
          '--git-dir',
          shadow,
          '--work-tree',
          folder,
          '-c',
          'user.name=b',
          '-c',
          'user.email=b@example.invalid',
        ];
        await git([...own, 'add', '.']);
        await git([...own, 'commit', '-q', '-m', 'checkpoint']);
      },
    },
    {
      name: 'git stash create (leaves untracked files out)',
      prepare: edit,
      run: () => step(git(['stash', 'create'])),
    },
  ];
}

async function plainPlumbing(
  folder: string,
  git: (args: readonly string[], env?: NodeJS.ProcessEnv) => Promise<string>,
): Promise<void> {
  const index = path.join(folder, '.git', 'bench-index');
  await fs.copyFile(path.join(folder, '.git', 'index'), index);
  const stat = await fs.stat(path.join(folder, '.git', 'index'));
  await fs.utimes(index, stat.atime, stat.mtime);
  const env = { GIT_INDEX_FILE: index };
  await git(['add', '-A'], env);
  const tree = (await git(['write-tree'], env)).trim();
  const commit = (await git(['commit-tree', tree, '-p', 'HEAD', '-m', 'checkpoint'])).trim();
  await git(['update-ref', 'refs/bench/plain', commit]);
}
