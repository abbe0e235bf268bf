import { spawnSync } from 'node:child_process';

const script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"';

/** What runs a program to which a folder is read-only, also for root. */
export function withReadOnly(folder: string): readonly string[] {
  const flags = process.getuid?.() === 0 ? ['-m'] : ['-r', '-m'];
  return ['unshare', ...flags, 'sh', '-c', script, 'sh', folder];
}

/** Why that cannot be had here; undefined where it can. */
export function whyNotReadOnly(folder: string): string | undefined {
  const [program = '', ...args] = withReadOnly(folder);
  const { status, error, stderr } = spawnSync(program, [...args, 'true'], { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}
