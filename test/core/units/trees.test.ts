import assert from 'node:assert/strict';
import path from 'node:path';
import { editTree, entriesAt, treeOf, type PathEntry } from '../../../src/checkpoint/trees';
import { fileName, inRepo, type TestRepo } from '../../support/repo';
import { printSeed, seeded, sized } from '../../support/size';

/** The tree that git makes of the same files, through an index of its own. */
function byIndex(repo: TestRepo, files: ReadonlyMap<string, PathEntry>): string {
  const env = { GIT_INDEX_FILE: path.join(repo.base, 'model-index') };
  repo.gitBytes(['read-tree', '--empty'], '', env);
  const lines = [...files].map(([name, { mode, oid }]) =>
    Buffer.concat([Buffer.from(`${mode} ${oid}\t`), fileName(name), Buffer.from([0])]),
  );
  repo.gitBytes(['update-index', '-z', '--index-info'], Buffer.concat(lines), env);
  return repo.gitBytes(['write-tree', '--missing-ok'], '', env).toString('ascii').trim();
}

/** What the edits mean: whatever is put at a path takes the place of what is in its way, and only a file is taken out. */
function apply(files: Map<string, PathEntry>, edits: ReadonlyMap<string, PathEntry | undefined>): void {
  for (const [name, entry] of edits) {
    if (entry === undefined) {
      files.delete(name);
    }
  }
  for (const [name, entry] of edits) {
    if (entry === undefined) {
      continue;
    }
    for (const other of [...files.keys()]) {
      if (other.startsWith(`${name}/`) || name.startsWith(`${other}/`)) {
        files.delete(other);
      }
    }
    files.set(name, entry);
  }
}

describe('editing trees', function () {
  printSeed();

  this.timeout(sized({ short: 300_000, long: 0 }));

  for (const [objectFormat, rounds] of [
    ['sha1', sized({ short: 50, long: 300 })],
    ['sha256', sized({ short: 20, long: 60 })],
  ] as const) {
    it(
      `gives the tree that git gives, after each of ${rounds} random edits (${objectFormat})`,
      inRepo(
        async (repo) => {
          const { plumbing } = await repo.worktree();
          const random = seeded(objectFormat === 'sha1' ? 6 : 7);
          const blobs = Array.from({ length: 5 }, (_, index) =>
            repo.gitBytes(['hash-object', '-w', '--stdin'], `${index}\n`).toString('ascii').trim(),
          );
          const commit = repo.git('rev-parse', 'HEAD');
          const parts = [
            'a',
            'a.txt',
            'a-b',
            'b',
            'B',
            '\u00ff\u00fe',
            'line\nend',
            ' ',
            '-x',
            ':y',
            'deep',
          ] as const;
          const files = new Map<string, PathEntry>();
          let tree = await plumbing.writeTree([]);
          for (let round = 0; round < rounds; round += 1) {
            const edits = new Map<string, PathEntry | undefined>();
            for (let count = 1 + random.below(8); count > 0; count -= 1) {
              const name = Array.from({ length: 1 + random.below(4) }, () => random.pick(parts)).join('/');
              const existing = [...files.keys()];
              const removes = random.below(3) === 0;
              const clashes = [...edits.keys()].some(
                (other) => other.startsWith(`${name}/`) || name.startsWith(`${other}/`),
              );
              if (removes) {
                edits.set(existing[random.below(existing.length)] ?? name, undefined);
              } else if (!clashes) {
                const mode = random.pick(['100644', '100644', '100755', '120000', '160000']);
                const oid = mode === '160000' ? commit : (blobs[random.below(blobs.length)] ?? '');
                edits.set(name, { mode, oid });
              }
            }
            apply(files, edits);
            tree = await editTree(plumbing, tree, edits);
            assert.equal(tree, byIndex(repo, files), `round ${round}: ${JSON.stringify([...edits])}`);
          }
          const asked = [...files.keys(), 'a/nowhere', 'nowhere', 'a/b/c/d/e/f'];
          const found = await entriesAt(plumbing, tree, asked);
          for (const name of asked) {
            const entry = found.get(name);
            const isFolder = [...files.keys()].some((other) => other.startsWith(`${name}/`));
            assert.deepEqual(isFolder ? entry?.mode : entry, isFolder ? '040000' : files.get(name));
          }
        },
        { objectFormat },
      ),
    );
  }

  it(
    'swaps files and folders either way',
    inRepo(async (repo) => {
      const { plumbing } = await repo.worktree();
      const oid = repo.git('rev-parse', 'HEAD:a.txt');
      const file = { mode: '100644', oid };
      const root = await treeOf(plumbing, repo.git('rev-parse', 'HEAD'));
      const swapped = await editTree(
        plumbing,
        root,
        new Map([
          ['a.txt', undefined],
          ['a.txt/inside/x', file],
          ['folder/b.txt', undefined],
          ['folder', file],
        ]),
      );
      assert.deepEqual([...repo.treeEntries(swapped).keys()], ['a.txt/inside/x', 'folder']);
      const back = await editTree(
        plumbing,
        swapped,
        new Map([
          ['folder', undefined],
          ['folder/b.txt', { mode: '100644', oid: repo.git('rev-parse', 'HEAD:folder/b.txt') }],
          ['a.txt/inside/x', undefined],
          ['a.txt', file],
        ]),
      );
      assert.equal(back, root);
      const nothing = await editTree(
        plumbing,
        root,
        new Map([
          ['a.txt', undefined],
          ['folder/b.txt', undefined],
        ]),
      );
      assert.equal(nothing, await plumbing.writeTree([]));
      assert.equal(await editTree(plumbing, root, new Map()), root);
    }),
  );

  it(
    'does not make something up where a tree is missing',
    inRepo(async (repo) => {
      const { plumbing } = await repo.worktree();
      const gone = '1'.repeat(40);
      const edits = new Map([['x', { mode: '100644', oid: repo.git('rev-parse', 'HEAD:a.txt') }]]);
      await assert.rejects(editTree(plumbing, gone, edits), { failure: 'object_missing' });
      await assert.rejects(entriesAt(plumbing, gone, ['x']), { failure: 'object_missing' });
      await assert.rejects(treeOf(plumbing, gone), { failure: 'object_missing' });
      // The processes answer the next request all the same.
      assert.equal((await plumbing.infos(['HEAD']))[0]?.oid, repo.git('rev-parse', 'HEAD'));
    }),
  );
});
