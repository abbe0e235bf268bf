import { uniqueName } from '../git/unique';
import { BelayError } from '../errors';

const root = 'refs/belay';

/** Names that Windows reserves for devices, whatever their ending. */
const deviceName = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

const maxIdLength = 128;
/** File systems take 255 bytes; a lock's ending and what stands before the id in some names need room. */
const maxComponentLength = 200;

/**
 * The session id as one component of a ref name. Letters, digits, `-`, `_` and inner dots stand for themselves, every
 * other byte becomes `%xx`; {@link sessionFromComponent} reverses it exactly.
 * @throws BelayError `invalid_session` for an id that is empty, longer than 128 characters, holds control characters,
 * or would not come back the same from a commit message: white space at its ends, half a surrogate pair.
 */
export function sessionComponent(session: string): string {
  const component = componentOf(session);
  if (component === undefined) {
    throw new BelayError(
      'invalid_session',
      `The session id ${JSON.stringify(session.slice(0, 40))} cannot be used.`,
    );
  }
  return component;
}

/**
 * The name of a pin as one component of a ref name, escaped as {@link sessionComponent} does it.
 * @throws BelayError `invalid_pin`.
 */
function pinComponent(pin: string): string {
  const component = componentOf(pin);
  if (component === undefined) {
    throw new BelayError('invalid_pin', `A pin cannot be called ${JSON.stringify(pin.slice(0, 40))}.`);
  }
  return component;
}

/** Whether {@link sessionComponent} takes it. */
export function isSessionId(session: string): boolean {
  return componentOf(session) !== undefined;
}

function componentOf(session: string): string | undefined {
  const bytes = Buffer.from(session, 'utf8');
  // eslint-disable-next-line no-control-regex -- control characters are what must not get in
  const control = /[\u0000-\u001f\u007f]/;
  const same = session.trim() === session && bytes.toString('utf8') === session;
  if (session === '' || session.length > maxIdLength || control.test(session) || !same) {
    return undefined;
  }
  const escaped = Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9_.-]/.test(character) ? character : escapeByte(byte);
  }).join('');
  const component = escaped
    .replace(/^[.-]/, (first) => escapeByte(first.charCodeAt(0)))
    .replace(/\.(?=\.|$)/g, escapeByte(0x2e))
    .replace(/\.(lock)$/i, `${escapeByte(0x2e)}$1`);
  if (component.length > maxComponentLength) {
    return undefined;
  }
  return deviceName.test(component) ? escapeByte(component.charCodeAt(0)) + component.slice(1) : component;
}

/** The session id that a component stands for. */
export function sessionFromComponent(component: string): string {
  const bytes = component.replace(/%([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function escapeByte(byte: number): string {
  return `%${byte.toString(16).padStart(2, '0')}`;
}

export const shadowPrefix = `${root}/shadow/`;
export const sessionPrefix = `${root}/session/`;
export const overflowPrefix = `${root}/overflow/`;
export const backupPrefix = `${root}/backup/`;
export const leasePrefix = `${root}/lease/`;
export const decisionPrefix = `${root}/decision/`;
export const pinPrefix = `${root}/pin/`;
export const foreignPrefix = `${root}/foreign/`;

/** The chain that holds whatever branches, tags, HEADs and the stash have named, with what they were called. */
export const keptRef = `${root}/kept/current`;

/** The shadow branch of a worktree: the chain of its checkpoints. */
export function shadowRef(worktree: string): string {
  return `${shadowPrefix}${worktree}/current`;
}

/** A closed segment of a shadow branch, named by when it was opened (nanoseconds since the epoch). */
export function segmentRef(worktree: string, segment: string): string {
  return `${shadowPrefix}${worktree}/${segment}`;
}

/** The latest checkpoint of a session. */
export function sessionRef(session: string): string {
  return `${sessionPrefix}${sessionComponent(session)}`;
}

/** Where a checkpoint lands that could not be put on the shadow branch. */
export function overflowRef(worktree: string, unique: string): string {
  return `${overflowPrefix}${worktree}/${unique}`;
}

/** One that nobody else uses, named so that they sort by when they came. */
export function newOverflowRef(worktree: string): string {
  return overflowRef(worktree, `${Date.now()}-${uniqueName().slice(0, 8)}`);
}

/** Where what the fenced writers of a session tried to save in a worktree is kept: a chain of its own. */
export function staleRef(worktree: string, session: string): string {
  return `${overflowPrefix}${worktree}/stale-${sessionComponent(session)}`;
}

/** As {@link staleRef}, under a name that nobody else uses, for when that one cannot be moved. No id holds an `@`. */
export function spareStaleRef(worktree: string, session: string, unique: string): string {
  return `${staleRef(worktree, session)}@${unique}`;
}

export function isStaleRef(name: string): boolean {
  return /^refs\/belay\/overflow\/[^/]+\/stale-/.test(name);
}

/** The lease of a session. */
export function sessionLeaseRef(session: string): string {
  return `${leasePrefix}session/${sessionComponent(session)}`;
}

/** The lease of a worktree. */
export function worktreeLeaseRef(worktree: string): string {
  return `${leasePrefix}worktree/${worktree}`;
}

/** What waits, or waited last, for a person to decide about a worktree. */
export function decisionRef(worktree: string): string {
  return `${decisionPrefix}${worktree}`;
}

/** The one commit that several worktrees are to be on, by the name that people gave it. @throws BelayError `invalid_pin`. */
export function pinRef(pin: string): string {
  return `${pinPrefix}${pinComponent(pin)}`;
}

/** A backup of commits that something is about to drop. `time` in nanoseconds since the epoch. */
export function backupRef(kind: string, subject: string, time: bigint): string {
  return `${backupPrefix}${kind}/${subject}/${time}`;
}

/**
 * Where what a reference of Belay's named, and is none of Belay's, is kept: below that reference's own name. `time` in
 * nanoseconds since the epoch.
 */
export function foreignRef(ref: string, time: bigint): string {
  return `${foreignPrefix}${ref.slice(root.length + 1)}/${time}`;
}

/** The worktree key in the name of a shadow, segment or overflow ref. */
export function worktreeOfRef(name: string): string | undefined {
  return /^refs\/belay\/(?:shadow|overflow)\/([^/]+)\/[^/]+$/.exec(name)?.[1];
}
