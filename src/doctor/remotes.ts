import type { Worktree } from '../git/worktree';
import { noteChange } from '../ledger';
import { gitCommand, hideCommand, type Finding } from './finding';

/** What keeps Belay's references out of a refspec that would take them along (git 2.29 and newer). */
const exception = '^refs/belay/*';

/** `transfer.hideRefs` covers what others fetch from here and what they push here; Belay itself does neither with these. */
const hiding = { name: 'transfer.hideRefs', value: 'refs/belay' } as const;

/** The remotes that take all references along: checkpoints hold untracked files, and a pruning fetch removes them. */
export async function mirrorRemotes(worktree: Worktree): Promise<Finding[]> {
  const settings = await remoteSettings(worktree);
  const names = [...new Set(settings.map(({ remote }) => remote))];
  return names.flatMap((remote) => {
    const of = (key: string): string[] =>
      settings.flatMap((one) => (one.remote === remote && one.key === key ? [one.value] : []));
    const set = (...args: readonly string[]): string => gitCommand(worktree, 'config', ...args);
    const findings: Finding[] = [];
    const isMirror = /^(?:true|yes|on|1|)$/i.test(of('mirror').at(-1) ?? 'no');
    if (isMirror) {
      const push = `remote.${remote}.push`;
      findings.push({
        kind: 'mirror_remote',
        level: 'problem',
        message: `The remote ${remote} is a mirror: a push to it takes Belay’s checkpoints along, and with them files that git does not track, such as .env. What it has of them already: ${gitCommand(worktree, 'ls-remote', remote, 'refs/belay/*')}`,
        fix: [
          set('--unset-all', `remote.${remote}.mirror`),
          set('--add', push, '+refs/*:refs/*'),
          set('--add', push, exception),
        ].join(' && '),
      });
    } else if (takesBelay(of('push'))) {
      findings.push({
        kind: 'mirror_remote',
        level: 'problem',
        message: `A push to the remote ${remote} takes Belay’s checkpoints along, and with them files that git does not track, such as .env.`,
        fix: set('--add', `remote.${remote}.push`, exception),
      });
    }
    if (landsOnBelay(of('fetch'))) {
      findings.push({
        kind: 'mirror_remote',
        level: 'problem',
        message: `A fetch from the remote ${remote} may write, and with --prune removes, Belay’s references.`,
        fix: set('--add', `remote.${remote}.fetch`, exception),
      });
    }
    return findings;
  });
}

/** Whether clones and fetches of everything from this repository get Belay's references. */
export async function refsOnOffer(worktree: Worktree): Promise<Finding[]> {
  if (await areHidden(worktree)) {
    return [
      {
        kind: 'refs_on_offer',
        level: 'ok',
        message: 'Who clones or fetches from this repository gets no checkpoints.',
        fix: undefined,
      },
    ];
  }
  return [
    {
      kind: 'refs_on_offer',
      level: 'note',
      message: `Who clones this repository with --mirror, or fetches all of its references, gets the checkpoints, and with them files that git does not track. If nobody should: ${hiding.name}=${hiding.value}. It does not reach what is pushed from here with --mirror.`,
      fix: hideCommand,
    },
  ];
}

/** Hides Belay's references from fetches from this repository and pushes to it. For a person who agrees. @returns what was done. */
export async function hideRefs(worktree: Worktree): Promise<string[]> {
  if (await areHidden(worktree)) {
    return [];
  }
  await worktree.git.run({
    args: ['config', '--local', '--add', hiding.name, hiding.value],
    cwd: worktree.root,
  });
  noteChange('configuration', hiding.name, { to: hiding.value });
  const undo = gitCommand(worktree, 'config', '--unset', hiding.name, '^refs/belay$');
  return [
    `Set ${hiding.name}=${hiding.value}: who clones or fetches from here gets no checkpoints. To take it back: ${undo}`,
  ];
}

async function areHidden({ git, root }: Worktree): Promise<boolean> {
  const { stdout } = await git.run({
    args: ['config', '-z', '--get-regexp', '^(transfer|uploadpack)\\.hiderefs$'],
    cwd: root,
    answers: [1],
  });
  // A later one with an exclamation mark shows again what is hidden.
  const values = stdout
    .toString('utf8')
    .split('\0')
    .map((entry) => entry.slice(entry.indexOf('\n') + 1));
  const last = values.findLast((value) =>
    ['refs', 'refs/belay'].includes(value.replace(/^!/, '').replace(/\/$/, '')),
  );
  return last !== undefined && !last.startsWith('!');
}

interface Setting {
  readonly remote: string;
  readonly key: string;
  readonly value: string;
}

async function remoteSettings({ git, root }: Worktree): Promise<Setting[]> {
  const { stdout } = await git.run({
    args: ['config', '-z', '--get-regexp', '^remote\\..*\\.(mirror|push|fetch)$'],
    cwd: root,
    answers: [1],
  });
  return stdout
    .toString('utf8')
    .split('\0')
    .flatMap((entry) => {
      const end = entry.indexOf('\n');
      const [, remote, key] = /^remote\.(.*)\.(\w+)$/s.exec(end < 0 ? entry : entry.slice(0, end)) ?? [];
      return remote === undefined || key === undefined
        ? []
        : [{ remote, key, value: end < 0 ? '' : entry.slice(end + 1) }];
    });
}

function takesBelay(refspecs: readonly string[]): boolean {
  return (
    !isExcepted(refspecs) && refspecs.some((one) => meetsBelay(one.replace(/^\+/, '').split(':')[0] ?? ''))
  );
}

function landsOnBelay(refspecs: readonly string[]): boolean {
  return !isExcepted(refspecs) && refspecs.some((one) => meetsBelay(one.split(':')[1] ?? ''));
}

function isExcepted(refspecs: readonly string[]): boolean {
  return refspecs.some((one) => one === exception || one === '^refs/*');
}

/** Whether a side of a refspec names something of Belay's. */
function meetsBelay(side: string): boolean {
  const star = side.indexOf('*');
  return star < 0
    ? side.startsWith('refs/belay/')
    : 'refs/belay/'.startsWith(side.slice(0, star)) || side.startsWith('refs/belay/');
}
