import fs from 'node:fs';
import path from 'node:path';
import { program } from '../../support/cli';
import { start, waitUntil, type Ended, type Running } from '../../support/processes';
import { TestRepo } from '../../support/repo';
import { sized } from '../../support/size';
import type { How, Writer } from './writers';

export const files = sized({ short: 24, long: 300 });

/** Who writes to which part of the files; one file has one writer. */
export const ways: readonly [How, ...How[]] = ['append', 'late', 'replace', 'truncate'];

/** A repository whose branch is behind an upstream in which all the files differ. */
export function behind(): TestRepo {
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

export function fill(repo: TestRepo, words: string): void {
  repo.write(first, words);
  for (let at = 0; at < files; at += 1) {
    repo.write(nameOf(at), `${words} ${at}\n`);
  }
}

export function targets(how: readonly [How, ...How[]]): { name: string; how: How }[] {
  return Array.from({ length: files }, (_, at) => ({
    name: nameOf(at),
    how: how[at % how.length] ?? how[0],
  }));
}

/**
 * Runs a command, and lets the writer go on from a moment until it is over: when the new files lie ready, and those on disk are looked
 * at for the last time, or when the first of them is in its place.
 */
export async function besideWriter(
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

export function run(repo: TestRepo, args: readonly string[]): Running {
  const running = start(process.execPath, [program, ...args], { cwd: repo.folder });
  running.child.stdin?.end();
  return running;
}

export function said({ stdout, stderr }: Ended): string {
  return `${stdout}\n${stderr}`;
}

function isFilled(folder: string): boolean {
  return fs.existsSync(folder) && fs.readdirSync(folder).length > 0;
}
