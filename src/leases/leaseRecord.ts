import * as v from 'valibot';
import type { Worktree } from '../git/worktree';
import { uniqueName } from '../git/unique';
import { formatIdentity, parseIdentity } from '../refs/identity';
import { writeRecord, type RecordVersion } from '../refs/records';
import type { Lease, Resource } from './lease';
import { formatResource, readResource } from './resource';

const text = v.pipe(v.string(), v.minLength(1));
const moment = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.transform((value) => Date.parse(value)),
  // A moment that looks like one need not exist.
  v.finite(),
);

/** What makes a commit the record of a lease. */
const record = v.object({
  resource: v.pipe(
    text,
    v.transform(readResource),
    v.nonOptional(v.custom<Resource | undefined>(() => true)),
  ),
  status: v.picklist(['held', 'released', 'ended']),
  owner: text,
  acquired: moment,
  changed: moment,
  agent: v.undefinedable(text),
  holder: v.undefinedable(v.pipe(text, v.transform(parseIdentity))),
  worktree: v.undefinedable(text),
  takenFrom: v.undefinedable(text),
  endedBy: v.undefinedable(text),
  head: v.undefinedable(text),
});

/** Writes the record of a lease and gives the lease, token and all. No reference names it yet. */
export async function writeLease(
  worktree: Worktree,
  lease: Omit<Lease, 'token'>,
  earlier: string | undefined,
): Promise<Lease> {
  const who = lease.status === 'held' ? lease.owner : (lease.endedBy ?? lease.owner);
  const token = await writeRecord(worktree, {
    subject: `${formatResource(lease.resource)} ${lease.status} by ${who}`,
    author: lease.agent ?? who,
    time: lease.changed,
    earlier,
    fields: [
      ['Belay-Lease', formatResource(lease.resource)],
      ['Belay-Status', lease.status],
      ['Belay-Owner', lease.owner],
      ['Belay-Acquired', new Date(lease.acquired).toISOString()],
      ['Belay-Changed', new Date(lease.changed).toISOString()],
      ['Belay-Agent', lease.agent],
      ['Belay-Holder', lease.holder && formatIdentity(lease.holder)],
      ['Belay-Worktree', lease.worktree],
      ['Belay-Taken-From', lease.takenFrom],
      ['Belay-Ended-By', lease.endedBy],
      ['Belay-Head', lease.head],
      // Two claims of one name in one second are two tokens all the same.
      ['Belay-Nonce', uniqueName()],
    ],
  });
  return { ...lease, token };
}

/** The lease that a record holds; undefined when the record is something else. */
export function parseLease(version: RecordVersion): Lease | undefined {
  const one = (name: string): string | undefined => version.fields.get(`Belay-${name}`)?.[0];
  const result = v.safeParse(record, {
    resource: one('Lease'),
    status: one('Status'),
    owner: one('Owner'),
    acquired: one('Acquired'),
    changed: one('Changed'),
    agent: one('Agent'),
    holder: one('Holder'),
    worktree: one('Worktree'),
    takenFrom: one('Taken-From'),
    endedBy: one('Ended-By'),
    head: one('Head'),
  });
  return result.success ? { token: version.oid, ...result.output } : undefined;
}
