import assert from 'node:assert/strict';
import { formatCommit, formatTrailers, type Trailer } from '../../../src/git/commit';
import { lostMessage } from '../../../src/leases/error';
import type { Lease, LeaseStatus, Resource } from '../../../src/leases/lease';
import { leaseOf, requireLease } from '../../../src/leases/read';
import { parseLease, writeLease } from '../../../src/leases/leaseRecord';
import { formatResource, leaseRef, parseResource, readResource } from '../../../src/leases/resource';
import { identityOf, lifeOf } from '../../../src/refs/identity';
import { parseRecord } from '../../../src/refs/records';
import { printSeed, seeded } from '../../support/size';
import { inRepo } from '../../support/repo';

const oid = 'a'.repeat(40);
const rounds = 3_000;

function commit(message: string): string {
  return formatCommit({ tree: oid, parents: [], agent: 'test', time: 1_700_000_000, message });
}

const good: readonly Trailer[] = [
  ['Belay-Lease', 'session/s1'],
  ['Belay-Status', 'held'],
  ['Belay-Owner', 'one'],
  ['Belay-Acquired', '2026-01-02T03:04:05.678Z'],
  ['Belay-Changed', '2026-01-02T03:04:05.678Z'],
  ['Belay-Agent', 'test'],
  ['Belay-Holder', '1~2~3'],
  ['Belay-Worktree', 'main'],
  ['Belay-Taken-From', 'two'],
  ['Belay-Ended-By', 'three'],
  ['Belay-Head', oid],
];

const values = [
  '',
  ' ',
  'held',
  'HELD',
  'session/',
  'session/s2',
  'worktree/main',
  'worktree/../x',
  'session/a\u2028b',
  '2026-02-31T00:00:00Z',
  '2026-01-01T23:59:60Z',
  '2026-01-01T00:00:00+99:99',
  '2026-01-01T00:00:00+05',
  '2026-01-01T00:00:00 +05:00',
  '9999999-01-01T00:00:00Z',
  'NaN',
  '99999999999999999999~1~x',
  '~~',
  '\u0000',
  '\ud800',
] as const;

/** Whatever was read must be fit to be shown and compared. */
function use(lease: Lease): void {
  lostMessage(lease.resource, lease);
  new Date(lease.acquired).toISOString();
  assert.notEqual(lease.owner, '');
  assert.match(leaseRef(lease.resource), /^refs\/belay\/lease\/(?:session|worktree)\/[^/]+$/);
  if (lease.holder !== undefined) {
    lifeOf(lease.holder);
  }
}

