import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface GitCall {
  /** Whether Belay started it: its git children carry BELAY_GIT=1. */
  ours: boolean;
  /** The command line of the process that started git, where the system tells it. */
  caller: string;
  args: string;
}

/**
 * A `git` that writes down who called it with what, and then becomes the real one. Put `path` first on the PATH of the
 * program to watch. Git calls itself through its own exec path, so only calls from outside are recorded.
 */
export class GitRecorder {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'belay-git-recorder-'));
  private readonly log = path.join(this.folder, 'calls.log');
  readonly path: string;

  constructor() {
    const before = process.env['PATH'] ?? '';
    const bin = path.join(this.folder, 'bin');
    this.path = `${bin}${path.delimiter}${before}`;
    const real = before
      .split(path.delimiter)
      .map((folder) => path.join(folder, 'git'))
      .find((file) => existsSync(file));
    if (real === undefined) {
      throw new Error('There is no git on the PATH.');
    }
    mkdirSync(bin);
    const script = [
      '#!/bin/sh',
      // All within the shell: further processes would slow down whatever is measured beside this.
      'IFS= read -r caller 2>/dev/null < "/proc/$PPID/cmdline"',
      // One short write with O_APPEND, so that lines of concurrent calls do not mix.
      `printf '%s\\t%s\\t%s\\036' "\${BELAY_GIT:-0}" "$caller" "$*" >> "${this.log}"`,
      `exec "${real}" "$@"`,
      '',
    ];
    writeFileSync(path.join(bin, 'git'), script.join('\n'), { mode: 0o755 });
  }

  calls(): GitCall[] {
    if (!existsSync(this.log)) {
      return [];
    }
    return readFileSync(this.log, 'utf8')
      .split('\u001e')
      .filter((line) => line !== '')
      .map((line) => {
        const [ours = '', caller = '', args = ''] = line.split('\t');
        return { ours: ours === '1', caller: caller.trim(), args: args.trim() };
      });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
