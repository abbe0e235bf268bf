import assert from 'node:assert/strict';
import { formatCommit, oneLine } from '../../../src/git/commit';
import {
  formatMessage,
  parseCommit,
  type CheckpointRecord,
  type ParsedCheckpoint,
} from '../../../src/checkpoint/message';
import type { UncoveredReason } from '../../../src/checkpoint/checkpoint';
import { pathFromBytes } from '../../../src/git/path';
import { printSeed, seeded } from '../../support/size';

const oid = 'ab'.repeat(20);

function record(own: Partial<CheckpointRecord> = {}): CheckpointRecord {
  return {
    session: 'session-1',
    agent: 'claude-code',
    step: 3,
    base: oid,
    branch: 'refs/heads/main',
    operation: undefined,
    mode: 'whole',
    worktree: 'main',
    segment: '1700000000000000000',
    segmentBase: oid,
    segmentPosition: 2,
    tool: undefined,
    task: undefined,
    message: 'Words',
    paths: [],
    uncovered: [],
    uncoveredMore: 0,
    staged: undefined,
    indexFile: undefined,
    rules: undefined,
    worktreeBorn: undefined,
    folded: [],
    restoring: undefined,
    restoredFrom: undefined,
    stale: undefined,
    ...own,
  };
}

function roundTrip(made: CheckpointRecord): ParsedCheckpoint | undefined {
  const message = formatMessage(made);
  return parseCommit(
    oid,
    formatCommit({ tree: oid, parents: [oid], agent: made.agent, time: 1_700_000_000, message }),
  );
}

function assertReadsBack(made: CheckpointRecord): void {
  const parsed = roundTrip(made);
  assert.ok(parsed, `not read as a checkpoint: ${JSON.stringify(made)}`);
  const { oid: readOid, tree, parents, time, opensSegment, ...rest } = parsed;
  assert.deepEqual(rest, made);
  assert.deepEqual([readOid, tree, parents, time], [oid, oid, [oid], 1_700_000_000_000]);
  assert.equal(opensSegment, made.segmentPosition === 1);
}

const reasons: readonly [UncoveredReason, ...UncoveredReason[]] = [
  'too_large',
  'total_exceeded',
  'too_many',
  'nested_repository',
  'submodule',
  'unreadable',
  'filter_failed',
  'ignored',
  'ignored_before',
];

describe('the message of a checkpoint', () => {
  printSeed();

  it('reads back as it was written, every field', () => {
    assertReadsBack(record());
    assertReadsBack(
      record({
        base: undefined,
        branch: undefined,
        operation: 'rebase',
        mode: 'paths',
        segmentBase: undefined,
        segmentPosition: 1,
        tool: 'Edit',
        task: 'T-1',
        staged: oid,
        rules: oid,
        worktreeBorn: '1700000000123456789',
        folded: [oid, 'cd'.repeat(20)],
        restoring: oid,
        restoredFrom: oid,
        uncoveredMore: 7,
        paths: ['a', ' b ', 'c\nBelay-Step: 9', '"', 'ü', '\u2028'.repeat(2)].map((name) =>
          pathFromBytes(Buffer.from(name)),
        ),
        uncovered: reasons.map((reason) => ({ path: `x ${reason} `, reason })),
      }),
    );
  });

  it('reads back whatever the person, the tool and the file names say', () => {
    const random = seeded(3);
    for (let count = 0; count < 1_000; count += 1) {
      const paths = Array.from({ length: random.below(4) }, () =>
        pathFromBytes(random.bytes(1 + random.below(12))),
      );
      assertReadsBack(
        record({
          session: random.text(1 + random.below(20)).trim() || 'x',
          agent: random.text(1 + random.below(20)).trim() || 'x',
          task: random.text(1 + random.below(20)).trim() || 'x',
          message: random.text(random.below(60)).trim(),
          paths,
          uncovered: paths.map((path) => ({ path, reason: random.pick(reasons) })),
        }),
      );
    }
  });

  it('cannot be made to say something else by the words in it', () => {
    const words = [
      'Belay-Step: 9',
      'Belay-Session: somebody\nBelay-Step: 9\n',
      'Belay-Step: 9\n\nBelay-Step: 8',
      'x\n\nBelay-Session: y\nBelay-Agent: y\nBelay-Step: 1\nBelay-Base: unborn\nBelay-Mode: whole',
      'one\r\ntwo\r\n\r\nBelay-Step: 9',
      '',
      '\n\n\n',
      'no blank lines\nat all\nBelay-Base: unborn',
      'Belay-Uncovered: ignored x',
      'long '.repeat(100_000),
      'tree 0000\nparent 0000',
      '\u2028Belay-Step: 9\u2029',
    ];
    for (const message of words) {
      assertReadsBack(record({ message: message.trim() }));
    }
    for (const value of words) {
      const parsed = roundTrip(record({ tool: value, task: value }));
      assert.equal(parsed?.step, 3);
      assert.equal(parsed.session, 'session-1');
      assert.equal(parsed.tool ?? '', oneLine(value));
      assert.doesNotMatch(oneLine(value), /[\n\r]/);
    }
    assert.equal(roundTrip(record({ message: 'nul\0byte' }))?.message, 'nulbyte');
  });

  it('names so many gaps and counts the rest', () => {
    const uncovered = Array.from({ length: 700 }, (_, index) => ({
      path: `${index}`,
      reason: 'too_many' as const,
    }));
    const parsed = roundTrip(record({ uncovered, uncoveredMore: 5 }));
    assert.ok(parsed);
    assert.ok(parsed.uncovered.length >= 100);
    assert.equal(parsed.uncovered.length + parsed.uncoveredMore, 705);
  });

  it('is not seen in what is no checkpoint, and nothing makes the reader throw', () => {
    const random = seeded(4);
    const good = formatCommit({
      tree: oid,
      parents: [],
      agent: 'x',
      time: 1,
      message: formatMessage(record()),
    });
    assert.ok(parseCommit(oid, good));
    for (const content of [
      '',
      '\n',
      '\n\n',
      'tree\n\n',
      'Belay-Session: x',
      good.replace('Belay-Step: 3', 'Belay-Step: 0'),
      good.replace('Belay-Step: 3', 'Belay-Step: -1'),
      good.replace('Belay-Mode: whole', 'Belay-Mode: half'),
      good.replace(/Belay-Segment: .*/, 'Belay-Segment: x'),
    ]) {
      assert.equal(parseCommit(oid, content), undefined, JSON.stringify(content.slice(0, 60)));
    }
    for (let count = 0; count < 2_000; count += 1) {
      const bytes = Buffer.from(good);
      for (let hits = 0; hits < 1 + random.below(6); hits += 1) {
        bytes[random.below(bytes.length)] = random.below(256);
      }
      parseCommit(oid, bytes.toString('utf8').slice(0, random.below(bytes.length)));
      parseCommit(oid, bytes.toString('latin1'));
    }
  });
});
