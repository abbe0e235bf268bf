import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fanOut } from '../../src/fanout/fanout';
import type { FanOutOutcome } from '../../src/fanout/fanOutOutcome';
import { readPin, setPin, type Pin } from '../../src/fanout/pin';
import type { FanOutRequest } from '../../src/fanout/request';
import { resolveOnce, type Fetcher } from '../../src/fanout/resolve';
import type { Worktree } from '../../src/git/worktree';
import { openGuard } from '../../src/leases/guard';
import { defaultNetworkLimits } from '../../src/network/networkOutcome';
import { Network } from '../../src/network/network';
import type { SyncRequest } from '../../src/sync/request';
import type { TestRepo } from '../support/repo';

export const who: SyncRequest = { session: 'person', agent: 'editor', onConflict: 'ask', explicit: true };

/** The real network, and what it was asked for. */
export class CountedNetwork implements Fetcher {
  readonly asked: { readonly commonDir: string; readonly remote: string; readonly objects: boolean }[] = [];
  private readonly network = new Network({ limits: { ...defaultNetworkLimits, timeLimit: 20_000 } });

  fetch(...[worktree, remote, options]: Parameters<Network['fetch']>): ReturnType<Network['fetch']> {
    const { commonDir } = worktree.repository;
    this.asked.push({ commonDir, remote, objects: options?.objects !== undefined });
    return this.network.fetch(worktree, remote, options);
  }
}

/** Resolves a name and sets a pin to it, as the command line does. */
export async function pinTo(
  worktree: Worktree,
  source: string,
  { name = 'sprint', fetch = false, network = new CountedNetwork() } = {},
): Promise<Pin> {
  const resolved = await resolveOnce(worktree, network, { source, fetch, explicit: true });
  const guard = await openGuard(worktree, {});
  const pin = await setPin(worktree, guard, { ...resolved, name, session: 'person', agent: 'editor' });
  return readPin(worktree, pin.name);
}

/** Brings these worktrees of one repository to the pin; all of them when none is named. */
export async function bring(
  worktree: Worktree,
  pin: Pin,
  keys?: readonly string[],
  request: Partial<FanOutRequest> = {},
): Promise<FanOutOutcome[]> {
  const fleet = { repository: worktree, ...(keys === undefined ? {} : { keys }) };
  return fanOut(worktree, pin, [fleet], new CountedNetwork(), { ...who, ...request });
}

export function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd();
}

/** A linked worktree of a test repository on a branch of its own that follows `origin/main`. @returns its folder. */
export function linkBranch(repo: TestRepo, name: string, at = 'HEAD'): string {
  const folder = path.join(repo.base, 'linked', name);
  repo.git('worktree', 'add', '--quiet', '-b', name, folder, at);
  git(folder, 'branch', '--quiet', '--set-upstream-to=origin/main');
  return folder;
}

export function put(folder: string, name: string, content: string): void {
  fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  fs.writeFileSync(path.join(folder, name), content);
}

/** Commits what is in these files. @returns the commit. */
export function commit(folder: string, files: Readonly<Record<string, string>>, message = 'Work'): string {
  for (const [name, content] of Object.entries(files)) {
    put(folder, name, content);
    git(folder, 'add', '--', name);
  }
  git(folder, 'commit', '--quiet', '--message', message);
  return git(folder, 'rev-parse', 'HEAD');
}
