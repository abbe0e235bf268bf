import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { belay } from '../../support/cli';
import { waitUntil } from '../../support/processes';
import { TestRepo } from '../../support/repo';
import { printSeed, sized } from '../../support/size';
import { behind, besideWriter, files, fill, run, said, targets, ways } from './beside';
import { assertFound, assertWritten, contentsOf, namedCheckpoints, Writer } from './writers';

describe('programs that write by name in a worktree that is brought to a pin, or removed', function () {
  this.timeout(sized({ short: 300_000, long: 0 }));
  printSeed();

  const fans = sized({ short: 1, long: 100 });

  it(`${fans} times to a pin: all or nothing, and what was acknowledged is on disk, or named`, async () => {
    for (let round = 0; round < fans; round += 1) {
      const repo = behind();
      try {
        const pinned = belay(repo, ['pin', 'set', 'sprint', 'upstream']);
        assert.equal(pinned.code, 0, pinned.err);
        const writer = await Writer.start(repo, targets(ways));
        const args = ['pin', 'apply', 'sprint', '--worktree', 'main'];
        const ended = await besideWriter(repo, args, writer, round % 2 === 0 ? 'placed' : 'staged');
        const lines = await writer.stop();
        assert.ok(lines.length > 0, 'nothing was written');
        assertWritten(repo, lines, [said(ended)]);
        const moved = repo.git('rev-parse', 'HEAD') === repo.git('rev-parse', 'upstream');
        assert.equal(ended.code === 0, moved, said(ended));
      } finally {
        repo.dispose();
      }
    }
  });

  const removals = sized({ short: 1, long: 100 });

  it(`${removals} removals: what was acknowledged is in the checkpoint, or in a file that is named`, async () => {
    for (let round = 0; round < removals; round += 1) {
      await removeBesideWriters();
    }
  });
});

/** Some programs have their files open, and rest; the others go on all the while. */
async function removeBesideWriters(): Promise<void> {
  const repo = TestRepo.create();
  try {
    const linked = repo.link('w');
    fill(linked, 'one');
    const all = targets(ways);
    const held = all.slice(0, files / 4).map(({ name }) => ({ name, how: 'hold' as const }));
    const holder = await Writer.start(linked, held);
    const writer = await Writer.start(linked, all.slice(files / 4));
    await writes(holder, held.length);
    await holder.rest();
    await writes(writer, files);
    const ended = await run(repo, ['worktree', 'remove', 'w']).ended;
    await writer.rest();
    assert.equal(ended.code, 0, said(ended));
    assert.equal(fs.existsSync(linked.folder), false, said(ended));
    const kept = keptIn(said(ended));
    for (const { name } of held) {
      assert.ok(kept.has(name), `${name}, which a program has open: ${said(ended)}`);
    }
    await writes(holder, held.length);
    const lines = [...(await holder.stop()), ...(await writer.stop())];
    const aside = `${linked.folder}.belay-removing`;
    const there = fs
      .readdirSync(aside, { recursive: true, encoding: 'utf8' })
      .map((name) => path.join(aside, name))
      .filter((file) => !fs.statSync(file).isDirectory());
    assert.deepEqual(there.sort(), [...kept.values()].sort(), 'what is left, and what is named');
    assertFound(lines, [
      ...there.map((file) => fs.readFileSync(file)),
      ...contentsOf(repo, namedCheckpoints(repo, 'w', [said(ended)])),
    ]);
  } finally {
    repo.dispose();
  }
}

/** Has it write, and waits until it has so many times more. */
async function writes(writer: Writer, times: number): Promise<void> {
  const before = writer.acknowledged().length;
  await writer.go();
  const came = await waitUntil(
    () => (writer.acknowledged().length >= before + times ? true : undefined),
    120_000,
  );
  assert.ok(came === true, 'it writes');
}

/** What keeps a name, as a report says. */
function keptIn(report: string): Map<string, string> {
  return new Map(
    report.split('\n').flatMap((line): [string, string][] => {
      const [, name, as] = /^(.+?): kept as (.+)$/.exec(line) ?? [];
      return name === undefined || as === undefined ? [] : [[name, as]];
    }),
  );
}
