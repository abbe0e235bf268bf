import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GitError } from './errors';
import type { Git } from './git';
import { isDiskError, whenRefused } from './diskErrors';
import { LongLived } from './longLived';
import { uniqueName } from './unique';

export interface StoredObject {
  readonly oid: string;
  readonly type: string;
  readonly content: Buffer;
}

export interface ObjectInfo {
  readonly oid: string;
  readonly type: string;
  readonly size: number;
}

/** One entry of a tree object. The name is bytes, one character each, without a slash. */
export interface TreeEntry {
  readonly mode: string;
  readonly oid: string;
  readonly name: string;
}

/**
 * git's object store through processes that stay alive between requests: a checkpoint of a few known files costs
 * milliseconds in a repository of any size because nothing but the touched trees is read or written.
 */
export class Plumbing {
  private readonly reader: LongLived;
  private readonly treeWriter: LongLived;
  private readonly commitWriter: LongLived;
  private readonly others = new Map<string, LongLived>();

  constructor(
    private readonly git: Git,
    private readonly cwd: string,
    /** Makes the folder for what goes to git as a file. */
    private readonly scratch: () => Promise<string>,
    private readonly store: { readonly oidBytes: number; readonly configFile: string },
  ) {
    this.reader = this.longLived(['cat-file', '--batch-command']);
    this.treeWriter = this.longLived(['mktree', '-z', '--missing', '--batch']);
    this.commitWriter = this.longLived([
      'hash-object',
      '-w',
      '-t',
      'commit',
      '--no-filters',
      '--stdin-paths',
    ]);
  }

  private longLived(args: readonly string[]): LongLived {
    return new LongLived(this.git, args, this.cwd, this.store.configFile);
  }

  /** What a name points at, for each of the names in order; undefined where git knows no such object. */
  async infos(names: readonly string[]): Promise<(ObjectInfo | undefined)[]> {
    return this.reader.request(names.map((name) => `info ${name}\n`).join(''), async (answer) => {
      const infos: (ObjectInfo | undefined)[] = [];
      for (let i = 0; i < names.length; i += 1) {
        infos.push(parseInfo((await answer.until(0x0a)).toString('utf8')));
      }
      return infos;
    });
  }

  /** The objects of the names in order; undefined where git knows no such object. */
  async objects(names: readonly string[]): Promise<(StoredObject | undefined)[]> {
    return this.reader.request(names.map((name) => `contents ${name}\n`).join(''), async (answer) => {
      const objects: (StoredObject | undefined)[] = [];
      for (let i = 0; i < names.length; i += 1) {
        const info = parseInfo((await answer.until(0x0a)).toString('utf8'));
        if (info === undefined) {
          objects.push(undefined);
          continue;
        }
        const content = await answer.take(info.size);
        await answer.take(1);
        objects.push({ oid: info.oid, type: info.type, content });
      }
      return objects;
    });
  }

  /**
   * The object of that name.
   * @throws GitError `object_missing` when there is none.
   */
  async object(name: string): Promise<StoredObject> {
    const [object] = await this.objects([name]);
    if (object === undefined) {
      throw new GitError('object_missing', 'cat-file', `object ${name} is missing`);
    }
    return object;
  }

  /** The entries of each tree in order. @throws GitError `object_missing` when one is not there. */
  async trees(oids: readonly string[]): Promise<TreeEntry[][]> {
    const objects = await this.objects(oids);
    return objects.map((object, index) => {
      if (object?.type !== 'tree') {
        throw new GitError('object_missing', 'cat-file', `tree ${oids[index] ?? ''} is missing`);
      }
      return parseTree(object.content, this.store.oidBytes);
    });
  }

  /** The entries of a tree. @throws GitError `object_missing`. */
  async tree(oid: string): Promise<TreeEntry[]> {
    return (await this.trees([oid]))[0] ?? [];
  }

  /** Writes trees and gives their ids. The entries may come in any order; that they exist is the caller's care. */
  async writeTrees(trees: readonly (readonly TreeEntry[])[]): Promise<string[]> {
    const records = trees.map((entries) => {
      const lines = entries.map(({ mode, oid, name }) => `${mode} ${typeOfMode(mode)} ${oid}\t${name}\0`);
      return `${lines.join('')}\0`;
    });
    return this.treeWriter.request(Buffer.from(records.join(''), 'latin1'), async (answer) => {
      const oids: string[] = [];
      for (let i = 0; i < trees.length; i += 1) {
        oids.push((await answer.until(0x0a)).toString('ascii'));
      }
      return oids;
    });
  }

  async writeTree(entries: readonly TreeEntry[]): Promise<string> {
    return (await this.writeTrees([entries]))[0] ?? '';
  }

  /** Writes a commit object from its text, or its bytes, and gives its id; git checks its form. */
  async writeCommit(text: string | Buffer): Promise<string> {
    const file = await this.asFile(text);
    if (file === undefined) {
      return this.writeAlone(text);
    }
    try {
      return await this.commitWriter.request(`${file}\n`, async (answer) =>
        (await answer.until(0x0a)).toString('ascii'),
      );
    } catch (thrown) {
      if (existsSync(file)) {
        throw thrown;
      }
      // Another process cleared the folder in between.
      return await this.writeAlone(text);
    } finally {
      await rm(file, { force: true }).catch(whenRefused(undefined));
    }
  }

  /** The text as a file that git can read; undefined where the disk refuses. */
  private async asFile(text: string | Buffer): Promise<string | undefined> {
    try {
      const file = path.join(await this.scratch(), `commit-${uniqueName()}`);
      await writeFile(file, text);
      return file;
    } catch (thrown) {
      if (!isDiskError(thrown)) {
        throw thrown;
      }
      return undefined;
    }
  }

  /** A process of its own needs no file. */
  private writeAlone(text: string | Buffer): Promise<string> {
    const args = ['hash-object', '-w', '-t', 'commit', '--no-filters', '--stdin'];
    return this.git.text({ args, cwd: this.cwd, input: text });
  }

  /** The process that keeps running this command, for the layer that knows its protocol. */
  process(args: readonly string[]): LongLived {
    const name = args.join(' ');
    const known = this.others.get(name) ?? this.longLived(args);
    this.others.set(name, known);
    return known;
  }

  /** Lets the processes end. A later request starts them again. */
  close(): void {
    this.reader.close();
    this.treeWriter.close();
    this.commitWriter.close();
    for (const other of this.others.values()) {
      other.close();
    }
  }
}

function parseInfo(line: string): ObjectInfo | undefined {
  const match = /^([0-9a-f]{40,64}) (\w+) (\d+)$/.exec(line);
  return match === null ? undefined : { oid: match[1] ?? '', type: match[2] ?? '', size: Number(match[3]) };
}

function parseTree(content: Buffer, oidBytes: number): TreeEntry[] {
  const entries: TreeEntry[] = [];
  let at = 0;
  while (at < content.length) {
    const space = content.indexOf(0x20, at);
    const nul = content.indexOf(0x00, space);
    const end = nul + 1 + oidBytes;
    entries.push({
      mode: content.toString('ascii', at, space).padStart(6, '0'),
      name: content.toString('latin1', space + 1, nul),
      oid: content.toString('hex', nul + 1, end),
    });
    at = end;
  }
  return entries;
}

function typeOfMode(mode: string): 'tree' | 'commit' | 'blob' {
  if (mode === '040000') {
    return 'tree';
  }
  return mode === '160000' ? 'commit' : 'blob';
}
