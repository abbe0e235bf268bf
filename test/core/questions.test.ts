import assert from 'node:assert/strict';
import fs from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { recallAll } from '../../src/decisions/memory';
import type { Decision } from '../../src/decisions/decision';
import { listDecisions, noneWaits, readDecision } from '../../src/decisions/read';
import { keepQuestions } from '../../src/decisions/vanished';
import { vanishedQuestions } from '../../src/doctor/questions';
import type { Worktree } from '../../src/git/worktree';
import { startSession } from '../../src/sessions/lifecycle';
import { answerDecision } from '../../src/sync/answer';
import { withEnvironment } from '../support/environment';
import { sized } from '../support/size';
import { askAbout } from '../support/question';
import { inRepo, TestRepo } from '../support/repo';

const ref = 'refs/belay/decision/main';
const waits = { reason: 'decision_pending' };

interface Asked {
  readonly repo: TestRepo;
  readonly worktree: Worktree;
  readonly question: Decision;
}

async function question(repo: TestRepo, key = 'main'): Promise<Asked> {
  const worktree = await repo.worktree();
  const about = { worktree: key, branch: 'refs/heads/main', sessions: ['s-1'] };
  return { repo, worktree, question: await askAbout(repo, worktree, about) };
}

async function answer({ worktree }: Pick<Asked, 'worktree'>): Promise<Decision> {
  await keepQuestions(worktree);
  const now = await readDecision(worktree, 'main');
  assert.ok(now?.status === 'pending');
  return answerDecision(
    worktree,
    { option: 'continue', seen: now.version, by: 'A person' },
    { session: 'window', agent: 'editor', onConflict: 'ask' },
  );
}

/** The question's record with other trailers, and with what it is to stand on. */
function forged(
  { repo, question: { version } }: Asked,
  parents: readonly string[],
  edit: (text: string) => string,
): string {
  const text = repo.git('cat-file', 'commit', version).replace(/^parent .*\n/gm, '');
  const [tree = '', ...rest] = text.split('\n');
  const content = [tree, ...parents.map((parent) => `parent ${parent}`), edit(rest.join('\n')), ''].join(
    '\n',
  );
  return repo.gitBytes(['hash-object', '-t', 'commit', '-w', '--stdin'], content).toString().trim();
}

const answered = (text: string): string =>
  text.replace(
    'Belay-Status: pending',
    'Belay-Status: answered\nBelay-Answer: continue\nBelay-Answered-By: Anna',
  );
const another = (text: string): string => text.replace(/Belay-Decision: .*/, 'Belay-Decision: 00000000-0000');

function set({ repo }: Asked, to: string): void {
  repo.git('update-ref', ref, to);
}

const ownMemory = ({ repo }: Pick<Asked, 'repo'>): string => path.join(repo.commonDir, 'belay', 'questions');
const homeMemory = (): string => path.join(homedir(), '.belay', 'questions');

function garble(folder: string): void {
  for (const name of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.json')) {
      fs.writeFileSync(path.join(folder, name), 'garbled');
    }
  }
}

interface Row {
  readonly what: string;
  readonly does: (asked: Asked) => void | Promise<void>;
  readonly how: Decision['vanished'];
  /** The reference is no record, so that nothing is built upon it. */
  readonly foreign?: true;
  /** One of those that a short run tries. */
  readonly always?: true;
}

