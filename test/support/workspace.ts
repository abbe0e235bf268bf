import { execFile, execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import * as v from 'valibot';

const run = promisify(execFile);

const Taken = v.object({ checkpoint: v.string(), tree: v.string(), step: v.number(), created: v.boolean() });
export type Taken = v.InferOutput<typeof Taken>;

export interface Who {
  session: string;
  agent: string;
  message: string;
  /** Take it as if by a clock that is so many minutes behind, for a history that was not made in one second. */
  minutesAgo?: number;
  /** Where, when it is not the main worktree. */
  folder?: string;
}

/** A small git repository for an editor to open: one commit, and one file changed since (`dirty.txt`). */
export class Workspace {
  private constructor(
    /** Holds the repository and what belongs to it, linked worktrees for one. */
    readonly base: string,
    readonly folder: string,
  ) {}

  /** @param name Of the folder, which the editor shows in many places. */
  static create(name = 'workspace'): Workspace {
    const workspace = Workspace.empty(name);
    workspace.write('README.md', '# A repository to test in\n');
    workspace.write('dirty.txt', 'as committed\n');
    workspace.commit('Start');
    workspace.write('dirty.txt', 'as committed\nand changed since\n');
    return workspace;
  }

  /** A repository without a commit. */
  static empty(name = 'workspace'): Workspace {
    const workspace = Workspace.bare(name);
    workspace.git('init', '--initial-branch=main', '--quiet');
    workspace.git('config', 'user.name', 'Test Person');
    workspace.git('config', 'user.email', 'test@example.com');
    return workspace;
  }

  /** A folder that is no repository. */
  static bare(name = 'workspace'): Workspace {
    const base = realpathSync(mkdtempSync(path.join(tmpdir(), 'belay-workspace-')));
    const folder = path.join(base, name);
    mkdirSync(folder);
    return new Workspace(base, folder);
  }

  git(...args: string[]): string {
    return execFileSync('git', args, {
      cwd: this.folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  }

  commit(message: string): void {
    this.git('add', '--all');
    this.git('commit', '--quiet', `--message=${message}`);
  }

  at(file: string): string {
    return path.join(this.folder, file);
  }

  write(file: string, content: string | Buffer): void {
    mkdirSync(path.dirname(this.at(file)), { recursive: true });
    writeFileSync(this.at(file), content);
  }

  read(file: string): string {
    return readFileSync(this.at(file), 'utf8');
  }

  has(file: string): boolean {
    return existsSync(this.at(file));
  }

  delete(file: string): void {
    rmSync(this.at(file));
  }

  /** What a person's own git knows of this repository: HEAD, index entries, branches, stash. Not Belay's references. */
  own(): string {
    return [
      this.git('symbolic-ref', 'HEAD'),
      this.git('rev-parse', 'HEAD'),
      this.git('ls-files', '--stage'),
      this.git('for-each-ref', 'refs/heads', 'refs/tags', 'refs/remotes', 'refs/stash'),
    ].join('\n');
  }

  /** Takes a checkpoint as an agent's hook does: by a process of the built command line. */
  async checkpoint(who: Who): Promise<Taken> {
    const args = ['checkpoint', '--session', who.session, '--agent', who.agent, '--message', who.message];
    const answer = await this.belay([...args, '--cwd', who.folder ?? this.folder], who.minutesAgo);
    return v.parse(Taken, answer);
  }

  /** Runs the built command line and gives its JSON. */
  async belay(args: readonly string[], minutesAgo = 0): Promise<unknown> {
    const clock = `const now = Date.now; Date.now = () => now() - ${minutesAgo * 60_000};`;
    const behind = minutesAgo === 0 ? [] : ['--import', `data:text/javascript,${encodeURIComponent(clock)}`];
    const program = path.resolve('dist', 'cli.js');
    const { stdout } = await run(process.execPath, [...behind, program, ...args, '--json'], {
      cwd: this.folder,
    });
    const answer: unknown = JSON.parse(stdout);
    return answer;
  }

  remove(): void {
    rmSync(this.base, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
