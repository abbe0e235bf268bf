import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { dismissNotice, listBackups } from '../../src/backups/backups';
import { noticesIn } from '../../src/backups/notices';
import { openGuard } from '../../src/leases/guard';
import type { Backup } from '../../src/backups/backup';
import { readDecision } from '../../src/decisions/read';
import { inRepo, referencesAsFiles, type TestRepo, type TestRepoOptions } from '../support/repo';
import { callShell } from './shellCall';

/** A branch with a commit of its own, or what else these names stand for below. @returns its commit. */
function commitOn(repo: TestRepo, name: string): string {
  repo.write('only.txt', `only on ${name}\n`);
  const blob = repo.git('hash-object', '-w', 'only.txt');
  repo.remove('only.txt');
  const tree = repo.gitBytes(['mktree'], `100644 blob ${blob}\t${name}.txt\n`).toString().trim();
  return repo.git('commit-tree', '-m', `On ${name}`, '-p', 'HEAD', tree);
}

/** Everything, or every fourth row and fewer branches. */
const long = process.env['BELAY_TEST_SIZE'] === 'long';
const many = long ? 5_000 : 1_000;

interface Row {
  /** What a shell runs. */
  readonly run: string;
  /** Brings the repository to before. @returns by name what must be held and noticed afterwards. */
  readonly before: (repo: TestRepo) => Readonly<Record<string, string>>;
  /** What the notice calls it. */
  readonly command: string;
  /** What it runs takes references for files. */
  readonly options?: TestRepoOptions;
}

function branches(repo: TestRepo): Record<string, string> {
  return Object.fromEntries(
    ['f1', 'f2'].map((name) => {
      const oid = commitOn(repo, name);
      repo.git('branch', name, oid);
      return [`branch ${name}`, oid];
    }),
  );
}

function first(repo: TestRepo): Record<string, string> {
  const { 'branch f1': oid = '' } = branches(repo);
  return { 'branch f1': oid };
}

function stashes(repo: TestRepo): Record<string, string> {
  for (const text of ['older\n', 'newer\n']) {
    repo.write('a.txt', text);
    repo.git('stash', '--quiet', '--message', text.trim());
  }
  return {
    'stash On main: newer': repo.git('rev-parse', 'stash@{0}'),
    'stash On main: older': repo.git('rev-parse', 'stash@{1}'),
  };
}

function older(repo: TestRepo): Record<string, string> {
  return { 'stash On main: older': stashes(repo)['stash On main: older'] ?? '' };
}

function tag(repo: TestRepo): Record<string, string> {
  const oid = commitOn(repo, 'v1');
  repo.git('tag', '--annotate', '--message=One', 'v1', oid);
  return { 'tag v1': oid };
}

function work(repo: TestRepo): Record<string, string> {
  repo.write('work.txt', 'work\n');
  repo.git('add', '--all');
  repo.git('commit', '--quiet', '--message=Work');
  return { 'branch main': repo.git('rev-parse', 'HEAD') };
}

/** A remote whose main and whose branch b are elsewhere than the branches here. */
function remote(repo: TestRepo): Record<string, string> {
  const kept = first(repo);
  repo.git('init', '--quiet', '--bare', path.join(repo.base, 'remote'));
  repo.git('remote', 'add', 'origin', path.join(repo.base, 'remote'));
  repo.git('push', '--quiet', 'origin', 'main:b');
  return kept;
}

function detached(repo: TestRepo): Record<string, string> {
  const linked = repo.link('beside');
  linked.write('beside.txt', 'beside\n');
  linked.git('add', '--all');
  linked.git('commit', '--quiet', '--message=Beside');
  return { 'worktree beside': linked.git('rev-parse', 'HEAD') };
}

function checkedOut(repo: TestRepo): Record<string, string> {
  const kept = first(repo);
  repo.link('beside').git('switch', '--quiet', 'f1');
  return kept;
}

