import { BelayError } from '../errors';
import { isSessionId, sessionLeaseRef, worktreeLeaseRef } from '../refs/names';
import type { Resource } from './lease';

/** A lease's resource as people write it: `session/<id>` or `worktree/<key>`. */
export function formatResource({ kind, name }: Resource): string {
  return `${kind}/${name}`;
}

/** The resource that a text names; undefined when it is not of the form `session/<id>` or `worktree/<key>`. */
export function readResource(text: string): Resource | undefined {
  const [, kind, name = ''] = /^(session|worktree)\/(.+)$/s.exec(text) ?? [];
  if (kind === 'session' && isSessionId(name)) {
    return { kind, name };
  }
  return kind === 'worktree' && isComponent(name) ? { kind, name } : undefined;
}

/** Whether git takes it as one component of a reference's name (git-check-ref-format(1)). */
function isComponent(name: string): boolean {
  return !/[/\s~^:?*[\\\p{Cc}]|^\.|\.\.|\.$|\.lock$|@\{/u.test(name);
}

/** @throws BelayError `invalid_lease` for a text that names no lease. */
export function parseResource(text: string): Resource {
  const resource = readResource(text);
  if (resource === undefined) {
    throw new BelayError('invalid_lease', `${JSON.stringify(text.slice(0, 80))} does not name a lease.`);
  }
  return resource;
}

/** The reference of a resource's lease. */
export function leaseRef({ kind, name }: Resource): string {
  return kind === 'session' ? sessionLeaseRef(name) : worktreeLeaseRef(name);
}
