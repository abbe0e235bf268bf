import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';

/** What another program may do to a path, or to the folders above it, in the moment of any system call. */
export const attacks = [
  /** Reopens the file by its name, and appends. */
  'append',
  /** Saves as editors do: a new file takes the place by a rename. */
  'replace',
  /** Opens it for writing, which empties it, and writes. */
  'truncate',
  /** Other bytes of the same length in the same file, with its time of change put back (as `rsync --times --inplace`). */
  'disguise',
  /** Makes a file of that name where there is none just now. */
  'create',
  'fifo',
  'folder',
  /** A link to a file outside of the worktree. */
  'link',
  /** The folder above is moved away, and a link to one outside has its name. */
  'parentToLink',
  'parentToFile',
  'parentGone',
] as const;

export type Attack = (typeof attacks)[number];

/** Something that the other program has put there, and has not itself destroyed since. */
export const Left = v.object({
  /** Relative to the worktree. */
  name: v.string(),
  kind: v.picklist(['file', 'link', 'fifo']),
  /** Of a file what is in it, of a link where it leads. */
  content: v.string(),
  attack: v.picklist(attacks),
});

export type Left = v.InferOutput<typeof Left>;

/** Where the attacker is at work. */
export interface Ground {
  readonly root: string;
  /** A folder outside of the worktree which nobody may change; it mirrors the worktree's paths. */
  readonly outside: string;
  /** Where the attacker moves what stands in its way. */
  readonly attic: string;
}

/** Another program at work in the same folder. Everything is done at once, between two system calls of whom it disturbs. */
export class Attacker {
  private readonly made: Left[] = [];
  private readonly gone: Left[] = [];
  private count = 0;

  constructor(private readonly ground: Ground) {}

  /** What it has made, and has not itself destroyed. */
  get left(): readonly Left[] {
    return this.made;
  }

  /** What it has itself written over. */
  get overwritten(): readonly Left[] {
    return this.gone;
  }

  /** @returns false where there is nothing to be done to this path in this way. */
  strike(attack: Attack, name: string): boolean {
    this.count += 1;
    const file = path.join(this.ground.root, name);
    const parent = path.dirname(name);
    const there = kindOf(file);
    const text = `written by ${attack} ${this.count}, which nobody else has\n`;
    switch (attack) {
      case 'append':
      case 'replace':
      case 'truncate':
      case 'create':
        if (there === 'folder') {
          return this.put(attack, path.join(name, `${attack}-${this.count}`), text);
        }
        return attack === 'create' && there !== 'nothing' ? false : this.put(attack, name, text);
      case 'disguise':
        return there === 'file' && this.disguise(name, text);
      case 'fifo':
        return this.instead(attack, name, 'fifo', (at) => spawnSync('mkfifo', [at]).status === 0);
      case 'link':
        return this.instead(attack, name, 'link', (at) => {
          fs.symlinkSync(path.join(this.ground.outside, name), at);
          return true;
        });
      case 'folder':
        return this.instead(attack, name, undefined, (at) => {
          fs.mkdirSync(at);
          return this.put(attack, path.join(name, 'inside'), text);
        });
      case 'parentToLink':
        return (
          parent !== '.' &&
          this.instead(attack, parent, 'link', (at) => {
            fs.symlinkSync(path.join(this.ground.outside, parent), at);
            return true;
          })
        );
      case 'parentToFile':
        return (
          parent !== '.' && this.instead(attack, parent, undefined, () => this.put(attack, parent, text))
        );
      case 'parentGone':
        return parent !== '.' && this.instead(attack, parent, undefined, () => true);
    }
  }

  private put(attack: Attack, name: string, text: string): boolean {
    const file = path.join(this.ground.root, name);
    const there = kindOf(file);
    if (kindOf(path.dirname(file)) !== 'folder' || there === 'fifo' || there === 'folder') {
      return false;
    }
    if (there === 'link' && attack !== 'replace') {
      return false;
    }
    this.destroys(attack, name);
    if (attack === 'append') {
      fs.appendFileSync(file, text);
    } else if (attack === 'replace') {
      const fresh = path.join(this.ground.attic, `fresh-${this.count}`);
      fs.writeFileSync(fresh, text);
      fs.renameSync(fresh, file);
    } else {
      fs.writeFileSync(file, text);
    }
    this.takeNote(attack, name, 'file');
    return true;
  }

  private disguise(name: string, text: string): boolean {
    const file = path.join(this.ground.root, name);
    const { size, atimeMs, mtime } = fs.statSync(file);
    const time = exactTime(file) ?? mtime;
    this.destroys('disguise', name);
    fs.writeFileSync(file, text.repeat(Math.ceil(size / text.length)).slice(0, size));
    fs.utimesSync(file, atimeMs / 1000, time);
    this.takeNote('disguise', name, 'file');
    return size > 0;
  }

  /** Moves away what is there and puts something else there. */
  private instead(
    attack: Attack,
    name: string,
    kind: Left['kind'] | undefined,
    make: (at: string) => boolean,
  ): boolean {
    const file = path.join(this.ground.root, name);
    if (kindOf(path.dirname(file)) !== 'folder') {
      return false;
    }
    if (kindOf(file) !== 'nothing') {
      fs.renameSync(file, path.join(this.ground.attic, `${path.basename(name)}-${this.count}`));
    }
    const done = make(file);
    if (done && kind !== undefined) {
      this.takeNote(attack, name, kind);
    }
    return done;
  }

  private takeNote(attack: Attack, name: string, kind: Left['kind']): void {
    this.made.push({ name, kind, attack, content: contentAt(path.join(this.ground.root, name), kind) });
  }

  /** What this program writes over by itself is not looked for later. */
  private destroys(attack: Attack, name: string): void {
    const file = path.join(this.ground.root, name);
    const kind = kindOf(file);
    if (kind === 'file' || kind === 'link') {
      this.gone.push({ name, kind, attack, content: contentAt(file, kind) });
    }
    for (let at = this.made.length - 1; at >= 0; at -= 1) {
      const one = this.made[at];
      if (one?.name === name && one.kind === kind && one.content === contentAt(file, one.kind)) {
        this.made.splice(at, 1);
      }
    }
  }
}

export function kindOf(file: string): Left['kind'] | 'folder' | 'nothing' {
  // Where a folder above is no folder, the system says so in another way.
  const above = fs.statSync(path.dirname(file), { throwIfNoEntry: false });
  const stat = above?.isDirectory() === true ? fs.lstatSync(file, { throwIfNoEntry: false }) : undefined;
  if (stat === undefined) {
    return 'nothing';
  }
  if (stat.isDirectory()) {
    return 'folder';
  }
  return stat.isSymbolicLink() ? 'link' : stat.isFIFO() ? 'fifo' : 'file';
}

function contentAt(file: string, kind: Left['kind']): string {
  return kind === 'file' ? fs.readFileSync(file, 'latin1') : kind === 'link' ? fs.readlinkSync(file) : '';
}

/** The time of change in seconds, where a number of JavaScript can say it to the nanosecond; files of a test have such times. */
function exactTime(file: string): number | undefined {
  const { mtimeNs } = fs.statSync(file, { bigint: true });
  return mtimeNs % 1_000_000_000n === 0n ? Number(mtimeNs / 1_000_000_000n) : undefined;
}