const vanishings: readonly Row[] = [
  {
    what: 'its reference is deleted',
    always: true,
    how: 'gone',
    does: ({ repo }) => {
      repo.git('update-ref', '-d', ref);
    },
  },
  {
    what: 'its reference is deleted from the packed ones',
    how: 'gone',
    does: ({ repo }) => {
      repo.git('pack-refs', '--all');
      repo.git('update-ref', '-d', ref);
    },
  },
  {
    what: 'all of refs/belay is deleted',
    always: true,
    how: 'gone',
    does: ({ repo }) => {
      const names = [...repo.refs('belay').keys()];
      repo.gitBytes(['update-ref', '--stdin'], names.map((name) => `delete ${name}\n`).join(''));
    },
  },
  {
    what: 'its file, where it has one, is removed',
    how: 'gone',
    does: async ({ repo, worktree }) => {
      if ((await worktree.repository.refFormat()) === 'files') {
        fs.rmSync(path.join(repo.commonDir, ref));
      } else {
        repo.git('update-ref', '-d', ref);
      }
    },
  },
  {
    what: 'its reference and what the repository remembers are deleted',
    always: true,
    how: 'gone',
    does: (asked) => {
      asked.repo.git('update-ref', '-d', ref);
      fs.rmSync(path.join(asked.repo.commonDir, 'belay'), { recursive: true });
    },
  },
  {
    what: 'its reference and what the home remembers are deleted',
    how: 'gone',
    does: ({ repo }) => {
      repo.git('update-ref', '-d', ref);
      fs.rmSync(homeMemory(), { recursive: true });
    },
  },
  {
    what: 'its reference is deleted and what the repository remembers is garbled',
    how: 'gone',
    does: (asked) => {
      asked.repo.git('update-ref', '-d', ref);
      garble(ownMemory(asked));
    },
  },
  {
    what: 'its reference is deleted and what the home remembers is garbled',
    how: 'gone',
    does: ({ repo }) => {
      repo.git('update-ref', '-d', ref);
      garble(homeMemory());
    },
  },
  {
    what: 'a question of the same id that says something else is in its place',
    how: 'replaced',
    does: (asked) => {
      set(
        asked,
        forged(asked, [], (text) => text.replace('A test asks.', 'Never mind.')),
      );
    },
  },
  {
    what: 'another answered question is in its place',
    how: 'replaced',
    does: (asked) => {
      set(
        asked,
        forged(asked, [], (text) => another(answered(text))),
      );
    },
  },
  {
    what: 'another answered question is built upon it',
    always: true,
    how: 'replaced',
    does: (asked) => {
      set(
        asked,
        forged(asked, [asked.question.version], (text) => another(answered(text))),
      );
    },
  },
  {
    what: 'a commit of the user is in its place',
    how: 'replaced',
    foreign: true,
    does: (asked) => {
      set(asked, 'HEAD');
    },
  },
  {
    what: 'a tree is in its place',
    how: 'replaced',
    foreign: true,
    does: (asked) => {
      set(asked, 'HEAD^{tree}');
    },
  },
  {
    what: 'a blob is in its place',
    how: 'replaced',
    foreign: true,
    does: (asked) => {
      set(asked, 'HEAD:a.txt');
    },
  },
  {
    what: 'it is made symbolic',
    always: true,
    how: 'replaced',
    foreign: true,
    does: ({ repo }) => {
      repo.git('symbolic-ref', ref, 'refs/heads/main');
    },
  },
];

const memories = async ({ repository }: Worktree): Promise<number> =>
  [...(await recallAll(repository)).values()].flatMap(({ questions }) => questions).length;

