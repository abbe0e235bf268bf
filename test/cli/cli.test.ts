import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { reasons } from '../../src/reasons';
import { belay, json } from '../support/cli';
import { inRepo, referencesAsFiles } from '../support/repo';

const oid = v.pipe(v.string(), v.regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/));
const gap = v.strictObject({ path: v.string(), reason: v.string() });

const taken = v.strictObject({
  checkpoint: oid,
  tree: oid,
  ref: v.string(),
  session: v.string(),
  step: v.number(),
  mode: v.picklist(['whole', 'paths']),
  created: v.boolean(),
  uncovered: v.array(gap),
  attempts: v.number(),
  warnings: v.array(v.string()),
});

const listed = v.array(
  v.strictObject({
    checkpoint: oid,
    tree: oid,
    session: v.string(),
    agent: v.string(),
    step: v.number(),
    time: v.pipe(v.string(), v.isoTimestamp()),
    worktree: v.string(),
    base: v.nullable(oid),
    branch: v.nullable(v.string()),
    operation: v.nullable(v.string()),
    mode: v.string(),
    tool: v.nullable(v.string()),
    task: v.nullable(v.string()),
    message: v.string(),
    paths: v.array(v.string()),
    uncovered: v.array(gap),
    uncoveredMore: v.number(),
    staged: v.nullable(oid),
    folded: v.array(oid),
  }),
);

const errorAnswer = v.object({
  error: v.object({ reason: v.string(), message: v.string(), untouched: v.string(), next: v.string() }),
});

const session = ['--session', 's1', '--agent', 'codex'];

