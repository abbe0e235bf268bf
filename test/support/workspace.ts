import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A small git repository for an editor to open: one commit, and one file changed since (`dirty.txt`). */
export class Workspace {
  private constructor(readonly folder: string) {}

  static create(): Workspace {
    const workspace = new Workspace(realpathSync(mkdtempSync(path.join(tmpdir(), 'belay-workspace-'))));
    workspace.git('init', '--initial-branch=main', '--quiet');
    workspace.git('config', 'user.name', 'Test Person');
    workspace.git('config', 'user.email', 'test@example.com');
    workspace.write('README.md', '# A repository to test in\n');
    workspace.write('dirty.txt', 'as committed\n');
    workspace.git('add', '--all');
    workspace.git('commit', '--quiet', '--message=Start');
    workspace.write('dirty.txt', 'as committed\nand changed since\n');
    return workspace;
  }

  git(...args: string[]): string {
    return execFileSync('git', args, { cwd: this.folder, encoding: 'utf8' }).trim();
  }

  write(file: string, text: string): void {
    writeFileSync(path.join(this.folder, file), text);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
