import type { Stats } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { hasCode, isDiskError } from '../git/diskErrors';
import type { Worktree } from '../git/worktree';
import { quoted } from '../git/quoted';
import type { Finding } from './finding';
import { strangers } from './strangers';

/** How many entries of Belay's own folder are checked, and how many damages named. */
const maxEntries = 5_000;
const maxListed = 20;

interface Damage {
  readonly file: string;
  readonly what: string;
}

/**
 * What is wrong with Belay's own folder in the git common dir. Nothing below it is needed to take a checkpoint, so all of this
 * costs time, or what was known, only.
 */
export async function ownFolder({ repository, key }: Worktree): Promise<Finding[]> {
  const { belayDir, commonDir } = repository;
  const strange = (await strangers(repository)).map(({ file, what }): Finding => ({
    kind: 'own_folder',
    level: 'problem',
    message: `${path.relative(commonDir, file)} in ${commonDir} ${what === 'link' ? 'is a link, which the doctor does not follow' : 'is neither a file nor a folder'}. Until it is gone, nothing that lies there is looked at or fixed.`,
    fix: `rm ${quoted(file)}   (what it leads to stays)`,
  }));
  const look = new Look(
    [
      [],
      ['locks'],
      ['tmp'],
      ['heartbeats'],
      ['network'],
      ['restore'],
      ['worktrees'],
      ['worktrees', key],
      ['agents'],
      ['agents', 'calls'],
      ['agents', 'heard'],
      ['agents', 'looked'],
      ['agents', 'slow'],
      ['agents', 'gaps'],
      ['agents', 'gaps', key],
    ].map((names) => path.join(belayDir, ...names)),
    [path.join(belayDir, 'pulse')],
  );
  await look.at(belayDir);
  const damages = look.damages.slice(0, maxListed);
  if (damages.length === 0 && strange.length > 0) {
    return strange.slice(0, maxListed);
  }
  if (damages.length === 0) {
    return [{ kind: 'own_folder', level: 'ok', message: 'Belay’s own folder can be used.', fix: undefined }];
  }
  const found = damages.map(({ file, what }): Finding => ({
    kind: 'own_folder',
    level: 'problem',
    message: `${path.relative(commonDir, file)} in ${commonDir} ${what}. Checkpoints are taken without it.`,
    fix: `rm -rf ${quoted(file)}   (or give it to you; it holds only what may be lost)`,
  }));
  return [...strange, ...found].slice(0, maxListed);
}

class Look {
  readonly damages: Damage[] = [];
  private count = 0;

  constructor(
    private readonly folders: readonly string[],
    private readonly files: readonly string[],
  ) {}

  async at(file: string): Promise<void> {
    this.count += 1;
    if (this.count > maxEntries) {
      return;
    }
    const found = await statOf(file);
    // What is neither file nor folder is named as a stranger.
    if (found === 'gone' || (typeof found !== 'string' && !found.isFile() && !found.isDirectory())) {
      return;
    }
    const wrong =
      typeof found === 'string' ? found : (this.wrongKind(file, found) ?? (await closedTo(file, found)));
    if (wrong !== undefined) {
      this.damages.push({ file, what: wrong });
      return;
    }
    if (typeof found !== 'string' && found.isDirectory()) {
      for (const name of await fs.readdir(file)) {
        await this.at(path.join(file, name));
      }
    }
  }

  private wrongKind(file: string, stat: Stats): string | undefined {
    const isInMarks = path.basename(path.dirname(path.dirname(file))) === 'gaps';
    if (this.folders.includes(file) && !stat.isDirectory()) {
      return 'is no folder';
    }
    return (this.files.includes(file) || isInMarks) && !stat.isFile() ? 'is no file' : undefined;
  }
}

async function statOf(file: string): Promise<Stats | string> {
  try {
    return await fs.lstat(file);
  } catch (thrown) {
    if (!isDiskError(thrown)) {
      throw thrown;
    }
    if (!hasCode(thrown, 'ENOENT')) {
      return `cannot be looked at (${thrown.code ?? ''})`;
    }
    return 'gone';
  }
}

/** What this user may not do there. */
async function closedTo(file: string, stat: Stats): Promise<string | undefined> {
  const { R_OK, W_OK, X_OK } = fs.constants;
  const wanted = stat.isDirectory() ? R_OK | W_OK | X_OK : R_OK;
  try {
    await fs.access(file, wanted);
    return undefined;
  } catch (thrown) {
    if (!isDiskError(thrown)) {
      throw thrown;
    }
    const owner =
      process.getuid !== undefined && stat.uid !== process.getuid()
        ? `, and belongs to user ${stat.uid}`
        : '';
    return `cannot be ${stat.isDirectory() ? 'read and written' : 'read'} (${thrown.code ?? ''}${owner})`;
  }
}
