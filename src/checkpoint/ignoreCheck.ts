import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathBytes, pathFromBytes, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { isOutside, outsideRules, type IgnoreRules } from './ignoreFiles';

/**
 * Those of the paths that rules ignore which need not be on the disk any more. git itself is asked, in a folder that holds
 * nothing but the ignore files. A path that ends with a slash is a folder, also where there is none.
 */
export async function ignoredUnder(
  worktree: Worktree,
  rules: IgnoreRules,
  paths: readonly GitPath[],
): Promise<Set<GitPath>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'belay-rules-'));
  try {
    const gitDir = path.join(folder, 'git');
    const root = path.join(folder, 'tree');
    const { exclude, file } = outsideRules(rules);
    for (const name of ['info', 'objects', 'refs']) {
      await mkdir(path.join(gitDir, name), { recursive: true });
    }
    await mkdir(root);
    await writeFile(path.join(gitDir, 'HEAD'), 'ref: refs/heads/none\n');
    await writeFile(path.join(gitDir, 'info', 'exclude'), exclude, 'latin1');
    await writeFile(path.join(folder, 'excludes'), file, 'latin1');
    for (const [source, text] of rules) {
      if (!isOutside(source)) {
        const target = Buffer.concat([Buffer.from(`${root}/`), pathBytes(source)]);
        await mkdir(target.subarray(0, target.lastIndexOf('/')), { recursive: true });
        await writeFile(target, text, 'latin1');
      }
    }
    return await checkIgnore(worktree, root, paths, {
      GIT_DIR: gitDir,
      GIT_WORK_TREE: root,
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'core.excludesFile',
      GIT_CONFIG_VALUE_0: path.join(folder, 'excludes'),
      GIT_CONFIG_KEY_1: 'core.ignoreCase',
      GIT_CONFIG_VALUE_1: worktree.config.get('core.ignorecase') ?? 'false',
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Those of the paths that git's rules match in a working folder, whether or not git tracks them. */
export async function checkIgnore(
  worktree: Worktree,
  cwd: string,
  paths: readonly GitPath[],
  env: Readonly<Record<string, string>> = {},
): Promise<Set<GitPath>> {
  if (paths.length === 0) {
    return new Set();
  }
  const { stdout } = await worktree.git.run({
    args: ['check-ignore', '--no-index', '-z', '--stdin'],
    cwd,
    env,
    // It takes path specifications, not paths: a leading colon would be read as one.
    input: Buffer.from(paths.map((name) => `./${name}\0`).join(''), 'latin1'),
    answers: [1],
  });
  return new Set(
    pathFromBytes(stdout)
      .split('\0')
      .slice(0, -1)
      .map((name) => name.slice(2)),
  );
}
