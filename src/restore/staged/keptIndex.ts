import fs from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { formatCommit, formatTrailers, readCommit, readTrailers } from '../../git/commit';
import { GitError } from '../../git/errors';
import { isSameContent, type IndexFile } from '../../git/indexFile';
import { whenMissing } from '../../git/diskErrors';
import { uniqueName } from '../../git/unique';
import type { Worktree } from '../../git/worktree';

/**
 * The user's index file around a restore of staged state, kept as a commit that the checkpoint before it names
 * (`Belay-Index-File`): `before` is what it was, `after` what the restore puts in its place. So an undo knows what was written also
 * where a crash came between, and gives back every bit that no tree has a place for.
 */
export interface KeptIndex {
  readonly before: IndexFile;
  readonly after: IndexFile;
}

/** A split index (git-update-index(1), "Split index") is one together with the shared one that it names by its hash. */
const sharedName = /^sharedindex\.[0-9a-f]{40,64}$/;

const times = v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number));

/** Keeps both as a commit, which no reference names yet. */
export async function keepIndex(worktree: Worktree, { before, after }: KeptIndex): Promise<string> {
  const files = new Map([
    ...(await sharedBy(worktree, before)),
    ['before', before.content],
    ['after', after.content],
  ]);
  const entries = [];
  for (const [name, content] of files) {
    if (content !== undefined) {
      const oid = await worktree.git.text({
        args: ['hash-object', '-w', '--no-filters', '--stdin'],
        cwd: worktree.root,
        input: content,
      });
      entries.push({ mode: '100644', oid, name });
    }
  }
  const message = formatTrailers('Index file', [
    ['Belay-Worktree', worktree.key],
    ['Belay-Before-Written', String(Math.max(0, before.writtenMs))],
    ['Belay-After-Written', String(Math.max(0, after.writtenMs))],
  ]);
  const tree = await worktree.plumbing.writeTree(entries);
  return worktree.plumbing.writeCommit(formatCommit({ tree, parents: [], agent: 'Belay', time: 0, message }));
}

/** Reads what {@link keepIndex} kept, and puts a shared index that it needs back where git looks for it. @throws GitError. */
export async function readKeptIndex(worktree: Worktree, oid: string): Promise<KeptIndex> {
  const { plumbing } = worktree;
  const commit = readCommit((await plumbing.object(oid)).content.toString('utf8'));
  const { trailers } = readTrailers(commit.message);
  const time = (name: string): number => {
    const read = v.safeParse(times, trailers.get(name)?.[0]);
    if (!read.success) {
      throw new GitError('object_missing', 'cat-file', `${oid} is no record of an index file`);
    }
    return read.output;
  };
  const contents = new Map<string, Buffer>();
  for (const { name, oid: blob } of await plumbing.tree(commit.tree)) {
    contents.set(name, (await plumbing.object(blob)).content);
  }
  for (const [name, content] of contents) {
    if (sharedName.test(name)) {
      await putShared(path.join(worktree.gitDir, name), content);
    }
  }
  return {
    before: { content: contents.get('before'), writtenMs: time('Belay-Before-Written') },
    after: { content: contents.get('after'), writtenMs: time('Belay-After-Written') },
  };
}

/** The shared indexes beside the user's that an index names: the name of one is the hash that is in it. */
async function sharedBy(worktree: Worktree, { content }: IndexFile): Promise<[string, Buffer][]> {
  if (content === undefined) {
    return [];
  }
  const found: [string, Buffer][] = [];
  for (const name of await fs.readdir(worktree.gitDir)) {
    const hash = Buffer.from(name.slice(name.indexOf('.') + 1), 'hex');
    if (sharedName.test(name) && content.includes(hash)) {
      const shared = await fs.readFile(path.join(worktree.gitDir, name)).catch(whenMissing(undefined));
      if (shared !== undefined) {
        found.push([name, shared]);
      }
    }
  }
  return found;
}

/** A shared index never changes; git removes one that it has not used for two weeks. */
async function putShared(file: string, content: Buffer): Promise<void> {
  const there = await fs.readFile(file).catch(whenMissing(undefined));
  if (!isSameContent(there, content)) {
    const fresh = `${file}.${uniqueName()}`;
    await fs.writeFile(fresh, content);
    await fs.rename(fresh, file);
  }
}