describe('the command line', () => {
  it(
    'takes a checkpoint and says what the contract says',
    inRepo((repo) => {
      repo.write('sub/new.txt', 'one');
      const first = json(
        taken,
        belay(repo, [
          'checkpoint',
          ...session,
          '--json',
          '--message',
          'Hello',
          '--tool',
          'Edit',
          '--task',
          't1',
        ]),
      );
      assert.equal(first.ref, 'refs/belay/shadow/main/current');
      assert.deepEqual([first.session, first.step, first.mode, first.created], ['s1', 1, 'whole', true]);
      assert.equal(repo.git('rev-parse', first.ref), first.checkpoint);
      assert.equal(repo.git('rev-parse', 'refs/belay/session/s1'), first.checkpoint);
      assert.equal(repo.git('rev-parse', `${first.checkpoint}^{tree}`), first.tree);

      const again = json(taken, belay(repo, ['checkpoint', ...session, '--json']));
      assert.deepEqual([again.checkpoint, again.created], [first.checkpoint, false]);

      repo.write('sub/new.txt', 'two');
      const byPath = json(
        taken,
        belay(repo, ['checkpoint', ...session, '--json', '--path', 'new.txt'], {
          cwd: path.join(repo.folder, 'sub'),
        }),
      );
      assert.deepEqual([byPath.mode, byPath.step, byPath.created], ['paths', 2, true]);
      assert.equal(repo.git('show', `${byPath.checkpoint}:sub/new.txt`), 'two');

      const log = json(listed, belay(repo, ['log', '--json']));
      assert.deepEqual(
        log.map((entry) => [entry.checkpoint, entry.tool, entry.task, entry.paths]),
        [
          [byPath.checkpoint, null, null, ['sub/new.txt']],
          [first.checkpoint, 'Edit', 't1', []],
        ],
      );
      assert.equal(log[1]?.message, 'Hello');
    }),
  );

  it(
    'lists, shows and compares',
    inRepo((repo) => {
      repo.write('a.txt', 'two\n');
      const first = json(taken, belay(repo, ['checkpoint', ...session, '--json']));
      repo.write('a.txt', 'three\n');
      const second = json(
        taken,
        belay(repo, ['checkpoint', '--session', 's2', '--agent', 'gemini', '--json']),
      );
      assert.equal(json(listed, belay(repo, ['log', '--json', '--session', 's2'])).length, 1);
      assert.equal(
        json(listed, belay(repo, ['log', '--json', '--worktree', 'main', '--limit', '1'])).length,
        1,
      );
      assert.equal(belay(repo, ['log', '--worktree', 'nope']).code, 1);

      const shown = belay(repo, ['show', second.checkpoint.slice(0, 12)]);
      assert.match(shown.out, /session +s2 \(gemini\), step 1[\s\S]*M {2}a\.txt/);
      assert.match(belay(repo, ['diff', second.checkpoint]).out, /-two\n\+three/);
      assert.equal(belay(repo, ['diff', first.checkpoint, second.checkpoint, '--', 'folder']).out, '');
      assert.match(
        belay(repo, ['diff', second.checkpoint, first.checkpoint, '--', 'a.txt']).out,
        /-three\n\+two/,
      );

      const sessions = v.parse(
        v.array(v.object({ session: v.string(), steps: v.number(), live: v.boolean() })),
        JSON.parse(belay(repo, ['sessions', '--json']).out),
      );
      assert.deepEqual(sessions.map(({ session: id }) => id).sort(), ['s1', 's2']);
      const worktrees = v.parse(
        v.array(
          v.object({
            worktree: v.string(),
            branch: v.nullable(v.string()),
            checkpoint: v.nullable(v.string()),
          }),
        ),
        JSON.parse(belay(repo, ['worktrees', '--json']).out),
      );
      assert.deepEqual(worktrees, [
        { worktree: 'main', branch: 'refs/heads/main', checkpoint: second.checkpoint },
      ]);
    }),
  );

  it(
    'restores, says what it would do first, and takes it back',
    inRepo((repo) => {
      repo.write('a.txt', 'good');
      const good = json(taken, belay(repo, ['checkpoint', ...session, '--json']));
      repo.write('a.txt', 'bad');
      repo.write('extra.txt', 'extra');
      belay(repo, ['checkpoint', ...session]);
      const refs = repo.git('for-each-ref');
      const dry = belay(repo, ['restore', good.checkpoint, '--dry-run']);
      assert.match(dry.out, /write {2}a\.txt\ndelete {2}extra\.txt/);
      assert.equal(repo.git('for-each-ref'), refs, 'a dry run changes no reference');
      assert.equal(repo.read('a.txt').toString(), 'bad');
      assert.equal(belay(repo, ['restore', good.checkpoint, '--path', 'a.txt', '--json']).code, 0);
      assert.equal(repo.read('a.txt').toString(), 'good');
      assert.equal(repo.read('extra.txt').toString(), 'extra');
      assert.equal(belay(repo, ['undo-restore']).code, 0);
      assert.equal(repo.read('a.txt').toString(), 'bad');
      assert.match(belay(repo, ['branch', good.checkpoint, 'rescued']).out, /refs\/heads\/rescued/);
      assert.equal(repo.git('show', 'rescued:a.txt'), 'good');
    }),
  );

  it(
    'refuses in words, with a reason, an exit code and JSON',
    inRepo((repo) => {
      const cases: [readonly string[], number, string | undefined][] = [
        [['checkpoint', '--agent', 'x'], 2, undefined],
        [['checkpoint', ...session, '--frob'], 2, undefined],
        [['frob'], 2, undefined],
        [['log', '--limit', '0'], 2, undefined],
        [['checkpoint', '--session', 'a\nb', '--agent', 'x'], 2, 'invalid_session'],
        [['checkpoint', '--session', 'x'.repeat(200), '--agent', 'x'], 2, 'invalid_session'],
        [['checkpoint', ...session, '--path', '../outside'], 2, 'invalid_path'],
        [['checkpoint', ...session, '--path', '.git/config'], 2, 'invalid_path'],
        [['show', 'HEAD'], 1, 'unknown_checkpoint'],
        [['show', 'f'.repeat(40)], 1, 'unknown_checkpoint'],
        [['restore', repo.git('rev-parse', 'HEAD')], 1, 'unknown_checkpoint'],
        [['undo-restore'], 1, 'nothing_to_undo'],
        [['log', '--cwd', repo.base], 1, 'not_a_repository'],
        [['log', '--cwd', `${repo.base}/nowhere`], 1, 'not_a_repository'],
        [['undo-restore', '--cwd', `${repo.folder}/.git`], 1, 'bare_repository'],
      ];
      const before = repo.fingerprint();
      for (const [args, code, reason] of cases) {
        const ended = belay(repo, [...args, '--json']);
        const label = args.join(' ');
        assert.equal(ended.code, code, `${label}: ${ended.err}`);
        assert.notEqual(ended.err, '', label);
        if (reason !== undefined) {
          const { error } = v.parse(errorAnswer, JSON.parse(ended.out));
          assert.equal(error.reason, reason, label);
          assert.ok(
            ended.err.includes(error.message) &&
              ended.err.includes(error.untouched) &&
              ended.err.includes(error.next),
            label,
          );
        }
      }
      assert.equal(repo.fingerprint(), before);
      assert.equal(repo.refs('belay').size, 0);
    }),
  );

  it(
    'fails in words when git is missing, and names the exit code of each reason',
    inRepo((repo) => {
      const ended = belay(repo, ['log', '--json'], { env: { PATH: repo.base } });
      assert.equal(ended.code, 3);
      assert.equal(v.parse(errorAnswer, JSON.parse(ended.out)).error.reason, 'git_missing');
      for (const [reason, { exitCode, next }] of Object.entries(reasons)) {
        assert.ok([1, 2, 3].includes(exitCode), reason);
        assert.ok(next.length > 10, reason);
      }
    }),
  );

  it(
    'every command has --help, --json and --cwd',
    inRepo((repo) => {
      const commands = [
        'checkpoint',
        'log',
        'show',
        'diff',
        'sessions',
        'worktrees',
        'restore',
        'undo-restore',
        'branch',
        'doctor',
      ];
      const help = belay(repo, ['--help']);
      for (const command of commands) {
        assert.match(help.out, new RegExp(`^ {2}${command}\\b`, 'm'));
        const own = belay(repo, [command, '--help']);
        assert.equal(own.code, 0);
        assert.match(own.out, /--json/);
        assert.match(own.out, /--cwd/);
      }
    }),
  );

  it(
    'prints names from outside without letting them act on the terminal',
    inRepo((repo) => {
      repo.write('evil\u001b[2J\nname', 'x');
      const made = json(
        taken,
        belay(repo, ['checkpoint', ...session, '--json', '--message', 'red \u001b[31m text']),
      );
      for (const args of [
        ['log'],
        ['show', made.checkpoint],
        ['sessions'],
        ['worktrees'],
        ['restore', made.checkpoint, '--dry-run'],
      ]) {
        assert.equal(belay(repo, args).out.includes('\u001b'), false, args.join(' '));
      }
    }),
  );

  it(
    'the doctor says what is wrong with the command that fixes it, and fixes it',
    inRepo((repo) => {
      belay(repo, ['checkpoint', ...session]);
      const lock = path.join(repo.commonDir, 'refs/belay/shadow/main/current.lock');
      fs.writeFileSync(lock, '');
      repo.write('a.txt', 'while locked');
      const waiting = json(taken, belay(repo, ['checkpoint', ...session, '--json']));
      assert.match(waiting.ref, /^refs\/belay\/overflow\/main\//);
      assert.equal(waiting.warnings.length, 1);
      assert.equal(waiting.step, 2);
      const old = new Date(Date.now() - 60_000);
      fs.utimesSync(lock, old, old);
      const said = belay(repo, ['doctor']).out;
      assert.match(said, /PROBLEM refs\/belay\/shadow\/main\/current has been locked/);
      assert.match(said, /PROBLEM 1 checkpoints are safe but wait/);
      assert.match(said, /fix it with: belay doctor --fix/);
      const mended = belay(repo, ['doctor', '--fix']).out;
      assert.match(mended, /Removed the lock file that was left on refs\/belay\/shadow\/main\/current/);
      assert.match(mended, /Folded the waiting checkpoints in/);
      assert.doesNotMatch(mended, /PROBLEM/);
      assert.equal(fs.existsSync(lock), false);
      assert.equal(
        [...repo.refs('belay').keys()].some((name) => name.includes('overflow')),
        false,
      );
      repo.git('merge-base', '--is-ancestor', waiting.checkpoint, 'refs/belay/shadow/main/current');
    }, referencesAsFiles),
  );

  it(
    'the doctor fixes with --fix, and with the name that it had before, which the help does not show',
    inRepo((repo) => {
      belay(repo, ['checkpoint', ...session]);
      const lock = path.join(repo.commonDir, 'refs/belay/shadow/main/current.lock');
      const report = v.object({ mended: v.array(v.string()) });
      for (const spelling of ['--fix', '--mend']) {
        const old = new Date(Date.now() - 60_000);
        fs.writeFileSync(lock, '');
        fs.utimesSync(lock, old, old);
        const { mended } = json(report, belay(repo, ['doctor', spelling, '--json']));
        assert.match(mended[0] ?? '', /^Removed the lock file that was left on /, spelling);
        assert.equal(fs.existsSync(lock), false, spelling);
      }
      const help = belay(repo, ['doctor', '--help']).out;
      assert.match(help, /--fix {2}/);
      assert.doesNotMatch(help, /mend/);
    }),
  );

  it(
    'the doctor names references that cannot be read and leaves them alone',
    inRepo((repo) => {
      belay(repo, ['checkpoint', ...session]);
      const file = path.join(repo.commonDir, 'refs/belay/session/broken');
      fs.writeFileSync(file, 'not an id\n');
      const ended = belay(repo, ['doctor', '--fix']);
      assert.match(ended.out, /PROBLEM refs\/belay\/session\/broken cannot be read/);
      assert.equal(fs.readFileSync(file, 'utf8'), 'not an id\n');
    }, referencesAsFiles),
  );

  it(
    'the doctor gives a file its name back that a killed restore had moved aside, and drops no content that is nowhere else',
    inRepo((repo) => {
      repo.write('src/a.txt', 'one\n');
      const first = json(taken, belay(repo, ['checkpoint', ...session, '--json']));
      repo.write('src/a.txt', 'two\n');
      belay(repo, ['checkpoint', ...session]);
      // Ends the process in the moment between: the old file is aside, the new one is not there yet.
      const deadly = path.join(repo.base, 'deadly.cjs');
      fs.writeFileSync(
        deadly,
        "require('node:fs').promises.link = () => { process.kill(process.pid, 'SIGKILL'); return new Promise(() => {}); };\n",
      );
      const restore = ['restore', first.checkpoint, '--path', 'src/a.txt'];
      const killed = belay(repo, restore, { env: { NODE_OPTIONS: `--require=${deadly}` } });
      assert.equal(killed.code, null, killed.err);
      const aside = (): string[] => fs.readdirSync(repo.at('src')).filter((name) => name.includes('.belay-'));
      assert.equal(fs.existsSync(repo.at('src/a.txt')), false);
      assert.equal(aside().length, 1);
      assert.match(
        belay(repo, ['doctor']).out,
        /PROBLEM A restore or sync that was killed left files under another name: src\/a\.txt\.belay-/,
      );

      assert.match(belay(repo, ['doctor', '--fix']).out, /Gave src\/a\.txt its name back\./);
      assert.equal(repo.read('src/a.txt').toString(), 'two\n');
      assert.deepEqual(aside(), []);
      assert.doesNotMatch(belay(repo, ['doctor']).out, /another name/);

      belay(repo, ['checkpoint', ...session]);
      assert.equal(belay(repo, restore, { env: { NODE_OPTIONS: `--require=${deadly}` } }).code, null);
      repo.write('src/a.txt', 'three\n');
      assert.match(
        belay(repo, ['doctor', '--fix']).out,
        /src\/a\.txt: what was there is in checkpoint [0-9a-f]{40}(?:[0-9a-f]{24})?/,
      );
      assert.equal(repo.read('src/a.txt').toString(), 'three\n');
      assert.deepEqual(aside(), []);

      // Nobody's but the person's, whatever its name looks like.
      repo.write('src/mine.txt.belay-0a1b2c3d', 'mine');
      const looked = belay(repo, ['doctor', '--fix']);
      assert.match(
        looked.out,
        /src\/mine\.txt\.belay-0a1b2c3d is in no record of Belay's, and is left alone/,
      );
      assert.equal(repo.read('src/mine.txt.belay-0a1b2c3d').toString(), 'mine');
      return Promise.resolve();
    }),
  );
});
