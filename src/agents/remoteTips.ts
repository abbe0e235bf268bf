import { stat } from 'node:fs/promises';
import path from 'node:path';
import { BelayError } from '../errors';
import { GitError } from '../git/errors';
import { whenMissing } from '../git/diskErrors';
import type { Worktree } from '../git/worktree';
import { configuredNetworkLimits, type NotDone } from '../network/networkOutcome';
import { Network } from '../network/network';
import { resolveRemote, type Remote } from '../network/remote';
import { readStatus } from '../network/status';
import type { PushTarget } from './pushTargets';

/** All that a call waits for remotes, in milliseconds. */
export const askingLimitMs = 3_000;
/** A remote that has not answered for longer than this, in milliseconds, is not asked: the call would wait for nothing. */
const answeredWithinMs = 60 * 60_000;
/** So many branches that a remote has are fetched for one call. */
export const tipLimit = 50;

/** What the branches and tags of a remote are at, fetched; or why that is not known, in words that follow "the remote NAME ...". */
export type Asked =
  { readonly tips: ReadonlyMap<string, string>; readonly more: number } | { readonly whyNot: string };

/**
 * Asks a remote what the branches and tags are at that a push may take, and fetches the commits. No reference moves by that, the
 * remote's branches here least of all: by them `git push --force-with-lease` knows what its user has seen.
 * @param signal ends it, which does not count against the remote; no credentials are asked for.
 */
export async function askTips(worktree: Worktree, target: PushTarget, signal: AbortSignal): Promise<Asked> {
  try {
    const remote = await resolveRemote(worktree, target.remote, 'fetch');
    if ((await resolveRemote(worktree, target.remote, 'push')).id !== remote.id) {
      return { whyNot: 'is pushed to under another address than it is fetched from' };
    }
    const whyNot = await whyNotAsked(worktree, remote, target.configured);
    return whyNot === undefined ? await ask(worktree, target, signal) : { whyNot };
  } catch (thrown) {
    if (thrown instanceof GitError || thrown instanceof BelayError) {
      return { whyNot: 'could not be asked' };
    }
    throw thrown;
  }
}

async function ask(
  worktree: Worktree,
  { remote, references }: PushTarget,
  signal: AbortSignal,
): Promise<Asked> {
  const network = new Network({ limits: configuredNetworkLimits(worktree) });
  const listed = await network.listRemote(worktree, remote, {
    signal,
    patterns: references ?? ['refs/heads/*', 'refs/tags/*'],
  });
  if (listed.kind === 'not_done') {
    return { whyNot: whyNotDone[listed.reason] };
  }
  // git-ls-remote(1) matches the ends of names.
  const all = [...listed.value].filter(
    ([name]) => references?.includes(name) ?? /^refs\/(?:heads|tags)\//.test(name),
  );
  const some = all.slice(0, tipLimit);
  const oids = [...new Set(some.map(([, oid]) => oid))];
  const here = await worktree.plumbing.infos(oids.map((oid) => `${oid}^{commit}`));
  const objects = oids.filter((_, at) => here[at] === undefined);
  if (objects.length > 0) {
    const fetched = await network.fetch(worktree, remote, { signal, objects });
    if (fetched.kind === 'not_done') {
      return { whyNot: whyNotDone[fetched.reason] };
    }
  }
  // A tag may be an object of its own; what it leads to is what can be lost.
  const commits = await worktree.plumbing.infos(some.map(([, oid]) => `${oid}^{commit}`));
  const tips = new Map(
    some.flatMap(([name], at): [string, string][] => {
      const commit = commits[at]?.oid;
      return commit === undefined ? [] : [[name, commit]];
    }),
  );
  return { tips, more: all.length - some.length };
}

const whyNotDone: Readonly<Record<NotDone, string>> = {
  timed_out: 'did not answer in time',
  cancelled: 'did not answer in time',
  still_running: 'was being asked something else',
  backing_off: 'failed lately',
  failed: 'did not say what it has',
};

async function whyNotAsked(
  worktree: Worktree,
  remote: Remote,
  configured: boolean,
): Promise<string | undefined> {
  const { retryAfter, lastAnswered } = await readStatus(worktree.repository, remote);
  if (retryAfter !== undefined) {
    return 'failed lately';
  }
  if (remote.local && configured) {
    return undefined;
  }
  const answered = Math.max(lastAnswered ?? 0, configured ? await lastFetchOf(worktree) : 0);
  return Date.now() - answered > answeredWithinMs ? 'has not answered within the last hour' : undefined;
}

/** When git itself last fetched here, in milliseconds since the epoch. */
async function lastFetchOf({ gitDir }: Worktree): Promise<number> {
  const found = await stat(path.join(gitDir, 'FETCH_HEAD')).catch(whenMissing(undefined));
  return found?.mtimeMs ?? 0;
}
