import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import * as v from 'valibot';
import * as vscode from 'vscode';
import type { BelayApi } from '../../src/ui/contributions/api';

const run = promisify(execFile);

/** How long it is waited until something counts as failed, in milliseconds: where all is well, nobody waits for it. */
export const patienceMs = 120_000;

export function extension(): vscode.Extension<BelayApi> {
  const found = vscode.extensions.getExtension<BelayApi>('belay.belay');
  assert.ok(found, 'Belay is in this editor');
  return found;
}

/** What Belay returns from its activation, once the window's folders are open. */
export async function api(): Promise<BelayApi> {
  const returned = await extension().activate();
  await returned.ready();
  return returned;
}

/** The folder of this run, a git repository. */
export function folder(): string {
  const found = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  assert.ok(found, 'a folder is open');
  return found;
}

export function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: folder(), encoding: 'utf8' }).trim();
}

/**
 * As where nothing was ever asked about a worktree. The window puts a question again that vanished without an answer, and may be
 * looking just now: so until it has looked once more and nothing is there.
 */
export async function forgetQuestion(worktree: string): Promise<void> {
  const ref = `refs/belay/decision/${worktree}`;
  const belay = await api();
  const end = performance.now() + patienceMs;
  do {
    assert.ok(performance.now() < end, `${ref} is put again and again`);
    git('update-ref', '-d', ref);
    for (const place of [path.join(folder(), '.git', 'belay'), path.join(homedir(), '.belay')]) {
      rmSync(path.join(place, 'questions'), { recursive: true, force: true });
    }
    await belay.refresh();
  } while (git('for-each-ref', ref) !== '');
}

/** Runs the command line as the launcher does, by the program that runs this host, and gives its JSON. */
export async function commandLine(...args: string[]): Promise<unknown> {
  const program = path.join(extension().extensionPath, 'dist', 'cli.js');
  const { stdout } = await run(process.execPath, [program, ...args, '--json'], {
    cwd: folder(),
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    timeout: 120_000,
  });
  const answer: unknown = JSON.parse(stdout);
  return answer;
}

const Refusal = v.object({
  error: v.object({ reason: v.string(), owner: v.optional(v.nullable(v.string())) }),
});

/** Runs the command line where it must be refused with exit code 1, and gives the reason and the owner that it names. */
export async function refused(...args: string[]): Promise<v.InferOutput<typeof Refusal>['error']> {
  try {
    await commandLine(...args);
  } catch (thrown) {
    const { code, stdout } = v.parse(v.object({ code: v.number(), stdout: v.string() }), thrown);
    assert.equal(code, 1, stdout);
    return v.parse(Refusal, JSON.parse(stdout)).error;
  }
  throw new assert.AssertionError({ message: `${args.join(' ')} was not refused` });
}

const Log = v.array(
  v.object({ checkpoint: v.string(), session: v.string(), step: v.number(), message: v.string() }),
);

/** Every checkpoint of a session, the latest first. */
export async function log(session: string): Promise<v.InferOutput<typeof Log>> {
  return v.parse(Log, await commandLine('log', '--session', session));
}
