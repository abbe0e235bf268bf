import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { kindOf, type Left } from './attacks';
import { groundOf, type Disturbed } from './disturbance';
import type { TestRepo } from './repo';

/** What a report says of contents that are not at their path any more. */
export interface Told {
  readonly inCheckpoint: readonly { readonly name: string; readonly id: string }[];
  readonly keptAs: readonly { readonly name: string; readonly as: string }[];
  readonly done: ReadonlySet<string>;
  /** Left alone, or skipped. */
  readonly left: ReadonlySet<string>;
}

/** Reads what the command line prints for people. */
export function toldIn(said: string): Told {
  const lines = said.split('\n');
  const all = (pattern: RegExp): [string, string][] =>
    lines.flatMap((line): [string, string][] => {
      const [, first, second = ''] = pattern.exec(line) ?? [];
      return first === undefined ? [] : [[first, second]];
    });
  return {
    inCheckpoint: all(/^\s*(.+): what was there is in checkpoint ([0-9a-f]{7,64})\b/).map(([name, id]) => ({
      name,
      id,
    })),
    keptAs: all(/^\s*(.+): kept as (.+\.belay-[0-9a-f]{8})/).map(([name, as]) => ({ name, as })),
    done: new Set(all(/^(?:wrote|deleted) {2,}(.+)$/).map(([name]) => name)),
    left: new Set(all(/^(?:left|skipped) {2,}(\S+) {2}\(/).map(([name]) => name)),
  };
}

/** Fails unless each content that another program has put there is on disk, or kept, or in a checkpoint, and named. */
export function assertAccounted(repo: TestRepo, { said, left }: Pick<Disturbed, 'said' | 'left'>): void {
  const told = toldIn(said);
  const lost = left.filter((one) => !isAccounted(repo, one, told));
  assert.deepEqual(lost, [], 'contents that are neither at their path, nor where the report says they are');
}

/** Whether a content is at its path, or in the attacker's attic, or where the report says it is. */
export function isAccounted(repo: TestRepo, one: Omit<Left, 'attack'>, told: Told): boolean {
  const { root, attic } = groundOf(repo);
  if (holds(path.join(root, one.name), one) || isIn(attic, one)) {
    return true;
  }
  const kept = told.keptAs
    .filter(({ name }) => name === one.name)
    .flatMap(({ name, as }) => [path.join(root, as), path.join(root, path.dirname(name), as)]);
  return (
    kept.some((file) => holds(file, one)) ||
    told.inCheckpoint.some(({ name, id }) => name === one.name && isInTree(repo, id, one))
  );
}

function holds(file: string, { kind, content }: Omit<Left, 'attack'>): boolean {
  if (kindOf(file) !== kind) {
    return false;
  }
  return (
    kind === 'fifo' || (kind === 'link' ? fs.readlinkSync(file) : fs.readFileSync(file, 'latin1')) === content
  );
}

/** Whether the attacker has it in a folder that it moved away itself. */
function isIn(folder: string, one: Omit<Left, 'attack'>): boolean {
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .some((name) => holds(path.join(folder, name), one));
}

/** Whether a commit holds exactly these bytes at the path. */
export function isInTree(repo: TestRepo, id: string, { name, kind, content }: Omit<Left, 'attack'>): boolean {
  const [mode = ''] = repo.git('ls-tree', id, '--', name).split(' ');
  const fits = kind === 'link' ? mode === '120000' : kind === 'file' && mode.startsWith('100');
  return fits && repo.gitBytes(['cat-file', 'blob', `${id}:${name}`]).equals(Buffer.from(content, 'latin1'));
}

/** Every file, link and folder below a folder, as a text that tells a difference. */
export function printOf(folder: string): string {
  const lines = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => {
    const file = path.join(folder, name);
    const stat = fs.lstatSync(file, { bigint: true });
    const what = stat.isFile()
      ? fs.readFileSync(file, 'latin1')
      : stat.isSymbolicLink()
        ? `-> ${fs.readlinkSync(file)}`
        : '';
    const times = stat.isDirectory() ? '' : ` ${stat.mtimeNs}`;
    return `${name} ${stat.mode.toString(8)} ${stat.ino}${times} ${what}`;
  });
  return lines.sort().join('\n');
}

/** The names in a worktree that look like those of files which were moved aside. */
export function asidesIn(repo: TestRepo): string[] {
  return fs
    .readdirSync(repo.folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith(`.git${path.sep}`) && /\.belay-[0-9a-f]{8}$/.test(name))
    .sort();
}
