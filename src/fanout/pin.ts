import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { BelayError } from '../errors';
import { oneLine } from '../git/commit';
import type { StoredObject } from '../git/plumbing';
import { Again, retry } from '../git/retry';
import type { Worktree } from '../git/worktree';
import type { Guard } from '../leases/guard';
import { saysRef, setAside } from '../refs/foreign';
import { listRefObjects } from '../refs/listed';
import { pinPrefix, pinRef } from '../refs/names';
import { pulse } from '../refs/pulse';
import { parseRecord, writeRecord, type RecordVersion } from '../refs/records';
import { moveRef, type RefChange } from '../refs/change';
import { changeRefs, type Operation } from '../refs/transaction';
import type { Resolved } from './resolve';

/** The one exact commit that several worktrees are to be on. */
export interface Pin extends Resolved {
  readonly name: string;
  /** The id of its record: what its reference must be for it to be changed. */
  readonly version: string;
  /** When it was set, in milliseconds since the epoch. */
  readonly time: number;
  /** Who set it. */
  readonly session: string;
  readonly agent: string;
  /** Whether it goes along when its reference moves, see follow.ts. */
  readonly follows: boolean;
}

/** What a new worktree needs to know of a pin: where it begins, and by which reference that was found, if by one. */
export type Base = Pick<Pin, 'commit' | 'ref'>;

const oid = v.pipe(v.string(), v.regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/));
const text = v.pipe(v.string(), v.minLength(1));

/** What makes a commit the record of a pin. */
const record = v.object({
  name: text,
  commit: oid,
  source: text,
  ref: v.undefinedable(v.pipe(text, v.startsWith('refs/'))),
  remote: v.undefinedable(text),
  session: text,
  agent: text,
  // Records of earlier versions have none.
  follows: v.undefinedable(v.literal('yes')),
  time: v.pipe(
    text,
    v.isoTimestamp(),
    v.transform((value) => Date.parse(value)),
  ),
});

/** How often a record is written again that was cleared away before a reference named it. */
const attempts = 5;
/** How many versions of a pin are looked through. */
const historyLimit = 1_000;

/**
 * Sets a pin, by compare-and-swap: a change by others since it was looked at is not overwritten. The record keeps the
 * commit reachable while it exists: it is its last parent; the one before is the record before.
 * @param seen the version that the setter has seen, `undefined` when there was none; without it, what there is now.
 * @throws BelayError `invalid_pin`, `unresolved_commit` for what cannot be followed, `pin_moved`, `publish_failed`; LeaseError.
 */
export async function setPin(
  worktree: Worktree,
  guard: Guard,
  pin: Omit<Pin, 'version' | 'time' | 'follows'> & { readonly follows?: boolean },
  seen?: { readonly version: string | undefined },
): Promise<Pin> {
  const ref = pinRef(pin.name);
  if (pin.follows === true && pin.ref === undefined) {
    throw new BelayError(
      'unresolved_commit',
      `${JSON.stringify(pin.source)} is no branch or tag: a pin can only follow what moves.`,
    );
  }
  const earlier = seen === undefined ? (await findPin(worktree, pin.name))?.version : seen.version;
  const now = Date.now();
  const version = await retry({ tries: attempts }, async () => {
    const to = await writeRecord(worktree, {
      subject: `Pin ${oneLine(pin.name)} at ${pin.commit.slice(0, 10)}`,
      author: pin.agent,
      time: now,
      earlier,
      holds: pin.commit,
      fields: [
        ['Belay-Pin', pin.name],
        ['Belay-Commit', pin.commit],
        ['Belay-Source', pin.source],
        ['Belay-Ref', pin.ref],
        ['Belay-Remote', pin.remote],
        ['Belay-Follows', pin.follows === true ? 'yes' : undefined],
        ['Belay-Time', new Date(now).toISOString()],
        ['Belay-Session', pin.session],
        ['Belay-Agent', pin.agent],
        ['Belay-Nonce', randomUUID()],
      ],
    });
    return (await change(worktree, guard, pin.name, 'set_pin', moveRef(ref, earlier, to)))
      ? to
      : new Again(new BelayError('publish_failed', 'The record of the pin keeps being removed.'));
  });
  return { ...pin, follows: pin.follows === true, version, time: now };
}

