import type { Dirent } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { GitError } from '../git/errors';
import { isDiskError } from '../git/diskErrors';
import type { StoredObject } from '../git/plumbing';
import type { Worktree } from '../git/worktree';
import { quoted } from '../git/quoted';
import { gitCommand, type Finding } from './finding';

interface Row {
  readonly oid: string;
  readonly symbolic: string;
  readonly ref: string;
}

/** What is wrong with a reference, and what fixes it. */
interface Fault {
  readonly ref: string;
  readonly why: string;
  readonly fix: string;
}

const root = 'refs/belay';

/**
 * Whether each of Belay's references can be read. None is moved or deleted here: what cannot be read may be all that holds
 * a person's work. Whether what can be read is a record of its kind: {@link ./foreignReferences}.
 */
export async function references(worktree: Worktree): Promise<Finding[]> {
  const { rows, broken, fatal } = await list(worktree);
  const faults: Fault[] = broken.map((ref) => ({
    ref,
    why: 'cannot be read: there is no value in it',
    fix: removal(worktree, ref),
  }));
  const read = await objectsOf(
    worktree,
    rows.map(({ oid }) => oid),
  );
  for (const [index, row] of rows.entries()) {
    if (read[index] === undefined) {
      const why = `names ${row.oid}, which is missing or damaged`;
      faults.push({ ref: row.ref, why, fix: deletion(worktree, row) });
    }
  }
  const known = new Set([...rows.map(({ ref }) => ref), ...broken]);
  const strays = await straysBelow(worktree, known);
  const findings: Finding[] = [...faults, ...strays].map(({ ref, why, fix }) => ({
    kind: 'ref_unreadable',
    level: 'problem',
    message: `${ref} ${why}. Belay does not move or delete it.`,
    fix,
  }));
  if (fatal !== undefined) {
    findings.push({
      kind: 'ref_unreadable',
      level: 'problem',
      message: `The references of this repository cannot be listed: ${fatal}`,
      fix: gitCommand(worktree, 'for-each-ref', root),
    });
  }
  return findings.length > 0
    ? findings
    : [
        {
          kind: 'ref_unreadable',
          level: 'ok',
          message: `All ${rows.length} references of Belay can be read.`,
          fix: undefined,
        },
      ];
}

async function list(
  worktree: Worktree,
): Promise<{ readonly rows: Row[]; readonly broken: string[]; readonly fatal: string | undefined }> {
  const { stdout, stderr, exitCode } = await worktree.git.run({
    args: ['for-each-ref', '--format=%(objectname)%09%(symref)%09%(refname)', root],
    cwd: worktree.root,
    answers: [1, 128],
  });
  const rows = stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [oid = '', symbolic = '', ref = ''] = line.split('\t');
      return { oid, symbolic, ref };
    });
  const named = stderr.matchAll(/ignoring (?:broken ref|dangling symref|ref with broken name) (\S+)/g);
  const broken = [...new Set([...named].map(([, ref = '']) => ref))];
  return {
    rows,
    broken,
    fatal: exitCode === 0 ? undefined : stderr.trim().split('\n').slice(0, 2).join(' '),
  };
}

/** The objects of the ids, in order; undefined where one is missing, or damaged so that git's reader ends at it. */
export async function objectsOf(
  worktree: Worktree,
  oids: readonly string[],
): Promise<(StoredObject | undefined)[]> {
  try {
    return await worktree.plumbing.objects(oids);
  } catch (thrown) {
    if (!(thrown instanceof GitError)) {
      throw thrown;
    }
    const [only] = oids;
    const half = Math.ceil(oids.length / 2);
    return oids.length <= 1
      ? only === undefined
        ? []
        : [undefined]
      : [
          ...(await objectsOf(worktree, oids.slice(0, half))),
          ...(await objectsOf(worktree, oids.slice(half))),
        ];
  }
}

/** Files and folders below `refs/belay` that git names no reference for, and that are in the way of one, or hide some. */
async function straysBelow(worktree: Worktree, known: ReadonlySet<string>): Promise<Fault[]> {
  const { commonDir } = worktree.repository;
  const strays = await strayFiles(commonDir, known);
  if (strays.length === 0) {
    return [];
  }
  // What was made since git was asked is none.
  const now = await list(worktree);
  const listed = new Set([...now.rows.map(({ ref }) => ref), ...now.broken]);
  return strays.filter(({ ref }) => !listed.has(ref));
}

async function strayFiles(commonDir: string, known: ReadonlySet<string>): Promise<Fault[]> {
  const found: Fault[] = [];
  const look = async (ref: string): Promise<void> => {
    const file = path.join(commonDir, ref);
    const entries = await entriesOf(file);
    if (typeof entries === 'string') {
      const why = `is a folder that cannot be read (${entries}), so that git lists nothing of it`;
      found.push({ ref, why, fix: `chmod u+rwx ${quoted(file)}` });
      return;
    }
    for (const entry of entries) {
      const inner = `${ref}/${entry.name}`;
      if (entry.isDirectory()) {
        await look(inner);
      } else if (!known.has(inner) && !entry.name.endsWith('.lock')) {
        const why = entry.isSymbolicLink()
          ? 'is a link on the disk'
          : 'is nothing that git knows as a reference';
        found.push({ ref: inner, why, fix: `rm ${quoted(path.join(commonDir, inner))}` });
      }
    }
  };
  await look(root);
  return found;
}

/** What lies in a folder that is one, and no link; or why it cannot be told. */
async function entriesOf(folder: string): Promise<Dirent[] | string> {
  try {
    return (await fs.lstat(folder)).isDirectory() ? await fs.readdir(folder, { withFileTypes: true }) : [];
  } catch (thrown) {
    if (!isDiskError(thrown)) {
      throw thrown;
    }
    return thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR' ? [] : (thrown.code ?? '?');
  }
}

/** git deletes no reference that it cannot read; its file has to go. */
function removal({ repository }: Worktree, ref: string): string {
  return `rm ${quoted(path.join(repository.commonDir, ref))}`;
}

function deletion(worktree: Worktree, { ref, oid, symbolic }: Row): string {
  return symbolic === ''
    ? gitCommand(worktree, 'update-ref', '--no-deref', '-d', ref, oid)
    : gitCommand(worktree, 'symbolic-ref', '--delete', ref);
}
