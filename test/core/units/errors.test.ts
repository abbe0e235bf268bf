import assert from 'node:assert/strict';
import { BelayError, messageOf } from '../../../src/errors';
import { reasons } from '../../../src/reasons';
import { failureFromWords, GitError, type GitFailure } from '../../../src/git/errors';

const samples: Partial<Record<GitFailure, readonly string[]>> = {
  not_a_repository: [
    'fatal: not a git repository (or any of the parent directories): .git',
    "fatal: not a git repository: '/x/.git'",
  ],
  no_worktree: ['fatal: this operation must be run in a work tree'],
  unsafe_repository: ["fatal: detected dubious ownership in repository at '/x'"],
  ref_moved: [
    `fatal: prepare: cannot lock ref 'refs/belay/x': is at ${'1'.repeat(40)} but expected ${'2'.repeat(40)}`,
    `fatal: commit: cannot lock ref 'refs/belay/x': is at ${'1'.repeat(64)} but expected ${'2'.repeat(64)}`,
    "fatal: prepare: cannot lock ref 'refs/belay/x': reference already exists",
    `fatal: prepare: cannot lock ref 'refs/belay/x': reference is missing but expected ${'1'.repeat(40)}`,
    "fatal: prepare: cannot lock ref 'refs/belay/x': unable to resolve reference 'refs/belay/x'",
  ],
  ref_locked: [
    "fatal: prepare: cannot lock ref 'refs/belay/x': Unable to create '/x/.git/refs/belay/x.lock': File exists.\n\nAnother git process seems to be running in this repository",
  ],
  ref_broken: [
    "fatal: prepare: cannot lock ref 'refs/belay/x': unable to resolve reference 'refs/belay/x': reference broken",
  ],
  ref_conflict: [
    "fatal: prepare: cannot lock ref 'refs/a/b': 'refs/a' exists; cannot create 'refs/a/b'",
    "fatal: prepare: cannot lock ref 'refs/a': there is a non-empty directory '/x' blocking reference 'refs/a'",
  ],
  disk_full: [
    'error: file write error: No space left on device',
    'fatal: unable to write loose object file: Disk quota exceeded',
  ],
  index_unusable: [
    'error: bad signature 0x78787878\nfatal: index file corrupt',
    'fatal: /x/index: index file smaller than expected',
    'fatal: index file open failed: Is a directory',
    'fatal: unknown index entry format 0x78780000',
  ],
  object_missing: [
    `error: invalid object 100644 ${'1'.repeat(40)} for 'a'\nfatal: git-write-tree: error building trees`,
    `fatal: unable to read tree ${'1'.repeat(40)}`,
    `fatal: bad object ${'1'.repeat(40)}`,
  ],
  unsupported: [
    "error: unknown option `batch-command'\nusage: git cat-file",
    "git: 'no-such' is not a git command. See 'git --help'.",
  ],
  other: ['', 'fatal: something else', 'error: external filter failed'],
};

describe('failures', () => {
  it('are told apart by the words of git', () => {
    for (const [failure, texts] of Object.entries(samples)) {
      for (const words of texts) {
        assert.equal(failureFromWords(words), failure, words);
        const error = new GitError(failureFromWords(words), 'update-ref --stdin', words);
        assert.ok(error.message.startsWith('git ') || error.message.startsWith('This '), error.message);
        assert.doesNotMatch(error.message, /\n/);
        assert.ok(error.message.length > 10);
      }
    }
  });

  it('each say what to do next, and end a command with its code', () => {
    for (const [reason, { exitCode, next }] of Object.entries(reasons)) {
      assert.ok([1, 2, 3].includes(exitCode), reason);
      assert.match(next, /^[A-Za-z].{10,}/, reason);
      assert.doesNotMatch(next, /\n|undefined/, reason);
    }
    const error = new BelayError('git_timeout', 'It took too long.', { cause: 'x' });
    assert.equal(error.exitCode, 3);
    assert.equal(error.next, reasons.git_timeout.next);
    // Nobody kept what was done: then nothing is claimed.
    assert.match(error.untouched, /not known/);
    assert.equal(messageOf(error), 'It took too long.');
    assert.equal(messageOf('thrown text'), 'thrown text');
  });

  it('of git without words of its own still have a sentence', () => {
    const failures: readonly GitFailure[] = [
      'not_started',
      'timed_out',
      'cancelled',
      'killed',
      'too_much_output',
      'other',
    ];
    for (const failure of failures) {
      assert.match(new GitError(failure, 'status', '').message, /^git .*\.?$/);
    }
    assert.equal(new GitError('timed_out', 'status', '').reason, 'git_timeout');
    assert.equal(new GitError('not_started', 'status', '').reason, 'git_missing');
  });

  it('are a fault, with the log and the health check, only where one of those tells more', () => {
    const faults = Object.entries(reasons).flatMap(([reason, { severity }]) =>
      severity === 'fault' ? [reason] : [],
    );
    assert.deepEqual(faults.toSorted(), [
      'answer_refused',
      'backup_failed',
      'cancelled',
      'config_not_written',
      'git_failed',
      'git_missing',
      'git_timeout',
      'git_too_old',
      'half_filled',
      'index_not_written',
      'invalid_lease',
      'invalid_session',
      'lease_unreadable',
      'move_incomplete',
      'publish_failed',
      'question_unreadable',
      'ref_unreadable',
      'references_locked',
      'reset_failed',
      'restore_incomplete',
      'session_collision',
      'unknown_agent',
      'usage',
      'worktree_incomplete',
    ]);
  });
});
