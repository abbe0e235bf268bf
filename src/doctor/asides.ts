import { onDisk } from '../checkpoint/hash';
import { pathFromBytes, pathText, somePaths, type GitPath } from '../git/path';
import type { Worktree } from '../git/worktree';
import { LeaseError } from '../leases/error';
import { whileHolding } from '../leases/hold';
import { settleInterrupted, unlistedAsides } from '../restore/interrupted';
import { readMovedRecords } from '../restore/movedRecord';
import { lstat } from '../restore/statSnapshot';
import { english } from '../localizer';
import { movedLines } from '../toldWords';
import { fixCommand, type Finding } from './finding';

/** What earlier versions, which kept no record, added to the name of a file that they moved aside for a moment. */
const suffix = /\.belay-[0-9a-f]{8}$/;

/** How many of them a sentence names. */
const maxListed = 3;

/** Files that Belay's records know by a name beside their own: of an operation that was killed, or kept for good. */
export async function filesAside(worktree: Worktree): Promise<Finding[]> {
  const records = await readMovedRecords(worktree);
  const findings: Finding[] = [];
  const interrupted = (await Promise.all(records.map((one) => unlistedAsides(worktree, one)))).flat();
  if (interrupted.length > 0) {
    findings.push({
      kind: 'file_aside',
      level: 'problem',
      message: `A restore or sync that was killed left files under another name: ${somePaths(interrupted, maxListed)}.`,
      fix: fixCommand,
    });
  }
  const keeps = records.flatMap(({ kept }) => kept);
  for (const { path, as } of keeps) {
    if ((await lstat(onDisk(worktree, as))) !== undefined) {
      findings.push({
        kind: 'file_aside',
        level: 'note',
        message: `What was at ${pathText(path)} is kept as ${pathText(as)}: no checkpoint could be had for it then.`,
        fix: fixCommand,
      });
    }
  }
  const known = new Set([...interrupted, ...keeps.map(({ as }) => as)]);
  const unlisted = (await lookingLikeOurs(worktree)).filter((name) => !known.has(name));
  return [
    ...findings,
    ...unlisted.slice(0, maxListed).map((name): Finding => {
      const was = onDisk(worktree, name.replace(suffix, '')).toString();
      const command = `mv -n ${JSON.stringify(onDisk(worktree, name).toString())} ${JSON.stringify(was)}`;
      return {
        kind: 'file_aside',
        level: 'note',
        message: `${pathText(name)} is in no record of Belay's, and is left alone. An earlier version may have moved it aside when it was killed.`,
        fix: `If so: ${command}`,
      };
    }),
  ];
}

/**
 * Ends what was interrupted, by its record: each file has its name back, or is what the operation made of it. What has no name
 * to come back to is put into a checkpoint. Works under the worktree's lease, so that a process that is moving files right now is
 * not disturbed.
 * @returns a sentence for each.
 */
export async function repairAsides(worktree: Worktree, leases: readonly string[]): Promise<string[]> {
  if ((await readMovedRecords(worktree)).length === 0) {
    return [];
  }
  const resource = { kind: 'worktree', name: worktree.key } as const;
  const claim = { owner: `command-line (doctor ${process.pid})`, agent: 'editor' };
  try {
    return await whileHolding(worktree, resource, { claim }, async (held) => {
      const who = { session: 'command-line', agent: 'editor', leases: [...leases, held.token] };
      const done: string[] = [];
      for (const record of await readMovedRecords(worktree)) {
        await held.check();
        const { back, moved } = await settleInterrupted(worktree, record, who);
        done.push(
          ...back.map((name) => `Gave ${pathText(name)} its name back.`),
          ...movedLines(english, moved).map((line) => `${line}.`),
        );
      }
      return done;
    });
  } catch (thrown) {
    if (thrown instanceof LeaseError) {
      return [`Files that were moved aside are left alone: ${thrown.message}`];
    }
    throw thrown;
  }
}

/** Untracked files whose name only looks like one of Belay's: they may be anybody's. */
async function lookingLikeOurs(worktree: Worktree): Promise<GitPath[]> {
  const output = await worktree.git.run({
    args: ['ls-files', '--others', '-z', '--', ':(glob)**/*.belay-*'],
    cwd: worktree.root,
  });
  return pathFromBytes(output.stdout)
    .split('\0')
    .filter((name) => suffix.test(name));
}
