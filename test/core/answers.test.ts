import assert from 'node:assert/strict';
import fs from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { answersToConfirm, isKnown, knowAtHome, knownAtHome, type Known } from '../../src/decisions/known';
import { recallAll } from '../../src/decisions/memory';
import type { Decision } from '../../src/decisions/decision';
import { listDecisions, noneWaits, readDecision } from '../../src/decisions/read';
import { newKey, publicHalf, signWith, statementOf } from '../../src/decisions/signature';
import { askAgain } from '../../src/decisions/vanished';
import type { Worktree } from '../../src/git/worktree';
import { answerDecision } from '../../src/sync/answer';
import { askAbout } from '../support/question';
import { inRepo, testHome, type TestRepo } from '../support/repo';

const ref = 'refs/belay/decision/main';
const key = newKey();
const nobody: Known = { keys: new Set(), accepted: new Set(), since: 0 };
const own: Known = { ...nobody, keys: new Set([publicHalf(key)]) };

async function question(repo: TestRepo): Promise<{ worktree: Worktree; asked: Decision }> {
  const worktree = await repo.worktree();
  return { worktree, asked: await askAbout(repo, worktree) };
}

function answer(worktree: Worktree, asked: Decision, withKey: string | undefined): Promise<Decision> {
  return answerDecision(
    worktree,
    {
      option: 'continue',
      seen: asked.version,
      by: 'A person',
      sign: (given) =>
        Promise.resolve(
          withKey === undefined
            ? undefined
            : signWith(withKey, statementOf(worktree.repository.commonDir, given)),
        ),
    },
    { session: 'window', agent: 'editor', onConflict: 'ask' },
  );
}

/** The record at the reference, edited, on the same parent. */
function edit(repo: TestRepo, change: (text: string) => string): void {
  const text = change(`${repo.git('cat-file', 'commit', ref)}\n`);
  const forged = repo.gitBytes(['hash-object', '-t', 'commit', '-w', '--stdin'], text).toString().trim();
  repo.git('update-ref', ref, forged);
}

async function toConfirm(worktree: Worktree, known: Known): Promise<string[]> {
  const found = await answersToConfirm(worktree, await listDecisions(worktree), known);
  return found.map(({ answeredBy }) => answeredBy ?? '?');
}

describe('an answer', function () {
  this.timeout(60_000);

  it(
    'that a known window signed is not asked about; one of another window, or of none, is, and holds nobody',
    inRepo(async (repo) => {
      const { worktree, asked } = await question(repo);
      const signed = await answer(worktree, asked, key);
      assert.deepEqual(await toConfirm(worktree, own), []);
      assert.deepEqual(await toConfirm(worktree, nobody), ['A person']);
      assert.deepEqual(await toConfirm(worktree, { ...nobody, accepted: new Set([signed.version]) }), []);
      await noneWaits(worktree, 'main');

      const again = await question(repo);
      const unsigned = await answer(worktree, again.asked, undefined);
      assert.equal(unsigned.signature, undefined);
      assert.deepEqual(await toConfirm(worktree, own), ['A person']);
      assert.deepEqual(
        await toConfirm(worktree, { ...own, since: Date.now() + 1 }),
        [],
        'from before there were keys',
      );
    }),
  );

  it(
    'is signed for its question, its version, its words, its worktree and its repository alone',
    inRepo(async (repo) => {
      const { worktree, asked } = await question(repo);
      const signed = await answer(worktree, asked, key);
      assert.ok(isKnown(worktree, signed, own));
      const other = publicHalf(newKey());
      const changes: readonly Partial<Decision>[] = [
        { answer: 'abort' },
        { id: '00000000-0000' },
        { worktree: 'other' },
        { earlier: 'f'.repeat(40) },
        { answeredBy: 'Anna' },
        { answeredOn: 'elsewhere' },
        { answeredAt: 1 },
        { signature: undefined },
        { signature: { key: other, value: signed.signature?.value ?? '' } },
        { signature: { key: publicHalf(key), value: 'AAAA' } },
        { signature: { key: 'AAAA', value: signed.signature?.value ?? '' } },
      ];
      for (const change of changes) {
        const known = { ...own, keys: new Set([publicHalf(key), 'AAAA', other]) };
        assert.ok(!isKnown(worktree, { ...signed, ...change }, known), JSON.stringify(change));
      }
      const repository = { ...worktree.repository, commonDir: '/another' };
      assert.ok(!isKnown({ ...worktree, repository }, signed, own));
    }),
  );

  it(
    'to a remembered question that nobody gave is asked about whenever it says that it was given; no: it is open again',
    inRepo(async (repo) => {
      const { worktree, asked } = await question(repo);
      edit(repo, (text) =>
        text.replace(
          'Belay-Status: pending',
          'Belay-Status: answered\nBelay-Answer: abort\nBelay-Answered-By: Anna\nBelay-Answered-At: 2001-01-01T00:00:00.000Z',
        ),
      );
      await noneWaits(worktree, 'main');
      const found = await answersToConfirm(worktree, await listDecisions(worktree), {
        ...own,
        since: Date.now(),
      });
      assert.deepEqual(
        found.map(({ answeredBy, id }) => [answeredBy, id]),
        [['Anna', asked.id]],
      );
      assert.ok(found[0]);
      await askAgain(worktree, found[0]);
      await assert.rejects(noneWaits(worktree, 'main'), { reason: 'decision_pending' });
      const now = await readDecision(worktree, 'main');
      assert.deepEqual([now?.id, now?.vanished, now?.answer], [asked.id, 'replaced', undefined]);
      assert.deepEqual(await toConfirm(worktree, own), [], 'it waits');
      assert.ok(now);
      await answer(worktree, now, key);
      assert.deepEqual(await toConfirm(worktree, own), []);
    }),
  );

  it(
    'that a known window gave strikes what another home remembers; an unknown one does not',
    inRepo(async (repo) => {
      const { worktree, asked } = await question(repo);
      const home = path.join(homedir(), '.belay', 'questions');
      const copy = path.join(repo.base, 'kept');
      fs.cpSync(home, copy, { recursive: true });
      await answer(worktree, asked, key);
      fs.cpSync(copy, home, { recursive: true });
      const count = async (): Promise<number> =>
        [...(await recallAll(worktree.repository)).values()].flatMap(({ questions }) => questions).length;
      assert.deepEqual(await toConfirm(worktree, nobody), ['A person']);
      assert.equal(await count(), 1);
      assert.deepEqual(await toConfirm(worktree, own), []);
      assert.equal(await count(), 0);
    }),
  );

  it('is known by keys and versions that windows left in the home', async () => {
    const folder = path.join(testHome, '.belay', 'answers');
    fs.rmSync(folder, { recursive: true, force: true });
    assert.equal((await knownAtHome()).since, undefined);
    assert.equal(fs.existsSync(folder), false, 'looking writes nothing');
    const before = Date.now();
    assert.ok(await knowAtHome('keys', publicHalf(key)));
    assert.ok(await knowAtHome('accepted', 'a'.repeat(40)));
    const known = await knownAtHome();
    assert.ok(known.keys.has(publicHalf(key)) && known.accepted.has('a'.repeat(40)));
    assert.ok(known.since !== undefined && known.since >= before);
    assert.equal((await knownAtHome()).since, known.since, 'once');
  });
});
