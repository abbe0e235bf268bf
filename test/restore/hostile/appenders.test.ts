import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { program } from '../../support/cli';
import { start, waitUntil, type Ended, type Running } from '../../support/processes';
import { TestRepo } from '../../support/repo';
import { printSeed, size, sized } from '../../support/size';
import { take } from './scene';
import { assertWritten, Writer, type How } from './writers';

const files = sized({ short: 24, long: 300 });

/** Who writes to which part of the files; one file has one writer. */
const ways: readonly [How, ...How[]] = ['append', 'append', 'replace', 'truncate'];

describe('programs that write by name while files are put in place', function () {
  this.timeout(sized({ short: 300_000, long: 0 }));
  printSeed();

  const rounds = sized({ short: 2, long: 150 });

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
      const left = reports.join('').match(/changed meanwhile/g) ?? [];
      console.log(`        ${lines.length} lines, ${left.length} times a file was left to its writer`);
    } finally {
      repo.dispose();
    }
  });

  const syncs = sized({ short: 1, long: 100 });

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

  if (size === 'long') {
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

/** A repository whose branch is behind an upstream in which all the files differ. */
function behind(): TestRepo {
  const repo = TestRepo.create();
  fill(repo, 'one');
  repo.git('add', '--all');
  repo.git('commit', '--quiet', '--message=One');
  repo.git('switch', '--quiet', '--create', 'upstream');
  fill(repo, 'other');
  repo.git('commit', '--quiet', '--all', '--message=Other');
  repo.git('switch', '--quiet', 'main');
  repo.git('branch', '--quiet', '--set-upstream-to=upstream');
  return repo;
}

const nameOf = (at: number): string => `logs/${at % 7}/file-${at}.log`;

/** A file that nobody else writes, which is the first to be put in place. */
const first = '0-first';

function fill(repo: TestRepo, words: string): void {
  repo.write(first, words);
  for (let at = 0; at < files; at += 1) {
    repo.write(nameOf(at), `${words} ${at}\n`);
  }
}

function targets(how: readonly [How, ...How[]]): { name: string; how: How }[] {
  return Array.from({ length: files }, (_, at) => ({
    name: nameOf(at),
    how: how[at % how.length] ?? how[0],
  }));
}

/**
 * Runs a command, and lets the writer go on from a moment until it is over: when the new files lie ready, and those on disk are looked
 * at for the last time, or when the first of them is in its place.
 */
async function besideWriter(
  repo: TestRepo,
  args: readonly string[],
  writer: Writer,
  moment: 'staged' | 'placed',
): Promise<Ended> {
  const running = run(repo, args);
  const over = { now: false };
  void running.ended.then(() => {
    over.now = true;
  });
  const stage = path.join(repo.commonDir, 'belay', 'restore');
  const before = inodeOf(repo, first);
  await waitUntil(() => {
    const come = moment === 'staged' ? isFilled(stage) : inodeOf(repo, first) !== before;
    return over.now || come ? true : undefined;
  }, 120_000);
  await writer.go();
  const ended = await running.ended;
  await writer.rest();
  return ended;
}

function inodeOf(repo: TestRepo, name: string): bigint | undefined {
  return fs.lstatSync(path.join(repo.folder, name), { bigint: true, throwIfNoEntry: false })?.ino;
}

function run(repo: TestRepo, args: readonly string[]): Running {
  const running = start(process.execPath, [program, ...args], { cwd: repo.folder });
  running.child.stdin?.end();
  return running;
}

function said({ stdout, stderr }: Ended): string {
  return `${stdout}\n${stderr}`;
}

function isFilled(folder: string): boolean {
  return fs.existsSync(folder) && fs.readdirSync(folder).length > 0;
}
