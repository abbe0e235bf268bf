import assert from 'node:assert/strict';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { inRepo, type TestRepo } from '../support/repo';
import { sized } from '../support/size';

/** How many files are edited before each checkpoint. */
const width = 8;
const rounds = sized({ short: 10, long: 125 });
const edits = (width * rounds).toLocaleString('en');

function name(number: number): string {
  return `files/${number}.txt`;
}

/** Different in each round, and always of the same size. */
function content(round: number, number: number): string {
  return `${String(round).padStart(6, '0')} ${String(number).padStart(4, '0')}\n`;
}

async function edit(repo: TestRepo, mode: 'whole' | 'paths', also: (round: number) => void): Promise<void> {
  const wanted = new Map<string, string>();
  for (let round = 1; round <= rounds; round += 1) {
    const names: string[] = [];
    for (let number = 0; number < width; number += 1) {
      const file = name((round * 7 + number) % 25);
      fs.writeFileSync(repo.at(file), content(round, number));
      wanted.set(file, content(round, number));
      names.push(file);
    }
    also(round);
    const { checkpoint } = await repo.checkpoint(mode === 'paths' ? { paths: names } : {});
    const tree = repo.treeEntries(checkpoint.tree);
    const disk = repo.diskEntries();
    for (const file of wanted.keys()) {
      assert.equal(tree.get(file), disk.get(file), `round ${round}: ${file} was missed`);
    }
    assert.equal(tree.size, disk.size);
  }
}

describe('invariant 3: an edit of the same size within the same second is never missed', function () {
  this.timeout(sized({ short: 240_000, long: 0 }));

  function prepare(repo: TestRepo, untracked: number): void {
    for (let number = 0; number < 25; number += 1) {
      repo.write(name(number), content(0, number));
    }
    repo.git('add', '--all');
    repo.git('commit', '--quiet', '--message=Files');
    for (let number = 0; number < untracked; number += 1) {
      repo.write(`untracked/${number}.txt`, `${number}\n`);
    }
  }

  it(
    `in ${edits} edits between commands of the user that write the index (whole)`,
    inRepo(async (repo) => {
      prepare(repo, 0);
      await edit(repo, 'whole', (round) => {
        if (round % 4 === 1) {
          repo.git('add', '--all');
          fs.writeFileSync(repo.at(name((round * 7) % 25)), content(round, 99));
        } else if (round % 4 === 2) {
          repo.git('status');
          fs.writeFileSync(repo.at(name((round * 7) % 25)), content(round, 98));
        } else if (round % 20 === 3) {
          repo.git('commit', '--quiet', '--all', '--message=Round');
          fs.writeFileSync(repo.at(name((round * 7) % 25)), content(round, 97));
        }
      });
    }),
  );

  it(
    `in ${edits} edits between which only the private index is written (whole)`,
    inRepo(async (repo) => {
      prepare(repo, 210);
      await edit(repo, 'whole', (round) => {
        if (round % 20 === 10) {
          // Enough that the private index is brought up to date by writing it anew.
          for (let number = 0; number < 210; number += 1) {
            repo.write(`untracked/${number}.txt`, `${number} ${round}\n`);
          }
        }
      });
    }),
  );

  it(
    `in ${edits} edits of known paths`,
    inRepo(async (repo) => {
      prepare(repo, 0);
      await edit(repo, 'paths', (round) => {
        if (round % 4 === 1) {
          repo.git('add', '--all');
          fs.writeFileSync(repo.at(name((round * 7) % 25)), content(round, 99));
        }
      });
    }),
  );

  for (const settings of [
    {},
    { 'core.trustctime': 'false', 'core.checkStat': 'minimal', 'core.ignoreStat': 'true' },
  ]) {
    it(
      `nor one whose time was put back, with the settings ${JSON.stringify(settings)}`,
      inRepo(async (repo) => {
        for (const [key, value] of Object.entries(settings)) {
          repo.git('config', key, value);
        }
        const past = new Date('2020-01-02T03:04:05Z');
        repo.write('old.txt', content(0, 0));
        fs.utimesSync(repo.at('old.txt'), past, past);
        repo.git('add', '--all');
        repo.git('commit', '--quiet', '--message=Old');
        for (const mode of ['whole', 'paths'] as const) {
          await repo.checkpoint();
          // Within one second not even the time of the file's own record tells it from before, for git as for us.
          await sleep(1_100);
          repo.write('old.txt', content(mode === 'whole' ? 1 : 2, 0));
          fs.utimesSync(repo.at('old.txt'), past, past);
          const { checkpoint } = await repo.checkpoint(mode === 'paths' ? { paths: ['old.txt'] } : {});
          assert.deepEqual(repo.treeEntries(checkpoint.oid), repo.diskEntries(), mode);
        }
      }),
    );
  }

  for (const way of ['the user’s index', 'the private index'] as const) {
    it(
      `nor one in the second in which ${way} was written, looked at only later`,
      inRepo(async (repo) => {
        prepare(repo, way === 'the private index' ? 210 : 0);
        const file = way === 'the private index' ? 'untracked/7.txt' : name(7);
        // Where the clock has moved on to the next second in between, the edit is plain to see: then once more.
        for (let before = -1, round = 0; before !== Math.floor(Date.now() / 1000) && round < 20; round += 1) {
          await sleep(1_020 - (Date.now() % 1_000));
          before = Math.floor(Date.now() / 1000);
          if (way === 'the private index') {
            for (let number = 0; number < 210; number += 1) {
              repo.write(`untracked/${number}.txt`, `${number} ${String(round).padStart(4, '0')}\n`);
            }
            await repo.checkpoint();
            repo.write(file, `7 ${'x'.repeat(4)}\n`);
          } else {
            repo.write(file, content(round + 1, 0));
            repo.git('add', '--all');
            repo.write(file, content(round + 1, 1));
          }
        }
        await sleep(1_020 - (Date.now() % 1_000));
        const { checkpoint } = await repo.checkpoint();
        assert.equal(repo.treeEntries(checkpoint.tree).get(file), repo.diskEntries().get(file));
      }),
    );
  }
});