/** Removes a pin, if it still is what was looked at. Its commit is then held by nothing of Belay's. @throws as {@link setPin}. */
export async function removePin(worktree: Worktree, guard: Guard, pin: Pin): Promise<void> {
  const ref = pinRef(pin.name);
  await change(worktree, guard, pin.name, 'remove_pin', { kind: 'delete', ref, from: pin.version });
}

/** @throws BelayError `unknown_pin`, `invalid_pin`, `ref_unreadable`. */
export async function readPin(worktree: Worktree, name: string): Promise<Pin> {
  const pin = await findPin(worktree, name);
  if (pin === undefined) {
    throw new BelayError('unknown_pin', `There is no pin ${JSON.stringify(name)}.`);
  }
  return pin;
}

/** As {@link readPin}; undefined when there is none. */
export async function findPin(worktree: Worktree, name: string): Promise<Pin | undefined> {
  const ref = pinRef(name);
  const pins = await pinsBelow(worktree, ref);
  if (pins.length === 0 && (await saysRef(worktree, ref))) {
    await setAside(worktree, ref);
  }
  return pins.find((pin) => pinRef(pin.name) === ref);
}

/** Every pin of the repository, by name. @throws BelayError `ref_unreadable`. */
export async function listPins(worktree: Worktree): Promise<Pin[]> {
  const pins = await pinsBelow(worktree, pinPrefix);
  return pins.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A pin and what it was before, newest first. */
export async function pinHistory(worktree: Worktree, pin: Pin): Promise<Pin[]> {
  const versions: Pin[] = [];
  for (let at: string | undefined = pin.version; at !== undefined && versions.length < historyLimit;) {
    const { content } = await worktree.plumbing.object(at);
    const version: RecordVersion = parseRecord(at, content.toString('utf8'));
    const parsed = parsePin(version);
    if (parsed === undefined) {
      break;
    }
    versions.push(parsed);
    // The last parent is the pinned commit.
    at = version.parents.length > 1 ? version.parents[0] : undefined;
  }
  return versions;
}

async function pinsBelow(worktree: Worktree, pattern: string): Promise<Pin[]> {
  const listed = await listRefObjects(worktree, [pattern], (ref) => {
    throw unreadable(ref);
  });
  const pins: Pin[] = [];
  for (const { ref, target, object } of listed) {
    const pin = pinIn(object, ref);
    if (pin !== undefined && target === '') {
      pins.push(pin);
    } else if (!(await setAside(worktree, ref, pin?.version))) {
      throw unreadable(ref);
    }
  }
  return pins;
}

/** The pin that an object is the record of, where this is its reference. */
export function pinIn(object: StoredObject | undefined, ref: string): Pin | undefined {
  const pin =
    object?.type === 'commit'
      ? parsePin(parseRecord(object.oid, object.content.toString('utf8')))
      : undefined;
  return pin !== undefined && pinRef(pin.name) === ref ? pin : undefined;
}

function unreadable(ref: string): BelayError {
  return new BelayError('ref_unreadable', `What ${ref} names is not the record of a pin.`);
}

function parsePin({ oid: version, fields }: RecordVersion): Pin | undefined {
  const one = (name: string): string | undefined => fields.get(`Belay-${name}`)?.[0];
  const result = v.safeParse(record, {
    name: one('Pin'),
    commit: one('Commit'),
    source: one('Source'),
    ref: one('Ref'),
    remote: one('Remote'),
    session: one('Session'),
    agent: one('Agent'),
    follows: one('Follows'),
    time: one('Time'),
  });
  return result.success ? { ...result.output, follows: result.output.follows === 'yes', version } : undefined;
}

/** @returns false where the record is not there any more. */
async function change(
  worktree: Worktree,
  guard: Guard,
  name: string,
  operation: Operation,
  wanted: RefChange,
): Promise<boolean> {
  const outcome = await changeRefs(worktree, operation, guard, [wanted]);
  if (!outcome.done) {
    if (outcome.reason === 'missing') {
      return false;
    }
    const [now] = await worktree.plumbing.infos([wanted.ref]);
    const wantedOid = wanted.kind === 'delete' ? undefined : 'to' in wanted ? wanted.to : undefined;
    if (outcome.reason !== 'unknown' || now?.oid !== wantedOid) {
      await guard.check();
      throw outcome.reason === 'moved'
        ? new BelayError('pin_moved', `The pin ${JSON.stringify(name)} is not what it was any more.`)
        : new BelayError('publish_failed', `The pin could not be written: ${outcome.message.trim()}`);
    }
  }
  await pulse(worktree.repository, wanted.ref);
  return true;
}