describe('the record of a lease', () => {
  printSeed();

  it(
    'is read back as it was written, whatever names are in it',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const random = seeded(1);
      for (let round = 0; round < 60; round += 1) {
        const name = random.text(1 + random.below(12)).trim() || 'x';
        const resource: Resource | undefined =
          random.below(3) === 0 ? { kind: 'worktree', name: 'main' } : readResource(`session/${name}`);
        if (resource === undefined) {
          continue;
        }
        const text = (): string => random.text(1 + random.below(40)).trim() || 'x';
        const status = random.pick<LeaseStatus>(['held', 'released', 'ended']);
        const written = await writeLease(
          worktree,
          {
            resource,
            status,
            owner: text(),
            agent: random.below(2) === 0 ? undefined : text(),
            acquired: random.below(2 ** 31) * 1000 + random.below(1000),
            changed: random.below(2 ** 31) * 1000,
            holder: random.below(2) === 0 ? undefined : identityOf(process.pid),
            worktree: 'main',
            takenFrom: random.below(2) === 0 ? undefined : text(),
            endedBy: status === 'held' ? undefined : text(),
            head: undefined,
          },
          undefined,
        );
        const read = leaseOf(await worktree.plumbing.object(written.token));
        assert.deepEqual(read, written);
      }
    }),
  );

  it(
    'is never mistaken for another resource’s, and nothing that was put into a name becomes a field',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      const hostile = 'one\nBelay-Lease: session/other\n\nBelay-Owner: two';
      const written = await writeLease(
        worktree,
        {
          resource: { kind: 'session', name: 's1' },
          status: 'held',
          owner: hostile,
          agent: hostile,
          acquired: 0,
          changed: 0,
          holder: undefined,
          worktree: hostile,
          takenFrom: hostile,
          endedBy: undefined,
          head: undefined,
        },
        undefined,
      );
      const read = leaseOf(await worktree.plumbing.object(written.token));
      assert.deepEqual(read?.resource, { kind: 'session', name: 's1' });
      assert.equal(read.owner, 'one Belay-Lease: session/other Belay-Owner: two');
      assert.throws(() => requireLease({ kind: 'session', name: 'other' }, read), {
        reason: 'lease_unreadable',
      });
      assert.throws(() => requireLease({ kind: 'worktree', name: 's1' }, read), {
        reason: 'lease_unreadable',
      });
    }),
  );

  it(`never throws and never yields nonsense, ${rounds} times with fields that are changed, doubled or left out`, () => {
    const random = seeded(7);
    let leases = 0;
    for (let round = 0; round < rounds; round += 1) {
      const trailers = good.flatMap(([name, value]): Trailer[] => {
        switch (random.below(12)) {
          case 0:
            return [];
          case 1:
            return [[name, random.pick(values)]];
          case 2:
            return [[name, random.text(random.below(30))]];
          case 3:
            return [
              [name, value],
              [name, random.pick(values)],
            ];
          default:
            return [[name, value]];
        }
      });
      const message = formatTrailers(random.below(4) === 0 ? random.text(20) : 'words', trailers);
      const lease = parseLease(parseRecord(oid, commit(message)));
      if (lease !== undefined) {
        leases += 1;
        assert.equal(lease.token, oid);
        // What it is of is what its field says, and nothing else.
        assert.equal(
          formatResource(lease.resource),
          trailers.find(([name]) => name === 'Belay-Lease')?.[1]?.trim(),
        );
        use(lease);
      }
    }
    assert.ok(leases > 100 && leases < rounds, `${leases} of ${rounds} were leases`);
  });

  it(`never throws, ${rounds} times with random bytes and damaged commits`, () => {
    const random = seeded(11);
    const whole = commit(formatTrailers('words', good));
    for (let round = 0; round < rounds; round += 1) {
      const content =
        random.below(2) === 0
          ? random.bytes(random.below(300))
          : Buffer.from(whole).fill(
              random.below(256),
              random.below(whole.length),
              random.below(whole.length),
            );
      for (const type of ['commit', 'blob', 'tag']) {
        const lease = leaseOf({ oid, type, content });
        assert.ok(type === 'commit' || lease === undefined);
        if (lease !== undefined) {
          use(lease);
        }
      }
    }
  });
});

describe('the name of a lease', () => {
  printSeed();

  it('is what it was after a round trip, and is one component below its kind', () => {
    const random = seeded(3);
    let named = 0;
    for (let round = 0; round < rounds; round += 1) {
      const text = `${random.pick(['session/', 'worktree/', 'Session/', '', 'decision/'])}${random.text(random.below(30))}`;
      const resource = readResource(text);
      if (resource === undefined) {
        assert.throws(() => parseResource(text), { reason: 'invalid_lease' });
        continue;
      }
      named += 1;
      assert.equal(formatResource(resource), text);
      assert.match(leaseRef(resource), /^refs\/belay\/lease\/(?:session|worktree)\/[^/]+$/);
    }
    assert.ok(named > 100);
  });

  it('is refused where git could not have such a reference', () => {
    for (const text of [
      'worktree/..',
      'worktree/.',
      'worktree/.hidden',
      'worktree/a..b',
      'worktree/a.lock',
      'worktree/a.',
      'worktree/a@{1}',
      'worktree/a b',
      'worktree/a\u0001b',
      'worktree/a/b',
      'worktree/',
      'session/',
      'session/ a',
      'session/a\nb',
      'sessions/a',
      '/session/a',
      `session/${'x'.repeat(300)}`,
    ]) {
      assert.equal(readResource(text), undefined, text);
    }
    for (const text of [
      'worktree/main',
      'worktree/%6dain',
      'worktree/a-b_c.d',
      'session/a/b c',
      'session/..',
    ]) {
      assert.notEqual(readResource(text), undefined, text);
    }
  });
});