const rows: readonly Row[] = [
  { run: 'git branch -D f1 f2', before: branches, command: 'git branch -D' },
  {
    run: 'git branch --format="%(refname:short)" | grep -v main | xargs git branch -D',
    before: branches,
    command: 'git branch -D',
  },
  { run: 'for b in f1 f2; do git branch -D "$b"; done', before: branches, command: 'git branch -D' },
  { run: 'G=git; $G branch -D f1 f2', before: branches, command: '' },
  { run: 'git -c alias.W2="branch -D" W2 f1 f2', before: branches, command: '' },
  { run: 'git -c alias.wipe="branch -D" wipe f1 f2', before: branches, command: 'git wipe' },
  {
    run: 'printf "wipe:\\n\\tgit branch -D f1 f2\\n" > ../Makefile && make -f ../Makefile wipe',
    before: branches,
    command: 'make',
  },
  {
    run: `python3 -c 'import subprocess as s; s.run(["git", "branch", "-D", "f1", "f2"])'`,
    before: branches,
    command: 'python3',
  },
  {
    run: 'git for-each-ref --format="delete %(refname)" "refs/heads/f*" | git update-ref --stdin',
    before: branches,
    command: 'git update-ref --stdin',
  },
  {
    run: 'rm .git/refs/heads/f1 .git/refs/heads/f2',
    before: branches,
    command: 'rm',
    options: referencesAsFiles,
  },
  { run: 'git pack-refs --all && git branch -D f1 f2', before: branches, command: 'git branch -D' },
  { run: 'git branch -f f1 main', before: first, command: 'git branch -f' },
  { run: 'git branch --forc f1 main', before: first, command: '' },
  { run: 'git switch -qC f1 main', before: first, command: '' },
  { run: 'git worktree add -qB f1 ../new main', before: first, command: 'git worktree add -B' },
  { run: 'git fetch -qf origin b:f1', before: remote, command: 'git fetch -f' },
  { run: 'git fetch -q origin +b:f1', before: remote, command: '' },
  { run: 'git update-ref refs/heads/f1 main', before: first, command: 'git update-ref' },
  { run: 'git -C ../linked/beside reset --hard main', before: checkedOut, command: 'git reset --hard' },
  { run: 'git tag -d v1', before: tag, command: 'git tag -d' },
  { run: 'git tag -f v1 main', before: tag, command: 'git tag -f' },
  { run: 'git stash clear', before: stashes, command: 'git stash clear' },
  { run: 'git stash drop "stash@{1}"', before: older, command: 'git stash drop' },
  { run: 'git reset --hard HEAD~1', before: work, command: 'git reset --hard' },
  {
    run: 'git reset -q --hard HEAD~1 && git reflog expire --expire=now --all && git gc -q --prune=now',
    before: work,
    command: 'git reset --hard',
  },
  {
    run: 'git worktree remove --force ../linked/beside',
    before: detached,
    command: 'git worktree remove --force',
  },
  { run: 'rm -rf ../linked/beside && git worktree prune', before: detached, command: 'git worktree prune' },
];

function nameOf({ fell }: Backup): string {
  return `${fell?.what ?? '?'} ${fell?.name ?? fell?.subjects[0] ?? ''}`;
}