describe('a question that waits is missed when it', function () {
  this.timeout(60_000);

  let repo: TestRepo;

  before(() => {
    repo = TestRepo.create();
  });

  after(() => {
    assert.equal(repo.tryGit('fsck', '--no-dangling').code, 0);
    repo.dispose();
  });

  const rows = sized({ short: vanishings.filter(({ always }) => always), long: vanishings });
  for (const { what, does, how, foreign } of rows) {
    it(`vanishes: ${what}`, async () => {
      const asked = await question(repo);
      const { worktree } = asked;
      const main = repo.git('rev-parse', 'HEAD');
      await does(asked);
      const missed = await readDecision(worktree, 'main');
      assert.deepEqual(
        [missed?.status, missed?.vanished, missed?.id, missed?.why],
        ['pending', how, asked.question.id, 'A test asks.'],
      );
      await assert.rejects(noneWaits(worktree, 'main'), waits);
      const found = await vanishedQuestions(worktree);
      assert.deepEqual(
        found.map(({ kind, level }) => [kind, level]),
        [['question_vanished', 'problem']],
      );

      const put = await keepQuestions(worktree);
      assert.equal(repo.git('rev-parse', 'HEAD'), main);
      assert.deepEqual(
        put.map(({ id, vanished }) => [id, vanished]),
        [[asked.question.id, how]],
      );
      const aside = repo.git('for-each-ref', 'refs/belay/foreign/');
      assert.equal(aside.includes('/decision/main'), foreign === true, 'what took its place is kept beside');
      for (const name of repo.refs('belay').keys()) {
        if (name.startsWith('refs/belay/foreign/')) {
          repo.git('update-ref', '-d', name);
        }
      }
      const again = await readDecision(worktree, 'main');
      assert.deepEqual([again?.status, again?.fromMemory], ['pending', false]);
      await answer(asked);
      await noneWaits(worktree, 'main');
      assert.equal(await memories(worktree), 0);
      repo.git('update-ref', '-d', ref);
      assert.equal(await readDecision(worktree, 'main'), undefined, 'what was answered is missed by nobody');
    });
  }

  it(
    'vanishes, and so holds sessions and is listed; it is put again once',
    inRepo(async (repo) => {
      const { worktree, question: asked } = await question(repo);
      repo.git('update-ref', '-d', ref);
      await assert.rejects(
        startSession(worktree, 'agent', { owner: 'one', agent: 'codex' }),
        /has vanished without an answer/,
      );
      assert.deepEqual(
        (await listDecisions(worktree)).map(({ id, vanished }) => [id, vanished]),
        [[asked.id, 'gone']],
      );
      const [put] = await keepQuestions(worktree);
      assert.deepEqual(await keepQuestions(worktree), []);
      assert.equal(repo.git('rev-parse', ref), put?.version);
    }),
  );

  it(
    'vanishes where no home can be written',
    inRepo(async (repo) => {
      await withEnvironment({ HOME: '/dev/null', USERPROFILE: '/dev/null' }, async () => {
        const asked = await question(repo);
        repo.git('update-ref', '-d', ref);
        assert.equal((await readDecision(asked.worktree, 'main'))?.vanished, 'gone');
        await answer(asked);
        await noneWaits(asked.worktree, 'main');
      });
    }),
  );

  it(
    'vanishes where nothing can be written beside the references',
    inRepo(async (repo) => {
      fs.mkdirSync(path.join(repo.commonDir, 'belay'), { recursive: true });
      fs.writeFileSync(path.join(repo.commonDir, 'belay', 'questions'), '');
      const asked = await question(repo);
      repo.git('update-ref', '-d', ref);
      assert.equal((await readDecision(asked.worktree, 'main'))?.vanished, 'gone');
    }),
  );

  it(
    'was asked before there was a memory, as soon as somebody looked',
    inRepo(async (repo) => {
      const asked = await question(repo);
      fs.rmSync(ownMemory(asked), { recursive: true });
      fs.rmSync(homeMemory(), { recursive: true });
      await keepQuestions(asked.worktree);
      repo.git('update-ref', '-d', ref);
      assert.equal((await readDecision(asked.worktree, 'main'))?.vanished, 'gone');
    }),
  );

  it(
    'vanishes while another one waits in its place: one after the other',
    inRepo(async (repo) => {
      const asked = await question(repo);
      set(
        asked,
        forged(asked, [], (text) => another(text).replace('A test asks.', 'Another.')),
      );
      assert.equal((await readDecision(asked.worktree, 'main'))?.why, 'Another.');
      await keepQuestions(asked.worktree);
      await answer(asked);
      const next = await readDecision(asked.worktree, 'main');
      assert.deepEqual([next?.why, next?.vanished], ['A test asks.', 'replaced']);
      await answer(asked);
      await noneWaits(asked.worktree, 'main');
    }),
  );

  it(
    'vanishes together with its worktree, and is answered through another one',
    inRepo(async (repo) => {
      const linked = repo.link('away');
      const { question: asked } = await question(linked, 'away');
      repo.git('worktree', 'remove', '--force', linked.folder);
      repo.git('update-ref', '-d', 'refs/belay/decision/away');
      const main = await repo.worktree();
      const [put] = await keepQuestions(main);
      assert.deepEqual([put?.id, put?.vanished], [asked.id, 'gone']);
      await answerDecision(
        main,
        { option: 'continue', seen: put?.version ?? '', by: 'A person' },
        { session: 'window', agent: 'editor', onConflict: 'ask' },
        'away',
      );
      assert.equal(await memories(main), 0);
    }),
  );
});

