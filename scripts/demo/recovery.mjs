import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runBelay } from './belay.mjs';
import { git } from './project.mjs';

/**
 * Lets the branch of a second worktree and its upstream change the same line, and Belay sync it: what cannot be rebased is
 * left as it is, pinned, and waits for the person who opens the demo. Returns how much was lost, which is to be nothing.
 */
export function runRecovery(repository, { base, folder, remote }) {
  const worktree = path.join(base, 'parcels-express');
  git(folder, 'worktree', 'add', '--quiet', '--track', '-b', 'agent/express', worktree, 'origin/main');
  const belay = (...args) => runBelay(repository, worktree, args);
  const who = ['--session', '5b0e-express-rates', '--agent', 'codex'];
  const { token } = belay('session', 'start', ...who, '--owner', 'codex in parcels-express');
  change(worktree, 'src/rates.ts', 'export const express = 2;\n');
  git(worktree, 'commit', '--quiet', '--all', '--message', 'Express parcels cost twice as much');
  writeFileSync(path.join(worktree, 'NOTES.md'), 'Not committed yet: express over the weekend?\n');
  belay('checkpoint', ...who, '--lease', token, '--message', 'Notes on express parcels');

  const elsewhere = path.join(base, 'elsewhere');
  git(base, 'clone', '--quiet', remote, elsewhere);
  git(elsewhere, 'config', 'user.name', 'Sam Example');
  git(elsewhere, 'config', 'user.email', 'sam@example.com');
  change(elsewhere, 'src/rates.ts', 'export const express = 3;\n');
  git(elsewhere, 'commit', '--quiet', '--all', '--message', 'Express parcels cost three times as much');
  git(elsewhere, 'push', '--quiet');
  rmSync(elsewhere, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });

  const head = git(worktree, 'rev-parse', 'HEAD');
  const [outcome] = belay('sync');
  const kept = [
    git(worktree, 'rev-parse', 'HEAD') === head,
    git(worktree, 'rev-parse', outcome.backup ?? 'HEAD^{tree}') === head,
    readFileSync(path.join(worktree, 'NOTES.md'), 'utf8').includes('weekend'),
  ];
  console.log(
    `\nA second worktree has diverged from its upstream, and Belay has synced it: ${outcome.case.replaceAll('_', ' ')}. ` +
      'Its branch and files are as they were, its commit is pinned, and you are asked.',
  );
  return kept.filter((one) => !one).length;
}

function change(folder, file, text) {
  appendFileSync(path.join(folder, file), `\n${text}`);
}
