import assert from 'node:assert/strict';
import type { TestRepo } from './repo';
import type { Answer } from './workers';

/** One acknowledged checkpoint, with what its process had written before. */
export interface Acknowledged {
  readonly answer: Answer;
  /** The session's own file and what was in it. */
  readonly file: string;
  readonly content: string;
  readonly ms: number;
}

export interface Reached {
  readonly oid: string;
  readonly session: string;
  readonly step: number;
}

export interface Survey {
  /** Every commit that can be reached from Belay's refs. */
  readonly commits: ReadonlySet<string>;
  /** Those of them that are checkpoints; what fenced writers left counts as none. */
  readonly checkpoints: readonly Reached[];
}

/** What Belay's refs hold now. Fails when anything that they should hold is missing. */
export function survey(repo: TestRepo): Survey {
  const trailer = (name: string): string => `%(trailers:key=Belay-${name},valueonly,separator=%x20)`;
  const text = repo.git(
    'log',
    '--glob=refs/belay/*',
    `--format=%H%x09${trailer('Session')}%x09${trailer('Step')}%x09${trailer('Stale')}`,
    '--',
  );
  const rows = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
  return {
    commits: new Set(rows.map(([oid = '']) => oid)),
    checkpoints: rows.flatMap(([oid = '', session = '', step = '', stale = '']) =>
      session === '' || stale !== '' ? [] : [{ oid, session, step: Number(step) }],
    ),
  };
}

/** Fails unless every object below Belay's refs exists. */
export function assertWhole(repo: TestRepo): void {
  const { code, output } = repo.tryGit('rev-list', '--objects', '--quiet', '--glob=refs/belay/*');
  assert.equal(code, 0, `objects are missing below refs/belay: ${output}`);
}

/** Fails unless each session's checkpoints have the steps 1, 2, 3, ... without gap or repeat. @returns the counts. */
export function assertSteps(found: Survey): Map<string, number> {
  const bySession = new Map<string, number[]>();
  for (const { session, step } of found.checkpoints) {
    bySession.set(session, [...(bySession.get(session) ?? []), step]);
  }
  for (const [session, steps] of bySession) {
    steps.sort((a, b) => a - b);
    assert.deepEqual(
      steps,
      steps.map((_, index) => index + 1),
      `the steps of ${session}`,
    );
  }
  return new Map([...bySession].map(([session, steps]) => [session, steps.length]));
}

/** Fails unless every acknowledged checkpoint is reachable and holds what its process had written before. */
export function assertAcknowledged(
  repo: TestRepo,
  found: Survey,
  acknowledged: readonly Acknowledged[],
): void {
  const lost = acknowledged.filter(({ answer }) => !found.commits.has(answer.checkpoint));
  assert.deepEqual(
    lost.map(({ answer }) => `${answer.session} step ${answer.step} ${answer.checkpoint}`),
    [],
    `${lost.length} of ${acknowledged.length} acknowledged checkpoints are lost`,
  );
  const names = acknowledged.map(({ answer, file }) => `${answer.checkpoint}:${file}\n`).join('');
  const contents = readBatch(repo.gitBytes(['cat-file', '--batch'], names));
  for (const [index, { answer, file, content }] of acknowledged.entries()) {
    assert.equal(contents[index], content, `${file} in step ${answer.step} of ${answer.session}`);
  }
}

function readBatch(output: Buffer): string[] {
  const contents: string[] = [];
  for (let at = 0; at < output.length;) {
    const end = output.indexOf(0x0a, at);
    const header = output.toString('utf8', at, end);
    const size = / blob (\d+)$/.exec(header)?.[1];
    if (size === undefined) {
      contents.push(header);
      at = end + 1;
      continue;
    }
    contents.push(output.toString('utf8', end + 1, end + 1 + Number(size)));
    at = end + 1 + Number(size) + 1;
  }
  return contents;
}

/** Every checkpoint of every session, with its exact step: nothing lost, nothing twice. */
export function assertAllLanded(
  repo: TestRepo,
  acknowledged: readonly Acknowledged[],
  sessions: number,
  each: number,
): void {
  const found = survey(repo);
  assertWhole(repo);
  assertAcknowledged(repo, found, acknowledged);
  const created = acknowledged.filter(({ answer }) => answer.created);
  assert.equal(created.length, sessions * each, 'acknowledged as created');
  assert.equal(new Set(created.map(({ answer }) => answer.checkpoint)).size, created.length, 'distinct');
  const counts = assertSteps(found);
  assert.equal(counts.size, sessions, 'sessions with checkpoints');
  for (const [session, count] of counts) {
    assert.equal(count, each, `checkpoints of ${session}`);
  }
  const next = new Map<string, number>();
  for (const { answer } of created) {
    const step = (next.get(answer.session) ?? 0) + 1;
    assert.equal(answer.step, step, `the acknowledged step of ${answer.session}`);
    next.set(answer.session, step);
  }
}

/**
 * Fails unless the shadow branch is one line that holds every checkpoint that was put on it, and in which no file is
 * ever older than before. The files of the sessions count up with each `try` that was written.
 */
export function assertLine(repo: TestRepo, shadow: string, acknowledged: readonly Acknowledged[]): void {
  const line = repo.git('rev-list', '--first-parent', '--reverse', shadow).split('\n');
  const onLine = new Set(line);
  const aside = acknowledged.filter(({ answer }) => answer.ref === shadow && !onLine.has(answer.checkpoint));
  assert.deepEqual(
    aside.map(({ answer }) => `${answer.session} step ${answer.step}`),
    [],
    `checkpoints that dropped out of ${shadow}`,
  );
  const files = [...new Set(acknowledged.map(({ file }) => file))];
  const names = line.flatMap((oid) => files.map((file) => `${oid}:${file}\n`)).join('');
  const contents = readBatch(repo.gitBytes(['cat-file', '--batch'], names));
  const newest = new Map<string, number>();
  for (const [index, content] of contents.entries()) {
    const file = files[index % files.length] ?? '';
    const version = Number(/ try (\d+)\n$/.exec(content)?.[1] ?? -1);
    const before = newest.get(file) ?? -1;
    assert.ok(
      version >= before,
      `${file} is older in ${line[Math.floor(index / files.length)] ?? ''} than before`,
    );
    newest.set(file, version);
  }
}

/** The figures of many checkpoints, as one line. */
export function figures(acknowledged: readonly Acknowledged[]): string {
  const created = acknowledged.filter(({ answer }) => answer.created);
  const times = created.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (part: number): string =>
    (times[Math.min(times.length - 1, Math.floor(part * times.length))] ?? Number.NaN).toFixed(0);
  const retries = created.reduce((sum, { answer }) => sum + answer.attempts - 1, 0);
  const aside = created.filter(({ answer }) => answer.ref.startsWith('refs/belay/overflow/')).length;
  const same = acknowledged.length - created.length;
  const extra = `${aside === 0 ? '' : `, ${aside} beside the chain`}${same === 0 ? '' : `, ${same} had nothing new`}`;
  return `${created.length} of ${created.length} reachable, ${retries} retries, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms${extra}`;
}
