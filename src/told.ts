import type { Changed, ChangedKind, Ledger } from './ledger';

/** What a person relies on to stay unchanged. */
export type Area = 'files' | 'index' | 'branches' | 'checkpoints';

/** What can be in doubt: what a remote has, and what is known of it here, is never relied on to stay unchanged. */
export type Doubtful = Area | 'remotes';

const areas: readonly Area[] = ['files', 'index', 'branches', 'checkpoints'];
const allDoubtful: readonly Doubtful[] = [...areas, 'remotes'];

/** What an operation came to before it failed, from its ledger alone. */
export interface Told {
  /** In the order of {@link order}: what was saved comes first. */
  readonly done: readonly { readonly deed: Deed; readonly changes: readonly Changed[] }[];
  /** What is certainly unchanged. */
  readonly untouched: readonly Area[];
  /** What may have changed, and could not be found out. */
  readonly doubtful: readonly Doubtful[];
}

const order = [
  'checkpoint',
  'backup',
  'kept',
  'decision',
  'branch',
  'index',
  'file',
  'worktree',
  'pin',
  'reference',
  'configuration',
  'fetched',
  'pushed',
  'lease',
] as const;

/** What was done, by what it is to a person. */
export type Deed = (typeof order)[number];

/** What of Belay's own references is which deed; all others of Belay's are references and no more. */
const ownDeeds: readonly (readonly [string, Deed])[] = [
  ['refs/belay/shadow/', 'checkpoint'],
  ['refs/belay/session/', 'checkpoint'],
  ['refs/belay/overflow/', 'checkpoint'],
  ['refs/belay/backup/', 'backup'],
  ['refs/belay/kept/', 'kept'],
  ['refs/belay/decision/', 'decision'],
  ['refs/belay/lease/', 'lease'],
  ['refs/belay/pin/', 'pin'],
];

const areaOf: Readonly<Record<Deed, Area | undefined>> = {
  checkpoint: 'checkpoints',
  branch: 'branches',
  file: 'files',
  worktree: 'files',
  index: 'index',
  backup: undefined,
  decision: undefined,
  lease: undefined,
  pin: undefined,
  kept: undefined,
  reference: undefined,
  configuration: undefined,
  fetched: undefined,
  pushed: undefined,
};

const areasInDoubt: Readonly<Record<ChangedKind, readonly Doubtful[]>> = {
  reference: ['branches', 'checkpoints'],
  file: ['files'],
  worktree: ['files'],
  index: ['index'],
  fetched: ['remotes'],
  pushed: ['remotes'],
  configuration: [],
};

export function told(ledger: Ledger): Told {
  const groups = new Map<Deed, Changed[]>();
  for (const change of ledger.changes) {
    const deed = deedOf(change);
    groups.set(deed, [...(groups.get(deed) ?? []), change]);
  }
  const done = order.flatMap((deed) => {
    const changes = groups.get(deed);
    return changes === undefined ? [] : [{ deed, changes }];
  });
  const touched = new Set(done.flatMap(({ deed }) => areaOf[deed] ?? []));
  const doubtful = new Set([...ledger.doubtful].flatMap((kind) => areasInDoubt[kind]));
  return {
    done,
    untouched: areas.filter((area) => !touched.has(area) && !doubtful.has(area)),
    doubtful: allDoubtful.filter((area) => doubtful.has(area)),
  };
}

/** The newest checkpoint that the operation took; undefined where it took none. */
export function checkpointIn(ledger: Ledger): string | undefined {
  return told(ledger)
    .done.find(({ deed }) => deed === 'checkpoint')
    ?.changes.findLast(({ to }) => to !== undefined)?.to;
}

function deedOf({ kind, name }: Changed): Deed {
  if (kind !== 'reference') {
    return kind;
  }
  if (name.startsWith('refs/belay/')) {
    return ownDeeds.find(([prefix]) => name.startsWith(prefix))?.[1] ?? 'reference';
  }
  return name === 'HEAD' || name.startsWith('refs/heads/') ? 'branch' : 'reference';
}
