import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { asidesIn, toldIn } from '../../support/accounted';
import { bundled } from '../../support/bundle';
import { start } from '../../support/processes';
import type { TestRepo } from '../../support/repo';
import { Worker } from '../../support/workers';

export type How = 'append' | 'replace' | 'truncate' | 'hold' | 'late';

/** A program that writes to files of a repository, as a process of its own. */
export class Writer {
  private constructor(
    private readonly worker: Worker,
    private readonly answers: string,
  ) {}

  /** @param targets What it writes to, and how. One file has one writer. It rests at first. */
  static async start(
    repo: TestRepo,
    targets: readonly { readonly name: string; readonly how: How }[],
  ): Promise<Writer> {
    const scratch = fs.mkdtempSync(path.join(repo.base, 'writer-'));
    const answers = path.join(scratch, 'acknowledged');
    fs.writeFileSync(answers, '');
    const args = [repo.folder, scratch, answers, ...targets.map(({ how, name }) => `${how}:${name}`)];
    const program = bundled('test/support/writer.ts');
    const worker = new Worker(start(process.execPath, [program, ...args], { cwd: repo.base }));
    assert.equal(await worker.line(), 'ready');
    return new Writer(worker, answers);
  }

  async go(): Promise<void> {
    assert.equal(await this.worker.order('go'), 'go');
  }

  async rest(): Promise<void> {
    assert.equal(await this.worker.order('rest'), 'rest');
  }

  /** What it has acknowledged up to now. */
  acknowledged(): string[] {
    return fs.readFileSync(this.answers, 'utf8').split('\n').slice(0, -1);
  }

  /** Ends it. @returns the lines that must be found: of what it itself writes over, the last one for each file. */
  async stop(): Promise<string[]> {
    await this.worker.stop();
    const lines = this.acknowledged();
    const last = new Map(lines.map((line) => [line.split(' ')[2], line]));
    return lines.filter(
      (line) => /^(?:append|hold|late) /.test(line) || last.get(line.split(' ')[2]) === line,
    );
  }
}

/** Fails unless each line is in a file of the worktree, or in one that a report named, or in a checkpoint that one named, or a later one. */
export function assertWritten(repo: TestRepo, lines: readonly string[], reports: readonly string[]): void {
  const told = reports.map(toldIn);
  const kept = new Set(
    told.flatMap(({ keptAs }) =>
      keptAs.map(({ name, as }) => path.join(path.dirname(name), path.basename(as))),
    ),
  );
  const unnamed = asidesIn(repo).filter((name) => !kept.has(name));
  assert.deepEqual(unnamed, [], 'files that were moved aside and not named');
  assertFound(lines, [
    ...[...repo.disk().values()].map(({ content }) => content),
    ...contentsOf(repo, [
      ...namedCheckpoints(repo, 'main', reports),
      ...told.flatMap(({ inCheckpoint }) => inCheckpoint.map(({ id }) => id)),
    ]),
  ]);
}

/** Fails unless each line is in one of these contents. */
export function assertFound(lines: readonly string[], contents: readonly Buffer[]): void {
  const found = new Set(contents.flatMap((content) => content.toString('utf8').split('\n')));
  const missing = lines.filter((line) => !found.has(line));
  assert.deepEqual(
    missing.slice(0, 10),
    [],
    `${missing.length} of ${lines.length} acknowledged lines are nowhere`,
  );
}

/** The checkpoints of a worktree that reports name in whatever words, and all that were taken after them. */
export function namedCheckpoints(repo: TestRepo, key: string, reports: readonly string[]): string[] {
  const words = reports.flatMap((said) => said.match(/\b[0-9a-f]{10,64}\b/g) ?? []);
  const chain = repo.git('rev-list', '--first-parent', `refs/belay/shadow/${key}/current`).split('\n');
  const first = Math.max(...words.map((word) => chain.findIndex((oid) => oid.startsWith(word))));
  return chain.slice(0, first + 1);
}

/** The contents of all files in these commits, each once. */
export function contentsOf(repo: TestRepo, commits: readonly string[]): Buffer[] {
  const oids = new Set(
    commits.flatMap((commit) =>
      repo
        .git('ls-tree', '-r', '--object-only', commit)
        .split('\n')
        .filter((oid) => oid !== ''),
    ),
  );
  const output = repo.gitBytes(['cat-file', '--batch'], [...oids].map((oid) => `${oid}\n`).join(''));
  const contents: Buffer[] = [];
  for (let at = 0; at < output.length;) {
    const end = output.indexOf(0x0a, at);
    const size = Number(output.toString('latin1', at, end).split(' ')[2]);
    contents.push(output.subarray(end + 1, end + 1 + size));
    at = end + 1 + size + 1;
  }
  return contents;
}