describe('no question is missed', function () {
  this.timeout(60_000);

  it(
    'where it was answered, and others were asked and answered since, also elsewhere',
    inRepo(async (repo) => {
      const asked = await question(repo);
      const kept = fs.readdirSync(homeMemory()).map((name) => path.join(homeMemory(), name));
      const copy = path.join(repo.base, 'kept');
      fs.cpSync(homeMemory(), copy, { recursive: true });
      await answer(asked);
      await question(repo);
      await answer(asked);
      // The home of somebody on another machine.
      fs.cpSync(copy, homeMemory(), { recursive: true });
      assert.ok(kept.every((folder) => fs.existsSync(folder)));
      assert.equal(await memories(asked.worktree), 1);
      assert.equal((await readDecision(asked.worktree, 'main'))?.status, 'answered');
      await noneWaits(asked.worktree, 'main');
    }),
  );

  it(
    'where somebody says that it was answered: that holds nobody',
    inRepo(async (repo) => {
      const asked = await question(repo);
      set(asked, forged(asked, [], answered));
      assert.equal((await readDecision(asked.worktree, 'main'))?.answeredBy, 'Anna');
      await noneWaits(asked.worktree, 'main');
    }),
  );

  it(
    'in a worktree that was made anew under the same name',
    inRepo(async (repo) => {
      const linked = repo.link('again');
      await question(linked, 'again');
      repo.git('worktree', 'remove', '--force', linked.folder);
      repo.git('update-ref', '-d', 'refs/belay/decision/again');
      const made = await repo.link('again').worktree();
      assert.equal(await readDecision(made, 'again'), undefined);
      await keepQuestions(made);
      assert.equal(await memories(made), 0, 'it is struck');
    }),
  );

  it(
    'in a clone, a copy without what Belay kept beside its references, and a repository made anew at the same place',
    inRepo(async (repo) => {
      const asked = await question(repo);
      const [clone, copy] = [path.join(repo.base, 'clone'), path.join(repo.base, 'copy')];
      repo.git('clone', '--quiet', '.', clone);
      fs.cpSync(repo.folder, copy, { recursive: true });
      fs.rmSync(path.join(copy, '.git', 'belay'), { recursive: true });
      repo.other(copy).forgetReferences('refs/belay/');
      for (const folder of [clone, copy]) {
        const other = await repo.other(folder).worktree();
        assert.equal(await readDecision(other, 'main'), undefined, folder);
      }
      fs.rmSync(repo.commonDir, { recursive: true });
      repo.git('init', '--quiet', '--template=');
      const anew = await repo.open();
      assert.equal(await readDecision(anew, 'main'), undefined);
      assert.equal((await readDecision(asked.worktree, 'main'))?.status, undefined);
    }),
  );

  it(
    'nor said to be none where what is remembered cannot be read: that is unknown, and the doctor names the file',
    inRepo(async (repo) => {
      const asked = await question(repo);
      repo.git('update-ref', '-d', ref);
      garble(ownMemory(asked));
      garble(homeMemory());
      const unknown = { reason: 'question_unreadable' };
      await assert.rejects(readDecision(asked.worktree, 'main'), unknown);
      await assert.rejects(noneWaits(asked.worktree, 'main'), unknown);
      await assert.rejects(listDecisions(asked.worktree), unknown);
      const found = await vanishedQuestions(asked.worktree);
      assert.equal(found.length, 2);
      for (const { fix: command } of found) {
        const [, file = ''] = /rm -r ['"]?(.*?)['"]?$/.exec(command ?? '') ?? [];
        assert.ok(fs.existsSync(file), command);
        fs.rmSync(file);
      }
      await noneWaits(asked.worktree, 'main');
    }),
  );

  it(
    'where one of the two has no folder that can be read; where neither has, it is not known',
    inRepo(async (repo) => {
      const worktree = await repo.worktree();
      fs.writeFileSync(path.join(repo.commonDir, 'belay'), '');
      await noneWaits(worktree, 'main');
      await withEnvironment({ HOME: '/dev/null', USERPROFILE: '/dev/null' }, async () => {
        await assert.rejects(noneWaits(worktree, 'main'), { reason: 'question_unreadable' });
      });
    }),
  );

  it(
    'for long of repositories that are gone',
    inRepo(async (repo) => {
      const asked = await question(repo);
      const [own = ''] = fs.readdirSync(homeMemory());
      const [old, young, here] = ['0-old', '0-young', '0-here'].map((name) => path.join(homeMemory(), name));
      for (const folder of [old, young, here]) {
        fs.cpSync(path.join(homeMemory(), own), folder ?? '', { recursive: true });
      }
      const then = Date.now() / 1_000 - 40 * 24 * 60 * 60;
      fs.utimesSync(old ?? '', then, then);
      await answer(asked);
      await question(repo);
      assert.deepEqual(
        [old, young, here].map((folder) => fs.existsSync(folder ?? '')),
        [false, true, true],
      );
    }),
  );
});
