import fs from 'node:fs/promises';
import path from 'node:path';
import { whenRefused } from '../git/diskErrors';
import type { Worktree } from '../git/worktree';
import { listRefs } from '../refs/listed';
import { backupPrefix, overflowPrefix, sessionPrefix, shadowPrefix } from '../refs/names';
import type { Finding } from './finding';

/** From this much on, in bytes, disk use is more than a note. */
const muchDisk = 2 * 1024 ** 3;

/** How much disk Belay uses: its objects that nobody else's references hold, and its own folder. */
export async function diskUse(worktree: Worktree): Promise<Finding[]> {
  const [bytes, counts] = await Promise.all([objectBytes(worktree), countRefs(worktree)]);
  const total = bytes + (await folderSize(worktree.repository.belayDir));
  return [
    {
      kind: 'disk_use',
      level: total > muchDisk ? 'problem' : 'note',
      message: `Belay uses ${sizeText(total)} on disk (${counts}).`,
      fix: total > muchDisk ? 'git gc   (packs what is loose; checkpoints are kept)' : undefined,
    },
  ];
}

function sizeText(bytes: number): string {
  const units = ['kB', 'MB', 'GB'];
  const power = Math.min(
    units.length,
    Math.max(1, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1000))),
  );
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1] ?? ''}`;
}

/** The size of all objects that only Belay's references hold; a reference that cannot be read counts for nothing. */
async function objectBytes(worktree: Worktree): Promise<number> {
  const refs = await listRefs(worktree, []);
  const infos = await worktree.plumbing.infos(refs.map(({ oid }) => oid));
  const readable = refs.flatMap(({ ref }, index) => {
    const oid = infos[index]?.oid;
    return oid === undefined ? [] : [ref.startsWith('refs/belay/') ? oid : `^${oid}`];
  });
  const bytes = await worktree.git.text({
    args: ['rev-list', '--disk-usage', '--objects', '--stdin'],
    cwd: worktree.root,
    input: `${readable.join('\n')}\n`,
  });
  return Number(bytes);
}

async function countRefs(worktree: Worktree): Promise<string> {
  const text = await worktree.git.text({
    args: ['for-each-ref', '--format=%(refname)', 'refs/belay/'],
    cwd: worktree.root,
  });
  const refs = text.split('\n');
  const count = (prefix: string): number => refs.filter((ref) => ref.startsWith(prefix)).length;
  return `references: shadow branches ${count(shadowPrefix)}, sessions ${count(sessionPrefix)}, waiting ${count(overflowPrefix)}, backups ${count(backupPrefix)}`;
}

/** What may not be read counts for nothing: what is wrong with it is a finding of its own. */
async function folderSize(folder: string): Promise<number> {
  let size = 0;
  for (const entry of await fs.readdir(folder, { withFileTypes: true }).catch(whenRefused([]))) {
    const file = path.join(folder, entry.name);
    size += entry.isDirectory()
      ? await folderSize(file)
      : ((await fs.lstat(file).catch(whenRefused(undefined)))?.size ?? 0);
  }
  return size;
}
