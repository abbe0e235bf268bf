import assert from 'node:assert/strict';
import { waitUntil } from '../../support/processes';
import { TestRepo } from '../../support/repo';
import { printSeed, size, sized } from '../../support/size';
import { behind, besideWriter, files, fill, run, said, targets, ways } from './beside';
import { take } from './scene';
import { assertWritten, Writer } from './writers';

describe('programs that write by name while files are put in place', function () {
  this.timeout(sized({ short: 300_000, long: 0 }));
  printSeed();

  const rounds = sized({ short: 1, long: 150 });

  it(`${rounds} restores to and fro beside them: what was acknowledged is on disk, or named`, async () => {
    const repo = TestRepo.create();
    try {
      fill(repo, 'one');
      const one = await take(repo);
      fill(repo, 'other');
      const other = await take(repo);
      const writer = await Writer.start(repo, targets(ways));
      const reports: string[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const args = ['restore', round % 2 === 0 ? one : other, '--include-drifted'];
        reports.push(said(await besideWriter(repo, args, writer, round % 2 === 0 ? 'placed' : 'staged')));
      }
      const lines = await writer.stop();
      assertWritten(repo, lines, reports);
      const late = ways.filter((how) => how === 'late').length * (files / ways.length);
      const wrote = lines.filter((line) => line.startsWith('late ')).length;
      assert.equal(wrote, late, `files that kept a name while a program had them open: ${reports.join('')}`);
      const left = reports.join('').match(/changed meanwhile/g) ?? [];
      console.log(`        ${lines.length} lines, ${left.length} times a file was left to its writer`);
    } finally {
      repo.dispose();
    }
  });

  // In the short run a fan-out stands for a sync, which it is made of (worktrees.test.ts).
  if (size === 'long') {
    const syncs = 100;

    it(`${syncs} syncs, of which they hear when files begin to move: all or nothing, and what was acknowledged is on disk, or named`, async () => {
      const seen = { done: 0, refused: 0, lines: 0 };
      for (let round = 0; round < syncs; round += 1) {
        const repo = behind();
        try {
          const writer = await Writer.start(repo, targets(ways));
          const ended = await besideWriter(repo, ['sync'], writer, round % 2 === 0 ? 'placed' : 'staged');
          const lines = await writer.stop();
          assertWritten(repo, lines, [said(ended)]);
          const moved = repo.git('rev-parse', 'HEAD') === repo.git('rev-parse', 'upstream');
          assert.equal(ended.code === 0, moved, said(ended));
          seen[moved ? 'done' : 'refused'] += 1;
          seen.lines += lines.length;
        } finally {
          repo.dispose();
        }
      }
      console.log(`        ${seen.lines} lines; ${seen.done} syncs were done, ${seen.refused} not`);
    });

    it('a program that holds its files open: what it had written before is in a checkpoint, or on disk', async () => {
      const repo = TestRepo.create();
      try {
        fill(repo, 'one');
        const one = await take(repo);
        fill(repo, 'other');
        await take(repo);
        const writer = await Writer.start(repo, targets(['hold']));
        await writer.go();
        const some = await waitUntil(() => {
          const lines = writer.acknowledged();
          return lines.length > files * 2 ? lines : undefined;
        });
        assert.ok(some !== undefined);
        const ended = await run(repo, ['restore', one, '--include-drifted']).ended;
        await writer.stop();
        assertWritten(repo, some, [said(ended)]);
      } finally {
        repo.dispose();
      }
    });
  }
});
