import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { messageOf } from '../errors';
import type { Git } from './git';

/**
 * Where the user's own ignore file stands (`core.excludesFile`), also for a process that lives on while settings change.
 * git is asked again only when one of its configuration files has changed; a file that they include does not tell.
 */
export class ExcludesFile {
  private constructor(
    private readonly git: Git,
    private readonly root: string,
    private readonly commonDir: string,
    private readonly gitDir: string,
    private known: { readonly stamp: string; readonly file: string | undefined },
  ) {}

  /** `setting` is what git just answered: the raw value, or undefined for none. */
  static async of(
    git: Git,
    folders: { readonly root: string; readonly commonDir: string; readonly gitDir: string },
    setting: string | undefined,
  ): Promise<ExcludesFile> {
    const { root, commonDir, gitDir } = folders;
    const unread = new ExcludesFile(git, root, commonDir, gitDir, { stamp: '', file: undefined });
    const stamp = await unread.stamp();
    // Other users' home folders, and what newer gits write in front, are git's to read.
    const plain = setting === undefined || !/^(?:~[^/]|%\(|:\()/.test(setting);
    unread.known = { stamp, file: plain ? unread.located(setting) : await unread.ask() };
    return unread;
  }

  /** The file's absolute path, whether or not it exists; undefined where there is to be none. */
  async file(): Promise<string | undefined> {
    const stamp = await this.stamp();
    if (stamp !== this.known.stamp) {
      this.known = { stamp, file: await this.ask() };
    }
    return this.known.file;
  }

  private async ask(): Promise<string | undefined> {
    const { stdout, exitCode } = await this.git.run({
      args: ['config', '-z', '--type=path', '--get', 'core.excludesFile'],
      cwd: this.root,
      answers: [1],
    });
    return this.located(exitCode === 0 ? stdout.toString('utf8').replace(/\0$/, '') : undefined);
  }

  /** gitignore(5): without a setting it is `git/ignore` in the configuration folder of the user. */
  private located(setting: string | undefined): string | undefined {
    if (setting === '') {
      return undefined;
    }
    if (setting === undefined) {
      return path.join(configFolder(), 'git', 'ignore');
    }
    return setting.startsWith('~/')
      ? path.join(homedir(), setting.slice(2))
      : path.resolve(this.root, setting);
  }

  private async stamp(): Promise<string> {
    const files = [
      process.env['GIT_CONFIG_SYSTEM'] ?? '/etc/gitconfig',
      ...(process.env['GIT_CONFIG_GLOBAL'] === undefined
        ? [path.join(configFolder(), 'git', 'config'), path.join(homedir(), '.gitconfig')]
        : [process.env['GIT_CONFIG_GLOBAL']]),
      path.join(this.commonDir, 'config'),
      path.join(this.gitDir, 'config.worktree'),
    ];
    return (await Promise.all(files.map(stampOf))).join(' ');
  }
}

function configFolder(): string {
  return process.env['XDG_CONFIG_HOME'] || path.join(homedir(), '.config');
}

async function stampOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return `${ino}-${size}-${mtimeNs}-${ctimeNs}`;
  } catch (thrown) {
    // One that git cannot read either says nothing, until that changes.
    return messageOf(thrown);
  }
}