describe('what a call drops is kept before it, and noticed by name after it, whatever its words', function () {
  this.timeout(120_000);

  for (const { run, before, command, options } of rows.filter((_, at) => long || at % 4 === 0)) {
    it(
      run,
      inRepo(async (repo) => {
        const dropped = before(repo);
        await repo.checkpoint({ session: 's-one' });
        const worktree = await repo.open();
        await callShell(repo, worktree, run);
        for (const [name, oid] of Object.entries(dropped)) {
          assert.ok(repo.isHeld(oid), name);
        }
        const backups = await listBackups(worktree);
        assert.deepEqual(
          Object.fromEntries(backups.map((backup) => [nameOf(backup), backup.tip])),
          dropped,
          'noticed, by name',
        );
        assert.equal(new Set(backups.map(({ ref }) => ref)).size, 1, 'one call makes one reference');
        for (const { fell, record } of backups) {
          assert.deepEqual([record?.session, record?.agent], ['s-one', 'claude-code']);
          assert.equal(fell?.lost, fell?.what === 'stash' ? 2 : 1);
          if (command !== '') {
            assert.equal(record?.command, command);
          }
        }
        assert.equal(await readDecision(worktree, 'main'), undefined, 'a notice, never a question');
      }, options),
    );
  }

  it(
    'nothing is said of what was replaced, applied, renamed, pushed or merely moved on',
    inRepo(async (repo) => {
      const { 'branch f1': side = '' } = branches(repo);
      stashes(repo);
      repo.git('tag', 'kept', side);
      const worktree = await repo.open();
      for (const command of [
        'git commit -q --allow-empty -m one',
        'echo x > x && git add x && git commit -q -m two',
        'sleep 1; echo y > x; git commit -qa --amend -m "another subject"',
        'git branch -m f2 f3',
        'git branch -D f1',
        'git checkout -q f3 && git checkout -q main',
        'git stash pop -q',
        'git commit -qam "what was stashed"',
        'git switch -qc topic; echo t > t; git add t; git commit -qm t; echo u >> t; git commit -qam u; git switch -q main',
        'git merge -q --squash topic && git commit -qm squashed && git branch -qD topic',
        'git reset -q --soft HEAD~2 && git commit -qm "two as one"',
        'git switch -qc base HEAD~1 && git commit -q --allow-empty -m base && git rebase -q base main',
      ]) {
        await callShell(repo, worktree, command);
        assert.deepEqual((await listBackups(worktree)).map(nameOf), [], command);
      }
    }),
  );

  it(
    'a notice that a person has dismissed is none any more; its backup stays, with all that it says',
    inRepo(async (repo) => {
      branches(repo);
      const worktree = await repo.open();
      await callShell(repo, worktree, 'git branch -D f1 f2');
      const before = await listBackups(worktree);
      const [notice] = noticesIn(before);
      assert.deepEqual(notice?.backups.length, 2);
      await dismissNotice(worktree, await openGuard(worktree, {}), notice.backups[0]);
      const after = await listBackups(worktree);
      assert.deepEqual(noticesIn(after), []);
      assert.deepEqual(
        after.map(({ ref, tip, fell }) => ({ ref, tip, fell })),
        before.map(({ ref, tip, fell }) => ({ ref, tip, fell })),
      );
    }),
  );

  it(
    'without reflogs, and where the list of last time is lost, unreadable or wrong',
    inRepo(async (repo) => {
      repo.git('config', 'core.logAllRefUpdates', 'false');
      fs.rmSync(path.join(repo.gitDir, 'logs'), { recursive: true });
      const dropped = branches(repo);
      const worktree = await repo.open();
      await repo.checkpoint({ session: 's-one' });
      await callShell(repo, worktree, 'true');
      const file = path.join(repo.commonDir, 'belay', 'named');
      fs.rmSync(file);
      await callShell(repo, worktree, 'git branch -D f1');
      fs.rmSync(file);
      fs.mkdirSync(file);
      await callShell(repo, worktree, 'git branch -D f2');
      fs.rmdirSync(file);
      fs.writeFileSync(file, 'kept 0000\nnonsense\n');
      const more = work(repo);
      await callShell(repo, worktree, 'true');
      await callShell(repo, worktree, 'git reset -q --hard HEAD~1');
      const backups = await listBackups(worktree);
      assert.deepEqual(Object.fromEntries(backups.map((one) => [nameOf(one), one.tip])), {
        ...dropped,
        ...more,
      });
    }, referencesAsFiles),
  );

  it(
    'what is kept is put back where its reference is deleted, and goes on',
    inRepo(async (repo) => {
      const { 'branch f1': oid = '' } = first(repo);
      const worktree = await repo.open();
      await callShell(repo, worktree, 'git update-ref -d refs/belay/kept/current; git branch -D f1');
      await callShell(repo, worktree, 'true');
      assert.ok(repo.git('for-each-ref', '--contains', oid, 'refs/belay/kept').includes('current'));
    }),
  );

  it(
    `${many} branches: 500 a commit, one reference, and nothing is written where nothing changed`,
    inRepo(async (repo) => {
      const parent = repo.git('rev-parse', 'HEAD');
      const input = Array.from(
        { length: many },
        (_, at) =>
          `commit refs/heads/many/${at}\ncommitter P <p@x> ${1_700_000_000 + at} +0000\ndata 1\nx\nfrom ${parent}\n\n`,
      );
      repo.gitBytes(['fast-import', '--quiet'], input.join(''));
      const tip = repo.git('rev-parse', 'many/711');
      const worktree = await repo.open();
      await callShell(repo, worktree, 'true');
      const at = repo.git('rev-parse', 'refs/belay/kept/current');
      await callShell(repo, worktree, 'true');
      assert.equal(repo.git('rev-parse', 'refs/belay/kept/current'), at);
      assert.equal(
        repo.git('rev-list', '--count', '--first-parent', at),
        String(many / 500 + 2),
        'the first, and 500 each',
      );
      assert.deepEqual([...repo.refs('belay').keys()].filter((name) => name.includes('kept')).length, 1);
      await callShell(
        repo,
        worktree,
        'git for-each-ref --format="delete %(refname)" refs/heads/many | git update-ref --stdin',
      );
      assert.ok(repo.isHeld(tip));
      const backups = await listBackups(worktree);
      assert.equal(backups.length, many);
      assert.equal(new Set(backups.map(({ ref }) => ref)).size, 1);
    }),
  );
});
