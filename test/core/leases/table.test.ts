import assert from 'node:assert/strict';
import { releaseLease } from '../../../src/leases/claim';
import { operations } from '../../../src/refs/transaction';
import { assertSameReferences, Gate, referencesOf } from '../../support/gate';
import { claim, refused } from '../../support/leases';
import { inRepo, type TestRepo } from '../../support/repo';
import { type Exempt, exempt } from './exemptOperations';
import { type Fenced, fenced } from './fencedOperations';
import { own, states, type State, into, stale } from './writer';

function matching(references: ReadonlyMap<string, string>, pattern: RegExp): [string, string][] {
  return [...references].filter(([name]) => pattern.test(name));
}

describe('invariant 6: every operation that writes references, with every kind of token', () => {
  it('has a row here, and every row an operation', () => {
    assert.deepEqual([...Object.keys(fenced), ...Object.keys(exempt)].sort(), [...operations].sort());
  });

  for (const [operation, row] of Object.entries<Fenced>(fenced)) {
    describe(operation, () => {
      it(
        'with the current token: done',
        inRepo(async (repo) => {
          await row.provoke(repo);
          const leases = await into(repo, 'current');
          const before = referencesOf(repo);
          await row.write(repo, await repo.worktree(), leases);
          assert.notDeepEqual(matching(referencesOf(repo), row.changes), matching(before, row.changes));
        }, row.options),
      );

      for (const state of states.filter((name) => name !== 'current')) {
        const reason = state === 'missing' ? row.missing : 'lease_lost';

        it(
          `with a token that is ${state}: ${reason}`,
          inRepo(async (repo) => {
            await row.provoke(repo);
            const leases = await into(repo, state);
            const before = referencesOf(repo);
            const writing = row.write(repo, await repo.worktree(), leases);
            if (reason === 'allowed') {
              await writing;
              assert.notDeepEqual(matching(referencesOf(repo), row.changes), matching(before, row.changes));
              return;
            }
            await refused(writing, reason);
            assertSameReferences(repo, before, stale);
          }, row.options),
        );
      }

      const meanwhile: readonly (readonly [
        string,
        State,
        (repo: TestRepo, token: string) => Promise<unknown>,
      ])[] = [
        ['taken over', 'current', (repo) => claim(repo, own, 'two', { takeOver: true })],
        ['claimed again under the same name', 'current', (repo) => claim(repo, own, 'one')],
        [
          'released',
          'current',
          async (repo, token) =>
            releaseLease(await repo.worktree(), own, token, { status: 'released', by: 'a person' }),
        ],
        ['claimed for the first time', 'missing', (repo) => claim(repo, own, 'two')],
      ];
      for (const [what, state, happens] of meanwhile) {
        if (state === 'missing' && row.missing === 'allowed') {
          continue;
        }

        it(
          `with a lease that is ${what} between the look and the write`,
          inRepo(async (repo) => {
            await row.provoke(repo);
            const gate = new Gate(repo);
            const writer = await repo.open(gate.git());
            const leases = state === 'missing' ? [] : await into(repo, state);
            let before = referencesOf(repo);
            const writing = gate.between(
              row.pattern,
              () => row.write(repo, writer, leases),
              async () => {
                await happens(repo, leases[0] ?? '');
                before = referencesOf(repo);
              },
            );
            if (row.follows === true) {
              await writing;
              assert.deepEqual(matching(referencesOf(repo), row.changes), matching(before, row.changes));
              assertSameReferences(repo, before);
              return;
            }
            await refused(writing, state === 'missing' ? 'lease_required' : 'lease_lost');
            assertSameReferences(repo, before, stale);
          }, row.options),
        );
      }

      it(
        'would be done in spite of the lease if the transaction did not verify it',
        inRepo(async (repo) => {
          await row.provoke(repo);
          const gate = new Gate(repo);
          gate.unfenced();
          const writer = await repo.open(gate.git());
          const leases = await into(repo, 'current');
          let before = referencesOf(repo);
          await gate
            .between(
              row.pattern,
              () => row.write(repo, writer, leases),
              async () => {
                await claim(repo, own, 'two', { takeOver: true });
                before = referencesOf(repo);
              },
            )
            .catch(() => undefined);
          assert.notDeepEqual(matching(referencesOf(repo), row.changes), matching(before, row.changes));
        }, row.options),
      );
    });
  }

  for (const [operation, row] of Object.entries<Exempt>(exempt)) {
    describe(`${operation}, which no token guards: it ${row.rule}`, () => {
      for (const state of states) {
        it(`with a token that is ${state}`, inRepo(row.states[state]));
      }

      it('with a lease that moves between the look and the write', inRepo(row.between));
    });
  }
});
