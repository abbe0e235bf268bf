import { isOfChain } from '../backups/kept';
import { newestAcknowledged } from '../checkpoint/acknowledged';
import { belongsAt, lastAt, latestOf } from '../checkpoint/chain';
import { checkpointIn } from '../checkpoint/message';
import { parseDecision } from '../decisions/decisionRecord';
import { pinIn } from '../fanout/pin';
import type { StoredObject } from '../git/plumbing';
import type { Worktree } from '../git/worktree';
import { leaseOf } from '../leases/read';
import { leaseRef } from '../leases/resource';
import { listForeign, setAside, type Foreign } from '../refs/foreign';
import { listRefs } from '../refs/listed';
import {
  backupPrefix,
  decisionRef,
  foreignPrefix,
  keptRef,
  leasePrefix,
  overflowPrefix,
  pinPrefix,
  sessionFromComponent,
  sessionPrefix,
  shadowPrefix,
  worktreeOfRef,
} from '../refs/names';
import { parseRecord } from '../refs/records';
import { fixCommand, type Finding } from './finding';
import { objectsOf } from './references';

/** How many of those set aside are named. */
const namedForeign = 10;

/** What names a reference, and what it is to name instead of what is none of Belay's. */
interface Row {
  /** Whether an object is the record that a reference of that kind may name. */
  readonly fits: (object: StoredObject, ref: string) => boolean;
  /** The newest of Belay's own that is known. */
  readonly instead?: (
    worktree: Worktree,
    ref: string,
    object: StoredObject | undefined,
  ) => Promise<string | undefined>;
}

const isCommit = ({ type }: StoredObject): boolean => type === 'commit';
const isCheckpoint = (object: StoredObject, ref: string): boolean =>
  belongsAt(ref, checkpointIn(object)) !== undefined;

/** Every kind of reference that Belay has, by how its name begins. A name that none of them has is none of Belay's. */
const rows: readonly (readonly [RegExp, Row])[] = [
  [
    below(shadowPrefix, '[^/]+/current'),
    {
      fits: isCheckpoint,
      instead: async (worktree, ref, object) => {
        const key = worktreeOfRef(ref) ?? '';
        return (await lastAt(worktree, key, object))?.oid ?? newestAcknowledged(worktree, key);
      },
    },
  ],
  [below(shadowPrefix, '[^/]+/\\d+'), { fits: isCheckpoint }],
  [
    below(sessionPrefix, '[^/]+'),
    {
      fits: isCheckpoint,
      instead: (worktree, ref) => latestOf(worktree, sessionFromComponent(ref.slice(sessionPrefix.length))),
    },
  ],
  [below(overflowPrefix, '[^/]+/[^/]+'), { fits: isCheckpoint }],
  [below(backupPrefix, '[^/]+/[^/]+/\\d+'), { fits: isCommit }],
  [below(keptRef, ''), { fits: (object) => isOfChain(object) }],
  [
    below(decisionRef(''), '[^/]+'),
    {
      fits: (object, ref) =>
        isCommit(object) &&
        parseDecision(parseRecord(object.oid, object.content.toString('utf8')))?.worktree ===
          ref.slice(decisionRef('').length),
    },
  ],
  [below(pinPrefix, '[^/]+'), { fits: (object, ref) => pinIn(object, ref) !== undefined }],
  [
    below(leasePrefix, '(?:session|worktree)/[^/]+'),
    {
      fits: (object, ref) => {
        const lease = leaseOf(object);
        return lease !== undefined && leaseRef(lease.resource).toLowerCase() === ref.toLowerCase();
      },
    },
  ],
];

function below(prefix: string, rest: string): RegExp {
  return new RegExp(`^${prefix}${rest}$`);
}

interface Misplaced {
  readonly ref: string;
  /** The reference that it leads to; empty where it leads to none. */
  readonly target: string;
  readonly object: StoredObject;
  readonly row: Row | undefined;
}

/** The references below `refs/belay` that name what is no record of Belay's, or lead to others. */
async function findForeign(worktree: Worktree): Promise<Misplaced[]> {
  const listed = await listRefs(worktree, ['refs/belay']);
  const refs = listed.filter(({ ref }) => !ref.startsWith(foreignPrefix));
  const oids = refs.map(({ oid }) => oid);
  const objects = oids.length === 0 ? [] : await objectsOf(worktree, oids);
  return refs.flatMap(({ ref, target }, index): Misplaced[] => {
    const object = objects[index];
    const row = rows.find(([name]) => name.test(ref))?.[1];
    // One whose object is not there cannot be told: it is a finding of its own.
    return object === undefined || (target === '' && row?.fits(object, ref) === true)
      ? []
      : [{ ref, target, object, row }];
  });
}

/** What stands where Belay's references are and is none of its own, and what was set aside of it. */
export async function foreignReferences(worktree: Worktree): Promise<Finding[]> {
  const found = await findForeign(worktree);
  const aside = await listForeign(worktree);
  const problems = found.map(({ ref, target, object, row }): Finding => ({
    kind: 'ref_foreign',
    level: 'problem',
    message: `${ref} ${strange(target, object, row)}; Belay builds nothing on it.`,
    fix: fixCommand,
  }));
  const notes = aside.slice(0, namedForeign).map(noteOf);
  const more = aside.length - notes.length;
  return [
    ...problems,
    ...notes,
    ...(more > 0
      ? [
          {
            kind: 'ref_foreign',
            level: 'note',
            message: `${more} more were set aside. List them: git for-each-ref ${foreignPrefix}`,
            fix: undefined,
          } satisfies Finding,
        ]
      : []),
  ];
}

function strange(target: string, { type }: StoredObject, row: Row | undefined): string {
  if (target !== '') {
    return `leads to the reference ${target}`;
  }
  return row === undefined ? 'is no name that Belay uses' : `names a ${type} that is no record of its kind`;
}

function noteOf({ ref, stoodAt, was, named }: Foreign): Finding {
  const what = was === 'symbolic' ? `led to ${named}` : `named the ${was} ${named.slice(0, 10)}`;
  return {
    kind: 'ref_foreign',
    level: 'note',
    message: `${stoodAt} ${what}, which is none of Belay’s and was set aside. Look at it: git show ${ref} ; delete it: git update-ref -d ${ref}`,
    fix: undefined,
  };
}

/** Sets all of it aside. @returns a sentence for each. */
export async function setForeignAside(worktree: Worktree): Promise<string[]> {
  for (const { ref, target, object, row } of await findForeign(worktree)) {
    const to = await row?.instead?.(worktree, ref, target === '' ? object : undefined);
    await setAside(worktree, ref, to ?? (row?.fits(object, ref) === true ? object.oid : undefined));
  }
  return worktree.notices.take();
}
